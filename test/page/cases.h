/* cases: rows of a test as a file, so that a new one needs no C.
 *
 *   ==== name of the case
 *   first part
 *   ----
 *   second part …
 *
 * Line breaks within a part count, the one before ---- or ==== does not.
 */
#ifndef TEST_PAGE_CASES_H
#define TEST_PAGE_CASES_H

#include "base/str.h"

enum { CASE_PARTS = 4 };

struct page_case {
    const char *name;
    str parts[CASE_PARTS];
};

/* test/page/<path>, as it is; "" when it cannot be read. The folder is named by the environment:
 * PAGES. */
str case_file(struct arena *mem, str path);
/* The rows of cases/<name>.txt. */
const struct page_case *cases_read(struct arena *mem, str name, size_t *count);

#endif
