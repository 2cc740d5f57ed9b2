#include "base/json.h"

#include "base/buf.h"
#include "base/encode.h"
#include "base/json_plain.h"
#include "base/json_row.h"
#include "base/limits.h"

#include <assert.h>
#include <jansson.h>

/* jansson judges: it is strict, fuzzed, and refuses duplicate keys and bad UTF-8. What it accepted
 * is then read once more by json_row into the tree, which keeps the text of numbers (jansson would
 * make doubles) and the places. */

static err judge(struct arena *mem, str text) {
    json_error_t why;
    json_t *value = json_loadb(text.len ? text.ptr : "", text.len,
        JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &why);
    if (!value)
        return err_make(
            ERR_INVALID, JOIN(mem, S("line "), str_int(mem, why.line), S(", column "),
                             str_int(mem, why.column), S(": "), str_copy(mem, str_of(why.text))));
    json_decref(value);
    return OK_ERR;
}

err json_read(struct arena *mem, str text, const struct tree **out) {
    TRY(judge(mem, text));
    return json_read_row(mem, text, out);
}

/* ---- writing ---- */

static const str unreadable = S_INIT("\xef\xbf\xbd"); /* U+FFFD */

enum { ESCAPE_MAX = 6 };

static void escape_write(struct buf *b, unsigned char c, bool name) {
    static const char hex[] = "0123456789abcdef";
    if (!c && name) {
        buf_add(b, unreadable);
        return;
    }
    if (ESCAPE_MAX > b->room - b->len && !buf_room(b, ESCAPE_MAX))
        return;
    bool brief = c == '"' || c == '\\' || c == '\n';
    char *at = b->ptr + b->len;
    at[0] = '\\';
    at[1] = brief ? (c == '\n' ? 'n' : (char)c) : 'u';
    at[2] = at[3] = '0';
    at[4] = hex[c >> 4];
    at[5] = hex[c & 15];
    b->len += brief ? 2 : ESCAPE_MAX;
}

/* `s` is UTF-8. */
static void characters_write(struct buf *b, str s, bool name) {
    size_t from = 0;
    for (size_t i = 0; i < s.len; i++) {
        i += json_plain(str_from(s, i));
        unsigned char c = i < s.len ? (unsigned char)s.ptr[i] : ' ';
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        buf_add(b, str_part(s, from, i - from));
        escape_write(b, c, name);
        from = i + 1;
    }
    buf_add(b, str_from(s, from));
}

/* What is written here is always read back: bytes that are not UTF-8, and NUL in a name (which
 * jansson refuses), become U+FFFD. One stranger's byte must not make a kept row unreadable. */
static void string_write(struct buf *b, str s, bool name) {
    bool room = s.len + 2 <= b->room - b->len || buf_room(b, s.len + 2);
    if (room && json_plain_move(b->ptr + b->len + 1, s)) {
        b->ptr[b->len] = '"';
        b->ptr[b->len + s.len + 1] = '"';
        b->len += s.len + 2;
        return;
    }
    size_t plain = json_plain(s);
    buf_byte(b, '"');
    buf_add(b, str_part(s, 0, plain));
    for (s = str_from(s, plain); s.len;) {
        size_t valid = utf8_valid(s);
        characters_write(b, str_part(s, 0, valid), name);
        if (valid < s.len)
            buf_add(b, unreadable);
        s = str_from(s, valid + 1);
    }
    buf_byte(b, '"');
}

static void children_write(struct buf *b, const struct tree *t) {
    bool map = t->kind == TREE_MAP;
    buf_byte(b, map ? '{' : '[');
    for (const struct tree *c = t->first; c; c = c->next) {
        if (c != t->first)
            buf_byte(b, ',');
        if (map) {
            string_write(b, c->name, true);
            buf_byte(b, ':');
        }
        json_write_tree(b, c);
    }
    buf_byte(b, map ? '}' : ']');
}

void json_write_tree(struct buf *b, const struct tree *t) {
    switch (t->kind) {
    case TREE_NONE: buf_add(b, S("null")); return;
    case TREE_BOOL: buf_add(b, t->truth ? S("true") : S("false")); return;
    case TREE_NUMBER: buf_add(b, t->text); return;
    case TREE_TEXT:
    case TREE_HTML: string_write(b, t->text, false); return;
    case TREE_LIST:
    case TREE_MAP: children_write(b, t); return;
    }
}

str json_write(struct arena *mem, const struct tree *t) {
    struct buf b = buf_new(mem, LIMIT_SHOP_ARENA / 4);
    json_write_tree(&b, t);
    assert(!b.full);
    return buf_str(&b);
}

void json_write_text(struct buf *b, str text) {
    string_write(b, text, false);
}
