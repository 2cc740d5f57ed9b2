/* talks: the tests of http/talk; test_http runs them with its own. */
#ifndef TEST_HTTP_TALKS_H
#define TEST_HTTP_TALKS_H

#include "check.h"

enum { TALK_TESTS = 5 };
extern const struct check_test talk_tests[TALK_TESTS];

#endif
