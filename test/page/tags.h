/* tags: the tags of a page and their attributes' names, as a browser would see them: written apart
 * from page/scan, to judge it.
 */
#ifndef TEST_PAGE_TAGS_H
#define TEST_PAGE_TAGS_H

#include "base/str.h"

/* "<a href class>" "</a>" … joined; values and texts are left out. Ends with "!" when the page ends
 * inside a tag. */
str tags_of(struct arena *mem, str html);

#endif
