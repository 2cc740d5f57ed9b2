#include "page/render.h"

#include "base/limits.h"
#include "base/table.h"
#include "page/pieces.h"

/* What a name is looked up in, innermost first. */
struct scope {
    const struct tree *it;
    const struct scope *up;
};

struct rendering {
    struct arena *mem;
    struct buf *out;
};

static err pieces(struct rendering *r, const struct piece *p, const struct scope *scope);

static err wrong(struct rendering *r, const struct piece *p, str sentence) {
    str where = JOIN(r->mem, p->at.file, S(":"), str_int(r->mem, p->at.line), S(":"),
        str_int(r->mem, p->at.col), S(": "));
    return err_make(ERR_INVALID, JOIN(r->mem, where, sentence));
}

/* All there is to be named, for a guess. */
static err unknown(
    struct rendering *r, const struct piece *p, str word, const struct scope *scope) {
    struct tree *all = tree_list(r->mem);
    for (; scope; scope = scope->up)
        if (tree_is(scope->it, TREE_MAP)) {
            const struct tree *map = tree_copy(r->mem, scope->it);
            for (const struct tree *t = map->first; t; t = t->next)
                tree_add(all, tree_text(r->mem, t->name));
        }
    str *names = arena_array(r->mem, all->count + 1, sizeof(str));
    size_t count = 0;
    for (const struct tree *t = all->first; t; t = t->next)
        names[count++] = t->text;
    return wrong(r, p,
        JOIN(r->mem, S("the page has no `"), p->text, S("`"),
            table_guess(r->mem, word, names, count)));
}

/* The first word of a name is looked for from the inside out, the others only there. */
static err look(struct rendering *r, const struct piece *p, const struct scope *scope,
    const struct tree **out) {
    if (str_is(p->text, S("."))) {
        *out = scope->it;
        return OK_ERR;
    }
    str rest = str_from(p->text, p->word + 1), word = str_part(p->text, 0, p->word);
    const struct tree *found = NULL;
    for (const struct scope *s = scope; s && !found; s = s->up)
        found = tree_find(s->it, word);
    if (!found)
        return unknown(r, p, word, scope);
    while (str_cut(&rest, '.', &word)) {
        const struct scope inner = {.it = found};
        found = tree_find(found, word);
        if (!found)
            return unknown(r, p, word, &inner);
    }
    *out = found;
    return OK_ERR;
}

static err hole(struct rendering *r, const struct piece *p, const struct scope *scope) {
    const struct tree *t = NULL;
    TRY(look(r, p, scope, &t));
    if (tree_is(t, TREE_HTML) || tree_is(t, TREE_LIST) || tree_is(t, TREE_MAP))
        return wrong(r, p,
            JOIN(r->mem, S("`"), p->text, S("` is "), str_of(tree_kind_name(t->kind)),
                S(", not a text")));
    str text = tree_str(t);
    if (p->escape == ESCAPE_URL && !escape_address_is(text))
        return wrong(r, p,
            JOIN(r->mem, S("`"), p->text,
                S("` is not an address that may stand here: http, https, mailto or relative")));
    escape_add(r->out, p->escape, text);
    return OK_ERR;
}

static err html(struct rendering *r, const struct piece *p, const struct scope *scope) {
    const struct tree *t = NULL;
    TRY(look(r, p, scope, &t));
    if (t && t->kind == TREE_HTML)
        buf_add(r->out, t->text);
    else if (t && t->kind != TREE_NONE)
        return wrong(r, p,
            JOIN(r->mem, S("`"), p->text, S("` is not HTML made from Markdown: write {{"), p->text,
                S("}}")));
    return OK_ERR;
}

static err section(struct rendering *r, const struct piece *p, const struct scope *scope) {
    const struct tree *t = NULL;
    TRY(look(r, p, scope, &t));
    if (p->kind == PIECE_INVERTED)
        return tree_truth(t) ? OK_ERR : pieces(r, p->first, scope);
    if (!tree_truth(t))
        return OK_ERR;
    if (!tree_is(t, TREE_LIST))
        return pieces(r, p->first, &(struct scope){t, scope});
    for (const struct tree *item = t->first; item; item = item->next)
        TRY(pieces(r, p->first, &(struct scope){item, scope}));
    return OK_ERR;
}

static err part(struct rendering *r, const struct piece *p, const struct scope *scope) {
    if (!p->part || p->part->broken)
        return wrong(r, p, S("this part has mistakes"));
    return pieces(r, p->part->first, scope);
}

static err literal(struct rendering *r, const struct piece *p, const struct scope *scope) {
    buf_add(r->out, p->text);
    return OK_ERR;
}

static err pieces(struct rendering *r, const struct piece *p, const struct scope *scope) {
    static err (*const kinds[])(struct rendering * r, const struct piece *p,
        const struct scope *scope) = {[PIECE_TEXT] = literal,
        [PIECE_HOLE] = hole,
        [PIECE_HTML] = html,
        [PIECE_SECTION] = section,
        [PIECE_INVERTED] = section,
        [PIECE_PART] = part};
    for (; p; p = p->next)
        TRY(kinds[p->kind](r, p, scope));
    return OK_ERR;
}

err render(
    struct arena *mem, const struct theme *theme, str name, const struct tree *view, str *out) {
    const struct template *t = theme_find(theme, name);
    if (!t)
        return err_make(ERR_ABSENT, JOIN(mem, S("the theme has no `"), name, S("`")));
    if (t->broken)
        return err_make(ERR_INVALID, JOIN(mem, S("`"), name, S("` has mistakes")));
    struct buf b = buf_new(mem, LIMIT_PAGE);
    struct rendering r = {mem, &b};
    TRY(pieces(&r, t->first, &(struct scope){.it = view}));
    if (b.full)
        return err_make(ERR_TOO_BIG, JOIN(mem, S("`"), name, S("` became too big")));
    *out = buf_str(&b);
    return OK_ERR;
}
