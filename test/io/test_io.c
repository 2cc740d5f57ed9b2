#include "house.h"

int main(int argc, char **argv) {
    void (*const parts[])(const struct check_test **, size_t *) = {
        tests_files, tests_client, tests_mailer, tests_server, tests_watch};
    struct check_test all[64];
    size_t count = 0;
    for (size_t i = 0; i < COUNT(parts); i++) {
        const struct check_test *tests;
        size_t more;
        parts[i](&tests, &more);
        memcpy(all + count, tests, more * sizeof(*all));
        count += more;
    }
    return check_run(argc, argv, all, count);
}
