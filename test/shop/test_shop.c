#include "check.h"
#include "suites.h"

int main(int argc, char **argv) {
    static const struct check_test tests[] = {
        {"money", suite_money},
        {"place", suite_place},
        {"note", suite_note},
        {"order", suite_order},
        {"glance", suite_glance},
        {"step", suite_step},
        {"plan", suite_plan},
        {"files", suite_files},
        {"fill", suite_fill},
    };
    return check_run(argc, argv, tests, COUNT(tests));
}
