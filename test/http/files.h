/* files: the tests of what a file that is sent needs of HTTP, run by test_http. */
#ifndef TEST_HTTP_FILES_H
#define TEST_HTTP_FILES_H

#include "check.h"

enum { FILE_TESTS = 5 };
extern const struct check_test file_tests[FILE_TESTS];

/* The fuzzer of request heads, over the same bytes in every run. */
enum { ANY_TESTS = 1 };
extern const struct check_test any_tests[ANY_TESTS];

#endif
