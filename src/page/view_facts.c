#include "page/view_facts.h"

/* "https://example.com/shop" is an origin and a path. */
static str path_of(str address) {
    size_t scheme = str_find(address, S("://"));
    str rest = scheme < address.len ? str_from(address, scheme + 3) : address;
    str path = str_from(rest, str_find_byte(rest, '/'));
    while (str_ends(path, S("/")))
        path = str_part(path, 0, path.len - 1);
    return path;
}

static str origin_of(str address) {
    return str_part(address, 0, address.len - path_of(address).len);
}

static str without_slash(str address) {
    return str_ends(address, S("/")) ? str_part(address, 0, address.len - 1) : address;
}

/* On one origin all addresses are relative, so that the same pages work wherever they are tried. */
static struct tree *places(
    struct arena *mem, const struct shop *shop, const struct theme *theme, enum view_made made) {
    str url = without_slash(shop->url);
    str api = shop->api.len ? without_slash(shop->api) : url;
    bool one = str_is(origin_of(url), origin_of(api));
    struct tree *to = tree_map(mem);
    bool here = one || made == VIEW_STATIC;
    tree_put_text(mem, to, S("pages"), here ? path_of(url) : url);
    here = one || made == VIEW_PROGRAM;
    tree_put_text(mem, to, S("api"), here ? path_of(api) : api);
    size_t count = 0;
    const struct theme_asset *assets = theme_assets(theme, &count);
    str base = path_of(made == VIEW_STATIC ? url : api);
    tree_put_text(mem, to, S("files"), base);
    for (size_t i = 0; i < count; i++)
        if (!tree_find(to, assets[i].stem))
            tree_put_text(mem, to, assets[i].stem, JOIN(mem, base, S("/"), assets[i].hashed));
    return to;
}

static struct tree *bare_at(struct arena *mem, const void *address) {
    return tree_text(mem, without_slash(*(const str *)address));
}

static struct tree *test_of(struct arena *mem, const void *live) {
    return tree_bool(mem, !*(const bool *)live);
}

static struct tree *seller_of(struct arena *mem, const void *seller) {
    static const struct tree_row rows[] = {
        TREE_ROW(seller, name, tree_text_at),
        TREE_ROW(seller, address, tree_text_at),
        TREE_ROW(seller, country, tree_text_at),
        TREE_ROW(seller, tax_id, tree_text_at),
        TREE_ROW(seller, email, tree_text_at),
    };
    return tree_later(mem, rows, COUNT(rows), seller);
}

struct tree *view_shop(struct arena *mem, const struct shop *shop) {
    static const struct tree_row rows[] = {
        TREE_ROW(shop, name, tree_text_at),
        TREE_ROW(shop, lang, tree_text_at),
        TREE_ROW(shop, url, bare_at),
        TREE_ROW(shop, api, bare_at),
        {S_INIT("test"), test_of, offsetof(struct shop, live)},
        TREE_ROW(shop, seller, seller_of),
    };
    return tree_later(mem, rows, COUNT(rows), shop);
}

/* As Open Graph names languages. */
static str locale_of(str lang) {
    static const str locales[][2] = {
        {S_INIT("pl"), S_INIT("pl_PL")}, {S_INIT("en"), S_INIT("en_US")}};
    for (size_t i = 0; i < COUNT(locales); i++)
        if (str_is(locales[i][0], lang))
            return locales[i][1];
    return lang;
}

void view_speak(struct view *v, str lang) {
    const struct tree *words = theme_words(v->theme, lang);
    v->lang = lang;
    tree_put_text(v->mem, v->tree, S("locale"), locale_of(lang));
    tree_put_text(v->mem, v->tree, S("lang"), lang);
    struct tree *t = tree_map(v->mem);
    if (words) {
        /* Shares the texts with all other views: they are never changed. */
        t->first = words->first;
        t->last = words->last;
        t->count = words->count;
    }
    tree_put(v->tree, S("t"), t);
}

void view_title(struct view *v, str title) {
    tree_put_text(v->mem, v->tree, S("title"), title);
    tree_put_bool(v->mem, v->tree, S("of_shop"), !str_is(title, v->shop->name));
}

void view_public(struct view *v, str kind, str path, str description) {
    tree_put_text(v->mem, v->tree, S("canonical"), JOIN(v->mem, without_slash(v->shop->url), path));
    tree_put_text(v->mem, v->tree, S("kind"), kind);
    tree_put_text(v->mem, v->tree, S("description"), description);
}

str view_image(const struct view *v, str image, bool whole) {
    if (!str_starts(image, S("/")) || str_starts(image, S("//")))
        return image;
    str before = tree_get(tree_find(v->tree, S("to")), S("files"));
    return JOIN(v->mem, whole ? without_slash(v->shop->url) : before, image);
}

str view_word(const struct view *v, str name) {
    return tree_get(tree_find(v->tree, S("t")), name);
}

struct view view_new(
    struct arena *mem, const struct shop *shop, const struct theme *theme, enum view_made made) {
    static const str none[] = {S_INIT("description"), S_INIT("refresh"), S_INIT("again"),
        S_INIT("canonical"), S_INIT("kind"), S_INIT("picture")};
    struct view v = {mem, shop, theme, shop->lang, tree_map(mem)};
    tree_put(v.tree, S("shop"), view_shop(mem, shop));
    tree_put(v.tree, S("to"), places(mem, shop, theme, made));
    view_speak(&v, shop->lang);
    view_title(&v, shop->name);
    tree_put_bool(mem, v.tree, S("noindex"), made == VIEW_PROGRAM);
    tree_put_bool(mem, v.tree, S("private"), false);
    tree_put(v.tree, S("pages"), tree_list(mem));
    for (size_t i = 0; i < COUNT(none); i++)
        tree_put(v.tree, none[i], tree_none(mem));
    str pages = tree_get(tree_find(v.tree, S("to")), S("pages"));
    tree_put_text(mem, v.tree, S("find"), JOIN(mem, pages, S("/find/")));
    return v;
}

str view_tax_rate(struct arena *mem, str tax) {
    bool number = tax.len > 0 && tax.ptr[0] >= '0' && tax.ptr[0] <= '9';
    return number && !str_is(tax, S("0")) ? JOIN(mem, tax, S("%")) : S("");
}

str view_money(struct arena *mem, money m, str lang) {
    return m.currency[0] ? money_show(mem, m, lang) : S("");
}

struct tree *view_line_list(struct arena *mem, const struct order *o, str lang) {
    struct tree *lines = tree_list(mem);
    for (size_t i = 0; i < o->line_count; i++) {
        const struct line *l = &o->lines[i];
        struct tree *t = tree_add(lines, tree_map(mem));
        tree_put_text(mem, t, S("name"), l->name);
        tree_put_int(mem, t, S("quantity"), l->quantity);
        tree_put_text(mem, t, S("tax"), l->tax);
        tree_put_text(mem, t, S("rate"), view_tax_rate(mem, l->tax));
        tree_put_text(mem, t, S("net"), view_money(mem, l->net, lang));
        tree_put_text(mem, t, S("tax_amount"), view_money(mem, l->tax_amount, lang));
        tree_put_text(mem, t, S("gross"), view_money(mem, l->gross, lang));
    }
    return lines;
}

/* Of what stands there in each line. */
static money sum(const struct order *o, size_t at) {
    money all = {0};
    for (size_t i = 0; i < o->line_count; i++) {
        money one = *(const money *)((const char *)&o->lines[i] + at);
        all = i ? money_add(all, one) : one;
    }
    return all;
}

money view_net(const struct order *o) {
    return sum(o, offsetof(struct line, net));
}

money view_tax(const struct order *o) {
    return sum(o, offsetof(struct line, tax_amount));
}

/* Which values of a step are for the buyer; others (ids of a partner's things) are not. */
static const struct {
    str name;
    bool address;
} gifts[] = {
    {S_INIT("link"), true},
    {S_INIT("url"), true},
    {S_INIT("licence"), false},
    {S_INIT("license"), false},
    {S_INIT("code"), false},
};

static void gift_add(struct arena *mem, struct tree *list, str title, const struct tree *value) {
    str text = tree_str(value);
    for (size_t i = 0; i < COUNT(gifts); i++) {
        if (!str_is(gifts[i].name, value->name) || !text.len)
            continue;
        bool web = str_starts(text, S("https://")) || str_starts(text, S("http://"));
        if (gifts[i].address && !web)
            continue;
        struct tree *t = tree_add(list, tree_map(mem));
        tree_put_text(mem, t, S("title"), title);
        tree_put_text(mem, t, S("url"), gifts[i].address ? text : S(""));
        tree_put_text(mem, t, S("text"), gifts[i].address ? S("") : text);
    }
}

struct tree *view_gifts(struct arena *mem, const struct order *o) {
    struct tree *list = tree_list(mem);
    for (size_t i = 0; i < o->step_count; i++) {
        const struct step *s = &o->steps[i];
        if (s->state != STEP_DONE || s->line < 0 || (size_t)s->line >= o->line_count)
            continue;
        for (const struct tree *v = s->values ? s->values->first : NULL; v; v = v->next)
            gift_add(mem, list, o->lines[s->line].name, v);
    }
    return list;
}
