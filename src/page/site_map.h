/* site_map: what a shop tells robots: sitemap.xml and robots.txt. A shop in test mode asks to be
 * left alone. Belongs to page/site; nobody else needs it. */
#ifndef PAGE_SITE_MAP_H
#define PAGE_SITE_MAP_H

#include "page/site.h"

/* sitemap.xml lists up to so many pages itself; past that it names /sitemap-1.xml and so on
 * (sitemaps.org allows 50,000 each). */
enum { SITE_MAP_PAGES = 10000 };

/* How many /sitemap-<n>.xml there are; 0 when sitemap.xml holds all. */
size_t site_map_parts(const struct site *site);
str site_map(struct arena *mem, const struct site *site);
/* The n-th, from 1. */
str site_map_part(struct arena *mem, const struct site *site, size_t part);
str site_robots(struct arena *mem, const struct site *site);

#endif
