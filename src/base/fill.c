#include "base/fill.h"

#include "base/buf.h"
#include "base/encode.h"
#include "base/limits.h"

/* ---- one hole: `open` … `close` ---- */

struct hole {
    str open, close;
    const char *what; /* for the sentence when it is not closed */
};

static const struct hole view_hole = {S_INIT("{{"), S_INIT("}}"), "a {{ without its }}"};
static const struct hole secret_hole = {S_INIT("${"), S_INIT("}"), "a ${ without its }"};

enum piece_kind { PIECE_END, PIECE_TEXT, PIECE_NAME, PIECE_OPEN };

struct piece {
    enum piece_kind kind;
    str text; /* or the name */
};

/* Cuts the next piece: text up to a hole, or the name in one. `$${` is the text `${`. */
static struct piece piece_cut(const struct hole *h, str *rest) {
    size_t at = str_find(*rest, h->open);
    if (!rest->len)
        return (struct piece){.kind = PIECE_END};
    if (at > 0) {
        bool doubled = at < rest->len && h == &secret_hole && rest->ptr[at - 1] == '$';
        struct piece text = {PIECE_TEXT, str_part(*rest, 0, doubled ? at - 1 : at)};
        if (doubled && at == 1) {
            text.text = h->open;
            *rest = str_from(*rest, 1 + h->open.len);
        } else {
            *rest = str_from(*rest, text.text.len);
        }
        return text;
    }
    size_t end = str_find(*rest, h->close);
    if (end == rest->len)
        return (struct piece){PIECE_OPEN, *rest};
    struct piece name = {PIECE_NAME, str_trim(str_part(*rest, h->open.len, end - h->open.len))};
    *rest = str_from(*rest, end + h->close.len);
    return name;
}

static bool has_hole(const struct hole *h, str text) {
    return str_find(text, h->open) < text.len;
}

static bool is_scalar(const struct tree *t) {
    return t->kind == TREE_TEXT || t->kind == TREE_NUMBER || t->kind == TREE_BOOL
           || t->kind == TREE_HTML;
}

/* ---- a value that must not make a secret ---- */

static str escaped(struct arena *mem, str text) {
    size_t at = str_find(text, secret_hole.open);
    if (at == text.len)
        return text;
    struct buf b = buf_new(mem, text.len * 2);
    for (; at < text.len; at = str_find(text, secret_hole.open)) {
        buf_add(&b, str_part(text, 0, at));
        buf_add(&b, S("$${"));
        text = str_from(text, at + 2);
    }
    buf_add(&b, text);
    return buf_str(&b);
}

static void tree_escape(struct arena *mem, struct tree *t) {
    t->text = escaped(mem, t->text);
    t->name = escaped(mem, t->name);
    for (struct tree *c = t->first; c; c = c->next)
        tree_escape(mem, c);
}

/* ---- filling text ---- */

struct filling {
    struct arena *mem;
    const struct tree *view;
    enum fill_place place;
    const struct hole *hole;
    err (*find)(const struct filling *f, str name, str *out);
};

static err unclosed(const struct filling *f, str text) {
    return err_make(
        ERR_INVALID, JOIN(f->mem, str_of(f->hole->what), S(": "), utf8_prefix(text, 60)));
}

static err fill(const struct filling *f, str text, str *out) {
    struct buf b = buf_new(f->mem, LIMIT_PAGE);
    if (!has_hole(f->hole, text)) {
        *out = text;
        return OK_ERR;
    }
    for (struct piece p = piece_cut(f->hole, &text); p.kind != PIECE_END;
         p = piece_cut(f->hole, &text)) {
        str value = p.text;
        if (p.kind == PIECE_OPEN)
            return unclosed(f, p.text);
        if (p.kind == PIECE_NAME) {
            TRY(f->find(f, p.text, &value));
            value = f->place == FILL_PERCENT ? percent_write(f->mem, value) : value;
        }
        buf_add(&b, value);
    }
    if (b.full)
        return err_make(ERR_TOO_BIG, S("a text with holes grew too large"));
    *out = buf_str(&b);
    return OK_ERR;
}

static err absent(struct arena *mem, str name) {
    return err_make(ERR_INVALID, JOIN(mem, S("there is no {{"), name, S("}} here")));
}

static err view_find(const struct filling *f, str name, str *out) {
    const struct tree *t = tree_path(f->view, name);
    if (!t || !name.len)
        return absent(f->mem, name);
    if (!is_scalar(t))
        return err_make(ERR_INVALID, JOIN(f->mem, S("{{"), name, S("}} is "),
                                         str_of(tree_kind_name(t->kind)), S(", not a text")));
    *out = f->place == FILL_SAFELY ? escaped(f->mem, t->text) : t->text;
    return OK_ERR;
}

err fill_text(
    struct arena *mem, str text, const struct tree *view, enum fill_place place, str *out) {
    struct filling f = {mem, view, place, &view_hole, view_find};
    return fill(&f, text, out);
}

static err secret_find(const struct filling *f, str name, str *out) {
    const struct tree *t = tree_find(f->view, name);
    if (!t || t->kind == TREE_NONE)
        return err_make(
            ERR_SETUP, JOIN(f->mem, S("${"), name,
                           S("} is not set: put it into the environment or a systemd credential")));
    *out = tree_str(t);
    return OK_ERR;
}

err fill_secrets(
    struct arena *mem, str text, const struct tree *secrets, enum fill_place place, str *out) {
    struct filling f = {mem, secrets, place, &secret_hole, secret_find};
    return fill(&f, text, out);
}

/* ---- filling trees ---- */

/* The name when the text is one hole and nothing else. */
static bool lone_hole(str text, str *name) {
    struct piece p = piece_cut(&view_hole, &text);
    *name = p.text;
    return p.kind == PIECE_NAME && !text.len;
}

static err lone_fill(const struct filling *f, str name, struct tree **out) {
    const struct tree *t = tree_path(f->view, name);
    if (!t || !name.len)
        return absent(f->mem, name);
    *out = tree_copy(f->mem, t);
    if (f->place == FILL_SAFELY)
        tree_escape(f->mem, *out);
    return OK_ERR;
}

static err scalar_fill(const struct filling *f, const struct tree *in, struct tree **out) {
    str name = {0}, text = {0};
    if (!in || in->kind != TREE_TEXT || !has_hole(f->hole, in->text)) {
        *out = tree_copy(f->mem, in);
        return OK_ERR;
    }
    if (lone_hole(in->text, &name))
        return lone_fill(f, name, out);
    TRY(fill(f, in->text, &text));
    *out = tree_text(f->mem, text);
    return OK_ERR;
}

static err whole_fill(const struct filling *f, const struct tree *in, struct tree **out) {
    if (!tree_is(in, TREE_MAP) && !tree_is(in, TREE_LIST))
        return scalar_fill(f, in, out);
    struct tree *whole = in->kind == TREE_MAP ? tree_map(f->mem) : tree_list(f->mem);
    for (const struct tree *c = in->first; c; c = c->next) {
        struct tree *child = NULL;
        str name = {0};
        TRY(whole_fill(f, c, &child));
        TRY(fill(f, c->name, &name));
        if (in->kind == TREE_MAP)
            tree_put(whole, name, child);
        else
            tree_add(whole, child)->name = name;
    }
    *out = whole;
    return OK_ERR;
}

err fill_tree(struct arena *mem, const struct tree *in, const struct tree *view,
    enum fill_place place, struct tree **out) {
    struct filling f = {mem, view, place, &view_hole, view_find};
    return whole_fill(&f, in, out);
}

/* ---- names ---- */

static void name_add(struct arena *mem, struct tree *list, str name) {
    for (const struct tree *t = list->first; t; t = t->next)
        if (str_is(t->text, name))
            return;
    tree_add(list, tree_text(mem, name));
}

static void names_of(struct arena *mem, const struct hole *h, str text, struct tree *list) {
    if (!has_hole(h, text))
        return;
    struct piece p = piece_cut(h, &text);
    for (; p.kind == PIECE_TEXT || p.kind == PIECE_NAME; p = piece_cut(h, &text))
        if (p.kind == PIECE_NAME)
            name_add(mem, list, p.text);
}

static void names_collect(
    struct arena *mem, const struct hole *h, const struct tree *t, struct tree *list) {
    if (h == &view_hole)
        names_of(mem, h, t->name, list);
    if (t->kind == TREE_TEXT)
        names_of(mem, h, t->text, list);
    for (const struct tree *c = t->first; c; c = c->next)
        names_collect(mem, h, c, list);
}

static struct tree *names(struct arena *mem, const struct hole *h, const struct tree *in) {
    struct tree *list = tree_list(mem);
    if (in)
        names_collect(mem, h, in, list);
    return list;
}

static bool secret_name_is(str name) {
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool fine = (c >= 'A' && c <= 'Z') || (i && ((c >= '0' && c <= '9') || c == '_'));
        if (!fine)
            return false;
    }
    return name.len > 0;
}

str fill_secret_fault(struct arena *mem, str text) {
    struct piece p = {.kind = PIECE_TEXT};
    if (!has_hole(&secret_hole, text))
        return S("");
    while (p.kind == PIECE_TEXT || (p.kind == PIECE_NAME && secret_name_is(p.text)))
        p = piece_cut(&secret_hole, &text);
    if (p.kind == PIECE_OPEN)
        return S("a ${ without its }; for these two characters themselves write $${");
    if (p.kind == PIECE_NAME)
        return JOIN(mem, S("${"), p.text,
            S("} is no name of a secret: capital letters, digits and _, like ${TPAY_CODE}"));
    return S("");
}

struct tree *fill_names(struct arena *mem, const struct tree *in) {
    return names(mem, &view_hole, in);
}

struct tree *fill_secret_names(struct arena *mem, const struct tree *in) {
    return names(mem, &secret_hole, in);
}
