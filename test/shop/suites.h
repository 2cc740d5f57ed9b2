/* suites: one function a file; test_shop.c runs them. */
#ifndef TEST_SHOP_SUITES_H
#define TEST_SHOP_SUITES_H

void suite_money(void);
void suite_place(void);
void suite_note(void);
void suite_order(void);
void suite_glance(void);
void suite_step(void);
void suite_plan(void);
void suite_files(void);
void suite_fill(void);

#endif
