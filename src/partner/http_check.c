#include "base/fill.h"
#include "base/table.h"
#include "partner/http_step.h"
#include "partner/setting.h"

/* clang-format off */
static const struct setting settings[] = {
    {S_INIT("url"),           SETTING_TEXT,  true},
    {S_INIT("base"),          SETTING_TEXT,  false},
    {S_INIT("method"),        SETTING_TEXT,  false},
    {S_INIT("headers"),       SETTING_MAP,   false},
    {S_INIT("body"),          SETTING_ANY,   false},
    {S_INIT("form"),          SETTING_MAP,   false},
    {S_INIT("ok"),            SETTING_CODES, false},
    {S_INIT("later"),         SETTING_CODES, false},
    {S_INIT("refused"),       SETTING_CODES, false},
    {S_INIT("values"),        SETTING_MAP,   false},
    {S_INIT("expect"),        SETTING_MAP,   false},
    {S_INIT("receipt"),       SETTING_TEXT,  false},
    {S_INIT("class"),         SETTING_TEXT,  false},
    {S_INIT("key"),           SETTING_MAP,   false},
    {S_INIT("ask"),           SETTING_MAP,   false},
    {S_INIT("settle"),        SETTING_SPAN,  false},
    {S_INIT("timeout"),       SETTING_SPAN,  false},
    {S_INIT("allow_private"), SETTING_BOOL,  false},
    {S_INIT("ca"),            SETTING_TEXT,  false},
};
static const struct setting key_settings[] = {
    {S_INIT("header"),        SETTING_TEXT,  true},
};
static const struct setting ask_settings[] = {
    {S_INIT("url"),           SETTING_TEXT,  true},
    {S_INIT("headers"),       SETTING_MAP,   false},
    {S_INIT("list"),          SETTING_TEXT,  false},
    {S_INIT("match"),         SETTING_MAP,   false},
    {S_INIT("values"),        SETTING_MAP,   false},
    {S_INIT("receipt"),       SETTING_TEXT,  false},
    {S_INIT("next"),          SETTING_MAP,   false},
};
static const struct setting next_settings[] = {
    {S_INIT("pointer"),       SETTING_TEXT,  true},
    {S_INIT("query"),         SETTING_TEXT,  true},
    {S_INIT("more"),          SETTING_TEXT,  false},
};
/* clang-format on */

enum { TIMEOUT_MAX_MS = 60000, HEADERS_OWN = 3 };

struct checking {
    struct report *report;
    struct place at;
    const struct tree *with; /* merged with the connector's */
};

static void wrong(const struct checking *c, const struct tree *node, str sentence) {
    setting_wrong(c->report, c->at, node, sentence);
}

static void check_map(
    const struct checking *c, const struct tree *map, const struct setting *table, size_t count) {
    if (tree_is(map, TREE_MAP))
        setting_check(c->report, c->at, map, table, count);
}

/* ---- shapes ---- */

static void check_pointer(const struct checking *c, const struct tree *node) {
    if (node && !str_starts(tree_str(node), S("/")))
        wrong(c, node, S("a JSON pointer begins with `/`: /purchase/id"));
}

static void check_pointers(const struct checking *c, const struct tree *map) {
    for (const struct tree *t = tree_is(map, TREE_MAP) ? map->first : NULL; t; t = t->next)
        check_pointer(c, t);
}

static bool is_header_name(str s) {
    for (size_t i = 0; i < s.len; i++) {
        char ch = s.ptr[i];
        bool alnum =
            (ch >= '0' && ch <= '9') || (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z');
        if (!alnum && ch != '-' && ch != '_')
            return false;
    }
    return s.len > 0;
}

static void check_scalars(const struct checking *c, const struct tree *map, str name) {
    for (const struct tree *t = tree_is(map, TREE_MAP) ? map->first : NULL; t; t = t->next)
        if (t->kind != TREE_TEXT && t->kind != TREE_NUMBER && t->kind != TREE_BOOL)
            wrong(c, t,
                JOIN(c->report->mem, S("`"), t->name, S("` of `"), name, S("` must be text")));
}

static void check_headers(const struct checking *c, const struct tree *headers) {
    check_scalars(c, headers, S("headers"));
    for (const struct tree *t = tree_is(headers, TREE_MAP) ? headers->first : NULL; t; t = t->next)
        if (!is_header_name(t->name))
            wrong(c, t, JOIN(c->report->mem, S("`"), t->name, S("` is no name of a header")));
    if (headers && headers->count > MESSAGE_HEADERS - HEADERS_OWN)
        wrong(c, headers, S("at most 9 headers"));
}

static void check_numbers(const struct checking *c, const struct tree *t) {
    const struct tree *number = tree_find(t, S("$number"));
    if (number && (t->count != 1 || !tree_str(number).len))
        wrong(c, t, S("`$number` stands alone in its map: total: {$number: \"{{order.total}}\"}"));
    for (const struct tree *child = t->first; child; child = child->next)
        check_numbers(c, child);
}

static void check_request(const struct checking *c) {
    const struct tree *with = c->with, *url = tree_find(with, S("url"));
    const struct tree *method = tree_find(with, S("method")), *body = tree_find(with, S("body"));
    const struct tree *form = tree_find(with, S("form")), *timeout = tree_find(with, S("timeout"));
    static const str methods[] = {
        S_INIT("GET"), S_INIT("POST"), S_INIT("PUT"), S_INIT("PATCH"), S_INIT("DELETE")};
    bool known = !method;
    int64_t wait_ms = 0;
    for (size_t i = 0; i < COUNT(methods); i++)
        known |= str_is_like(tree_str(method), methods[i]);
    if (!known)
        wrong(c, method, S("`method` is one of GET, POST, PUT, PATCH, DELETE"));
    if (body && form)
        wrong(c, form, S("either `body` (JSON) or `form`, not both"));
    if (body)
        check_numbers(c, body);
    check_scalars(c, form, S("form"));
    check_headers(c, tree_find(with, S("headers")));
    bool private = tree_get_bool(with, S("allow_private"), false);
    setting_check_address(c->report, c->at, tree_find(with, S("base")), private);
    if (!tree_get(with, S("base")).len || str_find(tree_str(url), S("://")) < tree_str(url).len)
        setting_check_address(c->report, c->at, url, private);
    if (timeout && time_span_read(tree_str(timeout), &wait_ms).code == ERR_NONE
        && wait_ms > TIMEOUT_MAX_MS)
        wrong(c, timeout, S("`timeout` is at most 60s"));
}

/* ---- what a repeat may do ---- */

static const struct {
    str name;
    enum step_class class;
} classes[] = {
    {S_INIT("keyed"), STEP_KEYED},
    {S_INIT("natural"), STEP_NATURAL},
    {S_INIT("askable"), STEP_ASKABLE},
    {S_INIT("opaque"), STEP_OPAQUE},
};

enum step_class http_class(const struct tree *with) {
    for (size_t i = 0; i < COUNT(classes); i++)
        if (str_is(tree_get(with, S("class")), classes[i].name))
            return classes[i].class;
    return STEP_OPAQUE;
}

static bool sends_key(struct arena *mem, const struct tree *with) {
    static const str places[] = {S_INIT("url"), S_INIT("headers"), S_INIT("body"), S_INIT("form")};
    if (tree_get(tree_find(with, S("key")), S("header")).len)
        return true;
    for (size_t i = 0; i < COUNT(places); i++) {
        const struct tree *names = fill_names(mem, tree_find(with, places[i]));
        for (const struct tree *n = names->first; n; n = n->next)
            if (str_is(n->text, S("step.key")))
                return true;
    }
    return false;
}

static void check_class(const struct checking *c) {
    const struct tree *class = tree_find(c->with, S("class")), *ask = tree_find(c->with, S("ask"));
    bool known = !class;
    for (size_t i = 0; i < COUNT(classes); i++)
        known |= str_is(tree_str(class), classes[i].name);
    if (!known)
        wrong(c, class, S("`class` is keyed, natural, askable or opaque"));
    if (http_class(c->with) == STEP_KEYED && !sends_key(c->report->mem, c->with))
        wrong(c, class,
            S("a keyed step sends its key: `key: {header: Idempotency-Key}` or {{step.key}} in "
              "the body"));
    if (http_class(c->with) == STEP_ASKABLE && !ask)
        wrong(c, class, S("an askable step needs `ask`: how to find out whether it was done"));
    if (ask && known && http_class(c->with) != STEP_ASKABLE)
        wrong(c, ask, S("`ask` is looked at with `class: askable` only"));
}

static void check_ask(const struct checking *c) {
    const struct tree *ask = tree_find(c->with, S("ask")), *next = tree_find(ask, S("next"));
    if (!tree_is(ask, TREE_MAP))
        return;
    check_map(c, ask, ask_settings, COUNT(ask_settings));
    check_map(c, next, next_settings, COUNT(next_settings));
    check_headers(c, tree_find(ask, S("headers")));
    check_scalars(c, tree_find(ask, S("match")), S("match"));
    check_pointer(c, tree_find(ask, S("list")));
    check_pointer(c, tree_find(ask, S("receipt")));
    check_pointer(c, tree_find(next, S("pointer")));
    check_pointer(c, tree_find(next, S("more")));
    check_pointers(c, tree_find(ask, S("values")));
    if (tree_find(ask, S("list")) && !tree_truth(tree_find(ask, S("match"))))
        wrong(c, ask, S("`list` needs `match`: which of the records is this step's"));
    const struct tree *values = tree_find(c->with, S("values"));
    for (const struct tree *v = tree_is(values, TREE_MAP) ? values->first : NULL; v; v = v->next)
        if (!tree_find(tree_find(ask, S("values")), v->name))
            wrong(c, ask,
                JOIN(c->report->mem, S("`ask` must give `"), v->name, S("` in its `values` too")));
}

/* ---- whose settings ---- */

/* False when there is none of that name: the shop has said so, and all else would only follow. */
static bool check_connector(const struct checking *c, str does, const struct shop *shop) {
    struct arena *mem = c->report->mem;
    size_t dot = does.len;
    while (dot > 0 && does.ptr[dot - 1] != '.')
        dot--;
    if (!dot)
        return true;
    str name = str_part(does, 0, dot - 1);
    const struct shop_connector *found = shop_connector(shop, name);
    if (!found)
        return false;
    if (!str_is(tree_get(found->settings, S("use")), S("http")))
        setting_wrong(c->report, found->at, tree_find(found->settings, S("use")),
            JOIN(mem, S("connector `"), name, S("` needs `use: http`")));
    return true;
}

void http_check(const struct shop_step *s, const struct shop *shop, struct report *report) {
    struct checking c = {.report = report,
        .at = s->at,
        .with = connector_settings(report->mem, shop, s->does, s->with)};
    if (!check_connector(&c, s->does, shop))
        return;
    check_map(&c, c.with, settings, COUNT(settings));
    check_map(&c, tree_find(c.with, S("key")), key_settings, COUNT(key_settings));
    check_request(&c);
    check_class(&c);
    check_ask(&c);
    check_pointers(&c, tree_find(c.with, S("values")));
    check_pointer(&c, tree_find(c.with, S("receipt")));
    const struct tree *expect = tree_find(c.with, S("expect"));
    for (const struct tree *t = tree_is(expect, TREE_MAP) ? expect->first : NULL; t; t = t->next)
        if (!str_starts(t->name, S("/")))
            wrong(&c, t, S("`expect` has JSON pointers on its left: /subscriber/fields/x"));
}
