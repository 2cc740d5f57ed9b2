/* data: the tests of pages, by file. */
#ifndef TEST_PAGE_DATA_H
#define TEST_PAGE_DATA_H

#include "check.h"

void test_golden(void);
void test_structure(void);
void test_random_texts(void);
void test_words(void);
void test_own_theme(void);
void test_site(void);
void test_site_paths(void);
void test_site_of_many(void);
void test_places_of_pages(void);
void test_refresh(void);

#endif
