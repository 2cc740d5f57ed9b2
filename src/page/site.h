/* site: the list of pages a loaded shop asks for: path, template, view. Serving on the spot and
 * building files use the same list. */
#ifndef PAGE_SITE_H
#define PAGE_SITE_H

#include "base/err.h"
#include "page/view.h"

/* An own page of the owner: pages/terms.md with front matter already cut off. */
struct site_page {
    str name, title, markdown; /* name "terms" -> /terms/ */
};

struct site {
    const struct shop *shop;
    const struct theme *theme;
    const struct site_page *pages;
    size_t page_count;
};

/* The page at a path such as "/", "/p/<id>/", "/buy/<id>/", "/terms/", "/style.css".
 * ERR_ABSENT when there is none. *type is the content type. */
MUST err site_render(struct arena *mem, const struct site *site, str path, str *out, str *type);
/* All paths that site_render answers, a list of texts. */
struct tree *site_paths(struct arena *mem, const struct site *site);

#endif
