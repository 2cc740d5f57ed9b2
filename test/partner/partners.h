/* partners: the tests of the room's parts, run by test_partner, and what they share. */
#ifndef TEST_PARTNER_PARTNERS_H
#define TEST_PARTNER_PARTNERS_H

#include "base/tree.h"
#include "check.h"
#include "partner/connector.h"
#include "partner/gateway.h"

enum { TPAY_TESTS = 7, MAIL_TESTS = 8, STEP_TESTS = 7, SETTINGS_TESTS = 5 };
extern const struct check_test tpay_tests[TPAY_TESTS];
extern const struct check_test mail_tests[MAIL_TESTS];
extern const struct check_test step_tests[STEP_TESTS];
extern const struct check_test settings_tests[SETTINGS_TESTS];

/* YAML as in shop.yml; a mistake in it fails the test. */
const struct tree *yaml_of(struct arena *mem, str text);
/* All rows of a report, one a line. */
str report_text(struct arena *mem, const struct report *report);
struct request note_request(str body);

#endif
