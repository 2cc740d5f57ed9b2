#include "page/site.h"

#include "base/encode.h"
#include "page/render.h"
#include "page/site_map.h"

bool site_shows(const struct site *site, const struct product *p) {
    return p && (!p->draft || !site->shop->live);
}

str site_page_path(struct arena *mem, const struct site_page *p) {
    return percent_write(mem, p->name);
}

/* Own pages to link to, in the order of their files. */
static void link_pages(struct arena *mem, const struct site *site, struct tree *view) {
    struct tree *list = tree_put(view, S("pages"), tree_list(mem));
    str base = tree_get(tree_find(view, S("to")), S("pages"));
    for (size_t i = 0; i < site->page_count; i++) {
        struct tree *t = tree_add(list, tree_map(mem));
        str name = site_page_path(mem, &site->pages[i]);
        tree_put_text(mem, t, S("title"), site->pages[i].title);
        tree_put_text(mem, t, S("path"), JOIN(mem, base, S("/"), name, S("/")));
    }
}

static err page(struct arena *mem, const struct site *site, str name, struct tree *view,
    struct site_file *out) {
    link_pages(mem, site, view);
    return render(mem, site->theme, name, view, &out->bytes);
}

static err absent(struct arena *mem, str path) {
    return err_make(ERR_ABSENT, JOIN(mem, S("there is no page "), path));
}

static err index_page(struct arena *mem, const struct site *site, str rest, struct site_file *out) {
    if (rest.len)
        return absent(mem, rest);
    return page(mem, site, S("index.html"), view_index(mem, site->shop, site->theme, 1), out);
}

/* "2", not "02": one address for one page. */
static bool number_read(str text, size_t most, size_t *out) {
    int64_t number = 0;
    if (!str_number(text, &number) || number < 1 || (size_t)number > most || text.ptr[0] == '0')
        return false;
    *out = (size_t)number;
    return true;
}

static err index_more(struct arena *mem, const struct site *site, str rest, struct site_file *out) {
    size_t number = 0;
    if (!number_read(rest, view_index_pages(site->shop), &number) || number == 1)
        return absent(mem, rest);
    return page(mem, site, S("index.html"), view_index(mem, site->shop, site->theme, number), out);
}

static err product(struct arena *mem, const struct site *site, str id, struct site_file *out) {
    const struct product *p = shop_product(site->shop, id);
    if (!site_shows(site, p))
        return absent(mem, id);
    return page(mem, site, S("product.html"), view_product(mem, site->shop, site->theme, p), out);
}

/* Nothing else to click here: no list of pages. */
static err buy(struct arena *mem, const struct site *site, str id, struct site_file *out) {
    const struct product *p = shop_product(site->shop, id);
    if (!site_shows(site, p))
        return absent(mem, id);
    return render(mem, site->theme, S("buy.html"),
        view_buy(mem, site->shop, site->theme, p, NULL, NULL), &out->bytes);
}

static err own(struct arena *mem, const struct site *site, str path, struct site_file *out) {
    str name = {0};
    if (!percent_read(mem, path, false, &name))
        return absent(mem, path);
    for (size_t i = 0; i < site->page_count; i++) {
        const struct site_page *p = &site->pages[i];
        if (str_is(p->name, name))
            return page(mem, site, S("page.html"),
                view_own(mem, site->shop, site->theme, p->name, p->title, p->markdown), out);
    }
    return absent(mem, path);
}

static err find(struct arena *mem, const struct site *site, str rest, struct site_file *out) {
    struct tree *view = view_find(mem, site->shop, site->theme, S(""), S(""));
    return page(mem, site, S("find.html"), view, out);
}

static err no_page(struct arena *mem, const struct site *site, str rest, struct site_file *out) {
    return page(mem, site, S("message.html"), view_absent(mem, site->shop, site->theme), out);
}

static err map(struct arena *mem, const struct site *site, str rest, struct site_file *out) {
    out->bytes = site_map(mem, site);
    return OK_ERR;
}

static err map_part(struct arena *mem, const struct site *site, str rest, struct site_file *out) {
    size_t part = 0;
    if (!number_read(rest, site_map_parts(site), &part))
        return absent(mem, rest);
    out->bytes = site_map_part(mem, site, part);
    return OK_ERR;
}

static err robots(struct arena *mem, const struct site *site, str rest, struct site_file *out) {
    out->bytes = site_robots(mem, site);
    return OK_ERR;
}

#define HTML S_INIT("text/html; charset=utf-8")

/* The first that fits; what stands between before and after is the name. */
static const struct {
    str before, after, type;
    err (*make)(struct arena *mem, const struct site *site, str name, struct site_file *out);
} kinds[] = {
    {S_INIT("/p/"), S_INIT("/"), HTML, product},
    {S_INIT("/buy/"), S_INIT("/"), HTML, buy},
    {S_INIT("/page/"), S_INIT("/"), HTML, index_more},
    {S_INIT("/sitemap-"), S_INIT(".xml"), S_INIT("application/xml"), map_part},
    {S_INIT("/"), S_INIT("/"), HTML, own},
    {S_INIT("/"), S_INIT(""), HTML, index_page},
};

static const struct {
    str path, type;
    err (*make)(struct arena *mem, const struct site *site, str name, struct site_file *out);
} fixed[] = {
    {S_INIT("/find/"), HTML, find},
    {S_INIT("/404.html"), HTML, no_page},
    {S_INIT("/robots.txt"), S_INIT("text/plain; charset=utf-8"), robots},
    {S_INIT("/sitemap.xml"), S_INIT("application/xml"), map},
};

/* ---- assets ---- */

/* "style.0123456789ab.css" is style.css as it was once: a page that was kept somewhere asks for it,
 * and gets the one of today, which nobody keeps under that name. */
static bool is_former(const struct theme_asset *a, str name) {
    str end = str_from(a->name, a->stem.len), hash = {0};
    if (name.len != a->hashed.len || !str_starts(name, a->stem) || !str_ends(name, end)
        || name.ptr[a->stem.len] != '.')
        return false;
    hash = str_part(name, a->stem.len + 1, name.len - a->name.len - 1);
    for (size_t i = 0; i < hash.len; i++)
        if (!(hash.ptr[i] >= '0' && hash.ptr[i] <= '9')
            && !(hash.ptr[i] >= 'a' && hash.ptr[i] <= 'f'))
            return false;
    return true;
}

static bool asset_find(const struct site *site, str path, struct site_file *out) {
    size_t count = 0;
    const struct theme_asset *assets = theme_assets(site->theme, &count);
    if (!str_starts(path, S("/")))
        return false;
    str name = str_from(path, 1);
    for (size_t i = 0; i < count; i++) {
        const struct theme_asset *a = &assets[i];
        bool now = str_is(name, a->hashed);
        if (!now && !str_is(name, a->name) && !is_former(a, name))
            continue;
        *out = (struct site_file){a->text, S(""), now};
        return true;
    }
    return false;
}

err site_render(struct arena *mem, const struct site *site, str path, struct site_file *out) {
    struct site_file file = {0};
    for (size_t i = 0; i < COUNT(fixed); i++) {
        if (!str_is(fixed[i].path, path))
            continue;
        TRY(fixed[i].make(mem, site, S(""), &file));
        file.type = fixed[i].type;
        *out = file;
        return OK_ERR;
    }
    for (size_t i = 0; i < COUNT(kinds); i++) {
        size_t ends = kinds[i].before.len + kinds[i].after.len;
        if (path.len < ends || !str_starts(path, kinds[i].before)
            || !str_ends(path, kinds[i].after))
            continue;
        str name = str_part(path, kinds[i].before.len, path.len - ends);
        file.type = kinds[i].type;
        err e = kinds[i].make(mem, site, name, &file);
        if (e.code == ERR_NONE)
            *out = file;
        if (e.code != ERR_ABSENT)
            return e;
        break;
    }
    return asset_find(site, path, out) ? OK_ERR : absent(mem, path);
}

/* ---- all of them ---- */

static void path_add(struct arena *mem, struct tree *list, str before, str name, str after) {
    tree_add(list, tree_text(mem, JOIN(mem, before, name, after)));
}

static void numbered_add(struct arena *mem, struct tree *list, str before, size_t n, str after) {
    path_add(mem, list, before, str_int(mem, (int64_t)n), after);
}

static void assets_add(struct arena *mem, const struct site *site, struct tree *list) {
    size_t count = 0;
    const struct theme_asset *assets = theme_assets(site->theme, &count);
    for (size_t i = 0; i < count; i++) {
        path_add(mem, list, S("/"), assets[i].hashed, S(""));
        path_add(mem, list, S("/"), assets[i].name, S(""));
    }
}

struct tree *site_paths(struct arena *mem, const struct site *site) {
    struct tree *list = tree_list(mem);
    assets_add(mem, site, list);
    for (size_t i = 0; i < site->page_count; i++)
        path_add(mem, list, S("/"), site_page_path(mem, &site->pages[i]), S("/"));
    for (size_t i = 0; i < site->shop->product_count; i++) {
        const struct product *p = &site->shop->products[i];
        if (!site_shows(site, p))
            continue;
        path_add(mem, list, S("/p/"), p->id, S("/"));
        path_add(mem, list, S("/buy/"), p->id, S("/"));
    }
    for (size_t i = 0; i < COUNT(fixed); i++)
        path_add(mem, list, fixed[i].path, S(""), S(""));
    for (size_t i = 1; i <= site_map_parts(site); i++)
        numbered_add(mem, list, S("/sitemap-"), i, S(".xml"));
    for (size_t i = view_index_pages(site->shop); i > 1; i--)
        numbered_add(mem, list, S("/page/"), i, S("/"));
    path_add(mem, list, S("/"), S(""), S(""));
    return list;
}
