/* check: the table harness of the room tests.
 *
 * A test is a function with a table and a loop; CHECK records a bad row by name and goes on. Each
 * program ends by printing "N passed, N failed"; the exit code is 1 when anything failed.
 */
#ifndef TEST_CHECK_H
#define TEST_CHECK_H

#include "base/str.h"

struct check_test {
    const char *name;
    void (*run)(void);
};

#define TEST(name) static void test_##name(void)
#define ROW(name) \
    { #name, test_##name }

/* One check; `row` names the case. */
void check_true(const char *file, int line, const char *row, bool truth, const char *what);
void check_str(const char *file, int line, const char *row, str got, str want);
void check_int(const char *file, int line, const char *row, int64_t got, int64_t want);
#define CHECK(row, truth)         check_true(__FILE__, __LINE__, (row), (truth), #truth)
#define CHECK_STR(row, got, want) check_str(__FILE__, __LINE__, (row), (got), (want))
#define CHECK_INT(row, got, want) \
    check_int(__FILE__, __LINE__, (row), (int64_t)(got), (int64_t)(want))

/* Runs all, or those whose name stands in argv. Returns main's exit code. */
int check_run(int argc, char **argv, const struct check_test *tests, size_t count);

#endif
