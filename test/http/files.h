/* files: the tests of what a file that is sent needs of HTTP, run by test_http. */
#ifndef TEST_HTTP_FILES_H
#define TEST_HTTP_FILES_H

#include "check.h"

enum { FILE_TESTS = 5 };
extern const struct check_test file_tests[FILE_TESTS];

#endif
