#include "page/site.h"

#include "page/render.h"

static bool is_shown(const struct site *site, const struct product *p) {
    return p && (!p->draft || !site->shop->live);
}

/* Own pages to link to, in the order of their files. */
static void link_pages(struct arena *mem, const struct site *site, struct tree *view) {
    struct tree *list = tree_put(view, S("pages"), tree_list(mem));
    str base = tree_get(tree_find(view, S("to")), S("pages"));
    for (size_t i = 0; i < site->page_count; i++) {
        struct tree *t = tree_add(list, tree_map(mem));
        tree_put_text(mem, t, S("title"), site->pages[i].title);
        tree_put_text(mem, t, S("path"), JOIN(mem, base, S("/"), site->pages[i].name, S("/")));
    }
}

static err page(struct arena *mem, const struct site *site, str name, struct tree *view, str *out) {
    link_pages(mem, site, view);
    return render(mem, site->theme, name, view, out);
}

static err absent(struct arena *mem, str path) {
    return err_make(ERR_ABSENT, JOIN(mem, S("there is no page "), path));
}

static err index_page(struct arena *mem, const struct site *site, str rest, str *out) {
    if (rest.len)
        return absent(mem, rest);
    return page(mem, site, S("index.html"), view_index(mem, site->shop, site->theme), out);
}

static err style(struct arena *mem, const struct site *site, str rest, str *out) {
    const struct theme_file *file = theme_file(site->theme, S("style.css"));
    if (rest.len || !file)
        return absent(mem, rest);
    *out = file->text;
    return OK_ERR;
}

static err product(struct arena *mem, const struct site *site, str id, str *out) {
    const struct product *p = shop_product(site->shop, id);
    if (!is_shown(site, p))
        return absent(mem, id);
    return page(mem, site, S("product.html"), view_product(mem, site->shop, site->theme, p), out);
}

/* Nothing else to click here: no list of pages. */
static err buy(struct arena *mem, const struct site *site, str id, str *out) {
    const struct product *p = shop_product(site->shop, id);
    if (!is_shown(site, p))
        return absent(mem, id);
    return render(mem, site->theme, S("buy.html"),
        view_buy(mem, site->shop, site->theme, p, NULL, NULL), out);
}

static err own(struct arena *mem, const struct site *site, str name, str *out) {
    for (size_t i = 0; i < site->page_count; i++) {
        const struct site_page *p = &site->pages[i];
        if (str_is(p->name, name))
            return page(mem, site, S("page.html"),
                view_own(mem, site->shop, site->theme, p->title, p->markdown), out);
    }
    return absent(mem, name);
}

#define HTML S_INIT("text/html; charset=utf-8")

/* The first that fits; what stands between before and after is the name. */
static const struct {
    str before, after, type;
    err (*make)(struct arena *mem, const struct site *site, str name, str *out);
} kinds[] = {
    {S_INIT("/style.css"), S_INIT(""), S_INIT("text/css; charset=utf-8"), style},
    {S_INIT("/p/"), S_INIT("/"), HTML, product},
    {S_INIT("/buy/"), S_INIT("/"), HTML, buy},
    {S_INIT("/"), S_INIT("/"), HTML, own},
    {S_INIT("/"), S_INIT(""), HTML, index_page},
};

err site_render(struct arena *mem, const struct site *site, str path, str *out, str *type) {
    for (size_t i = 0; i < COUNT(kinds); i++) {
        size_t ends = kinds[i].before.len + kinds[i].after.len;
        if (path.len < ends || !str_starts(path, kinds[i].before)
            || !str_ends(path, kinds[i].after))
            continue;
        str name = str_part(path, kinds[i].before.len, path.len - ends);
        TRY(kinds[i].make(mem, site, name, out));
        *type = kinds[i].type;
        return OK_ERR;
    }
    return absent(mem, path);
}

static void path_add(struct arena *mem, struct tree *list, str before, str name) {
    tree_add(list, tree_text(mem, JOIN(mem, before, name, S("/"))));
}

struct tree *site_paths(struct arena *mem, const struct site *site) {
    struct tree *list = tree_list(mem);
    tree_add(list, tree_text(mem, S("/")));
    tree_add(list, tree_text(mem, S("/style.css")));
    for (size_t i = 0; i < site->page_count; i++)
        path_add(mem, list, S("/"), site->pages[i].name);
    for (size_t i = 0; i < site->shop->product_count; i++) {
        const struct product *p = &site->shop->products[i];
        if (!is_shown(site, p))
            continue;
        path_add(mem, list, S("/p/"), p->id);
        path_add(mem, list, S("/buy/"), p->id);
    }
    return list;
}
