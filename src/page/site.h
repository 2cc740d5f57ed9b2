/* site: the list of pages a loaded shop asks for: path, template, view. Serving on the spot and
 * building files use the same list. */
#ifndef PAGE_SITE_H
#define PAGE_SITE_H

#include "base/err.h"
#include "page/view.h"

/* An own page of the owner: pages/terms.md with front matter already cut off. */
struct site_page {
    str name, title, markdown; /* name "terms" -> /terms/ */
    int line;                  /* lines of front matter before the Markdown */
};

struct site {
    const struct shop *shop;
    const struct theme *theme;
    const struct site_page *pages;
    size_t page_count;
};

struct site_file {
    str bytes;
    str type;     /* Content-Type; "": by the name, a file of the theme */
    bool lasting; /* other bytes would have another address: it may be kept for ever */
};

/* What is at a path such as "/", "/page/2/", "/p/<id>/", "/buy/<id>/", "/terms/", "/404.html",
 * "/sitemap.xml", "/style.<hash>.css". The path is as in a request: percent-encoded. ERR_ABSENT
 * when there is nothing. */
MUST err site_render(struct arena *mem, const struct site *site, str path, struct site_file *out);
/* All paths that site_render answers, a list of texts; the index is the last one, so that whoever
 * writes them in this order has what it links to before it. */
struct tree *site_paths(struct arena *mem, const struct site *site);
/* Whether buyers may see it: drafts are shown in test mode only. */
bool site_shows(const struct site *site, const struct product *p);
/* What stands in the address of an own page: its name, percent-encoded. */
str site_page_path(struct arena *mem, const struct site_page *p);

#endif
