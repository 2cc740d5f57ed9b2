#include "shop/reader.h"

#include "base/encode.h"
#include "base/table.h"

struct place reader_place(const struct reader *r, const struct tree *t) {
    return (struct place){r->file, t ? t->line : 0, t ? t->col : 0};
}

void reader_mistake(const struct reader *r, const struct tree *t, str sentence) {
    report_add(r->report, REPORT_MISTAKE, reader_place(r, t), sentence);
}

void reader_advice(const struct reader *r, const struct tree *t, str sentence) {
    report_add(r->report, REPORT_ADVICE, reader_place(r, t), sentence);
}

static bool is_among(str name, const str *names, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (str_is(names[i], name))
            return true;
    return false;
}

void reader_keys(const struct reader *r, const struct tree *map, const str *names, size_t count) {
    if (!tree_is(map, TREE_MAP))
        return;
    for (const struct tree *t = map->first; t; t = t->next) {
        if (is_among(t->name, names, count))
            continue;
        str sentence = JOIN(r->mem, S("`"), t->name, S("` is not known here"),
            table_guess(r->mem, t->name, names, count));
        report_add(r->report, REPORT_MISTAKE, (struct place){r->file, t->name_line, t->name_col},
            sentence);
    }
}

static bool is_scalar(const struct tree *t) {
    return t->kind == TREE_TEXT || t->kind == TREE_NUMBER || t->kind == TREE_BOOL;
}

static str must_be(const struct reader *r, str name, str what) {
    return JOIN(r->mem, S("`"), name, S("` must be "), what);
}

str reader_text(const struct reader *r, const struct tree *map, str name, bool needed) {
    const struct tree *t = tree_find(map, name);
    if (!t || t->kind == TREE_NONE) {
        if (needed)
            reader_mistake(r, t ? t : map, JOIN(r->mem, S("`"), name, S("` is missing")));
        return S("");
    }
    if (!is_scalar(t)) {
        reader_mistake(r, t, must_be(r, name, S("a text")));
        return S("");
    }
    str text = str_trim(tree_str(t));
    if (!text.len && needed)
        reader_mistake(r, t, JOIN(r->mem, S("`"), name, S("` is empty")));
    return text;
}

str reader_line(const struct reader *r, const struct tree *map, str name, size_t most) {
    str text = reader_text(r, map, name, true);
    if (control_has(text, S("")))
        reader_mistake(r, tree_find(map, name), must_be(r, name, S("one line")));
    else if (utf8_length(text) > most)
        reader_mistake(r, tree_find(map, name),
            must_be(r, name,
                JOIN(r->mem, S("at most "), str_int(r->mem, (int64_t)most), S(" characters"))));
    return text;
}

const struct tree *reader_kind(
    const struct reader *r, const struct tree *map, str name, enum tree_kind kind) {
    const struct tree *t = tree_find(map, name);
    if (!t || t->kind == TREE_NONE)
        return NULL;
    if (t->kind == kind)
        return t;
    reader_mistake(r, t,
        must_be(r, name,
            kind == TREE_MAP ? S("a map: `key: value` entries")
                             : S("a list: `- entry` or [entry, …]")));
    return NULL;
}

const struct tree *reader_texts(const struct reader *r, const struct tree *map, str name) {
    const struct tree *list = reader_kind(r, map, name, TREE_LIST);
    for (const struct tree *t = list ? list->first : NULL; t; t = t->next)
        if (!is_scalar(t) || !tree_str(t).len) {
            reader_mistake(r, t, must_be(r, name, S("a list of texts")));
            return NULL;
        }
    return list;
}

bool reader_yes(const struct reader *r, const struct tree *map, str name, bool otherwise) {
    const struct tree *t = tree_find(map, name);
    if (!t || t->kind == TREE_NONE)
        return otherwise;
    if (t->kind == TREE_BOOL)
        return t->truth;
    reader_mistake(r, t, must_be(r, name, S("true or false")));
    return otherwise;
}

static bool letters_are(str text, bool underscores) {
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool fine = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'
                    || (underscores && c == '_');
        if (!fine)
            return false;
    }
    return text.len >= 1 && text.len <= 64 && text.ptr[0] != '-' && text.ptr[text.len - 1] != '-';
}

bool id_is(str id) {
    return letters_are(id, false);
}
bool name_is(str name) {
    return letters_are(name, true);
}
