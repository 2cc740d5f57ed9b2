#include "page/site_map.h"

#include "base/limits.h"
#include "page/escape.h"

#define XML_START "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define SCHEMA    "\"http://www.sitemaps.org/schemas/sitemap/0.9\""

static str without_slash(str address) {
    return str_ends(address, S("/")) ? str_part(address, 0, address.len - 1) : address;
}

static bool is_listed(const struct product *p) {
    return !p->draft;
}

static size_t listed(const struct site *site) {
    size_t count = 1 + site->page_count;
    for (size_t i = 0; i < site->shop->product_count; i++)
        count += is_listed(&site->shop->products[i]);
    return count;
}

size_t site_map_parts(const struct site *site) {
    size_t count = listed(site);
    return count > SITE_MAP_PAGES ? (count + SITE_MAP_PAGES - 1) / SITE_MAP_PAGES : 0;
}

/* One map under way: the pages from..to of all that are listed. */
struct map {
    struct buf out;
    str url;
    size_t at, from, to;
};

static void address_add(struct map *m, str before, str name, str after) {
    size_t at = m->at++;
    if (at < m->from || at >= m->to)
        return;
    buf_add(&m->out, S("<url><loc>"));
    escape_add(&m->out, ESCAPE_TEXT, m->url);
    buf_add(&m->out, before);
    escape_add(&m->out, ESCAPE_TEXT, name);
    buf_add(&m->out, after);
    buf_add(&m->out, S("</loc></url>\n"));
}

static str addresses(struct arena *mem, const struct site *site, size_t from, size_t to) {
    struct map m = {.out = buf_new(mem, LIMIT_PAGE),
        .url = without_slash(site->shop->url),
        .from = from,
        .to = to};
    buf_add(&m.out, S(XML_START "<urlset xmlns=" SCHEMA ">\n"));
    address_add(&m, S("/"), S(""), S(""));
    for (size_t i = 0; i < site->page_count; i++)
        address_add(&m, S("/"), site_page_path(mem, &site->pages[i]), S("/"));
    for (size_t i = 0; i < site->shop->product_count; i++)
        if (is_listed(&site->shop->products[i]))
            address_add(&m, S("/p/"), site->shop->products[i].id, S("/"));
    buf_add(&m.out, S("</urlset>\n"));
    return buf_str(&m.out);
}

str site_map(struct arena *mem, const struct site *site) {
    size_t parts = site_map_parts(site);
    if (!parts)
        return addresses(mem, site, 0, SITE_MAP_PAGES);
    struct buf out = buf_new(mem, LIMIT_PAGE);
    buf_add(&out, S(XML_START "<sitemapindex xmlns=" SCHEMA ">\n"));
    for (size_t i = 1; i <= parts; i++) {
        buf_add(&out, S("<sitemap><loc>"));
        escape_add(&out, ESCAPE_TEXT, without_slash(site->shop->url));
        buf_format(&out, "/sitemap-%zu.xml</loc></sitemap>\n", i);
    }
    buf_add(&out, S("</sitemapindex>\n"));
    return buf_str(&out);
}

str site_map_part(struct arena *mem, const struct site *site, size_t part) {
    return addresses(mem, site, (part - 1) * SITE_MAP_PAGES, part * SITE_MAP_PAGES);
}

/* The order pages stay open to robots: they say noindex, which only who reads them can obey. */
str site_robots(struct arena *mem, const struct site *site) {
    if (!site->shop->live)
        return S("# A shop in test mode is nothing to be found.\nUser-agent: *\nDisallow: /\n");
    return JOIN(mem,
        S("User-agent: *\nDisallow: /api/\nDisallow: /o/\nDisallow: /a/\nDisallow: /pay/\n"
          "\nSitemap: "),
        without_slash(site->shop->url), S("/sitemap.xml\n"));
}
