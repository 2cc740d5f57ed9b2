/* data: the tests of trees and their readers; test_base runs them with its own. */
#ifndef TEST_BASE_DATA_H
#define TEST_BASE_DATA_H

#include "check.h"

enum { DATA_TESTS = 9, JSON_TESTS = 6, YAML_TESTS = 7, MASK_TESTS = 4, ZONE_TESTS = 3 };
extern const struct check_test data_tests[DATA_TESTS];
extern const struct check_test json_tests[JSON_TESTS];
extern const struct check_test yaml_tests[YAML_TESTS];
extern const struct check_test mask_tests[MASK_TESTS];
extern const struct check_test zone_tests[ZONE_TESTS];

#endif
