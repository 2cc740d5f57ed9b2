#include "partner/setting.h"

#include "base/table.h"
#include "base/time.h"

void setting_say(struct report *r, enum report_level level, struct place at,
    const struct tree *node, str sentence) {
    if (node && node->line > 0) {
        at.line = node->line;
        at.col = node->col;
    }
    report_add(r, level, at, sentence);
}

void setting_wrong(struct report *r, struct place at, const struct tree *node, str sentence) {
    setting_say(r, REPORT_MISTAKE, at, node, sentence);
}

/* ---- kinds ---- */

static bool fits_text(const struct tree *t) {
    return (t->kind == TREE_TEXT && t->text.len) || t->kind == TREE_NUMBER;
}

static bool fits_bool(const struct tree *t) {
    return t->kind == TREE_BOOL;
}

static bool fits_span(const struct tree *t) {
    int64_t ms = 0;
    return t->kind == TREE_TEXT && time_span_read(t->text, &ms).code == ERR_NONE;
}

static bool fits_codes(const struct tree *t) {
    if (t->kind != TREE_LIST)
        return false;
    for (const struct tree *c = t->first; c; c = c->next) {
        int64_t code = 0;
        if (!str_number(tree_str(c), &code) || code < 100 || code > 599)
            return false;
    }
    return true;
}

static bool fits_list(const struct tree *t) {
    return t->kind == TREE_LIST;
}
static bool fits_map(const struct tree *t) {
    return t->kind == TREE_MAP;
}
static bool fits_any(const struct tree *t) {
    return t->kind != TREE_NONE;
}

/* By setting_kind. */
static const struct {
    bool (*fits)(const struct tree *t);
    str wanted;
} kinds[] = {
    [SETTING_TEXT] = {fits_text, S_INIT("must be text")},
    [SETTING_BOOL] = {fits_bool, S_INIT("must be true or false")},
    [SETTING_SPAN] = {fits_span, S_INIT("must be a time such as 20s, 5m or 1h")},
    [SETTING_CODES] = {fits_codes, S_INIT("must be a list of HTTP statuses such as [200, 201]")},
    [SETTING_LIST] = {fits_list, S_INIT("must be a list")},
    [SETTING_MAP] = {fits_map, S_INIT("must be a map of names and values")},
    [SETTING_ANY] = {fits_any, S_INIT("must not be empty")},
};

/* ---- the table ---- */

static const struct setting *find(const struct setting *table, size_t count, str name) {
    for (size_t i = 0; i < count; i++)
        if (str_is(table[i].name, name))
            return &table[i];
    return NULL;
}

static str guess(struct arena *mem, const struct setting *table, size_t count, str word) {
    str *names = arena_array(mem, count, sizeof(*names));
    for (size_t i = 0; i < count; i++)
        names[i] = table[i].name;
    return table_guess(mem, word, names, count);
}

static struct place place_of_name(struct place at, const struct tree *entry) {
    if (entry->name_line > 0) {
        at.line = entry->name_line;
        at.col = entry->name_col;
    }
    return at;
}

void setting_check(struct report *r, struct place at, const struct tree *map,
    const struct setting *table, size_t count) {
    struct arena *mem = r->mem;
    for (const struct tree *t = map ? map->first : NULL; t; t = t->next) {
        const struct setting *s = find(table, count, t->name);
        if (!s)
            report_add(r, REPORT_MISTAKE, place_of_name(at, t),
                JOIN(mem, S("unknown setting `"), t->name, S("`"),
                    guess(mem, table, count, t->name)));
        else if (!kinds[s->kind].fits(t))
            setting_wrong(r, at, t, JOIN(mem, S("`"), t->name, S("` "), kinds[s->kind].wanted));
    }
    for (size_t i = 0; i < count; i++)
        if (table[i].must && !tree_find(map, table[i].name))
            setting_wrong(r, at, map, JOIN(mem, S("`"), table[i].name, S("` is missing")));
}

void setting_check_address(
    struct report *r, struct place at, const struct tree *node, bool allow_private) {
    str text = tree_str(node);
    if (!text.len || str_starts(text, S("https://")) || str_starts(text, S("${")))
        return;
    if (!str_starts(text, S("http://")))
        setting_wrong(
            r, at, node, JOIN(r->mem, S("`"), node->name, S("` must begin with https://")));
    else if (!allow_private)
        setting_wrong(r, at, node,
            JOIN(r->mem, S("`"), node->name,
                S("` is not https; for a stand-in put `allow_private: true` beside it")));
}
