#include "partner/connector.h"

#include "partner/connectors.h"

static const struct connector *const connectors[] = {
    &connector_academy, &connector_http, &connector_mail};
static const str names[] = {S_INIT("academy.invite"), S_INIT("http"), S_INIT("mail")};

static const struct connector *named(str name) {
    for (size_t i = 0; i < COUNT(connectors); i++)
        if (str_is(str_of(connectors[i]->name), name))
            return connectors[i];
    return NULL;
}

/* Where "kit" ends in "kit.http"; the whole length when there is no dot. */
static size_t owner_size(str does) {
    for (size_t i = does.len; i > 0; i--)
        if (does.ptr[i - 1] == '.')
            return i - 1;
    return does.len;
}

const struct connector *connector_find(str does) {
    const struct connector *c = named(does);
    size_t dot = owner_size(does);
    /* Only http goes by another's settings: a letter or an invitation is the shop's own. */
    if (!c && dot > 0 && str_is(str_from(does, dot + 1), S("http")))
        c = &connector_http;
    return c;
}

const str *connector_names(size_t *count) {
    *count = COUNT(names);
    return names;
}

static const struct tree *find_like(const struct tree *map, str name) {
    for (const struct tree *t = map ? map->first : NULL; t; t = t->next)
        if (str_is_like(t->name, name))
            return t;
    return NULL;
}

/* Header names compare without case: the step's own wins. */
static struct tree *headers_merge(
    struct arena *mem, const struct tree *under, const struct tree *over) {
    struct tree *map = tree_copy(mem, over);
    for (const struct tree *t = under->first; t; t = t->next)
        if (!find_like(over, t->name))
            tree_put(map, t->name, tree_copy(mem, t));
    return map;
}

static void entry_lay(struct arena *mem, struct tree *map, const struct tree *t) {
    const struct tree *under = tree_find(map, t->name);
    bool both = str_is(t->name, S("headers")) && tree_is(under, TREE_MAP) && tree_is(t, TREE_MAP);
    struct tree *copy = both ? headers_merge(mem, under, t) : tree_copy(mem, t);
    copy->name_line = t->name_line;
    copy->name_col = t->name_col;
    tree_put(map, t->name, copy);
}

const struct tree *connector_settings(
    struct arena *mem, const struct shop *shop, str does, const struct tree *with) {
    size_t dot = owner_size(does);
    const struct shop_connector *c = NULL;
    if (!named(does) && dot < does.len)
        c = shop_connector(shop, str_part(does, 0, dot));
    if (!c && tree_is(with, TREE_MAP))
        return with;
    struct tree *map = tree_map(mem);
    for (const struct tree *t = c && c->settings ? c->settings->first : NULL; t; t = t->next)
        if (!str_is(t->name, S("use")))
            entry_lay(mem, map, t);
    for (const struct tree *t = with ? with->first : NULL; t; t = t->next)
        entry_lay(mem, map, t);
    if (with) {
        map->line = with->line;
        map->col = with->col;
    }
    return map;
}
