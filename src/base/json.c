#include "base/json.h"

#include "base/buf.h"
#include "base/encode.h"
#include "base/limits.h"

#include <assert.h>
#include <jansson.h>

/* jansson judges: it is strict, fuzzed, and refuses duplicate keys and bad UTF-8. What it accepted
 * is then read once more into the tree, which keeps the text of numbers (jansson would make
 * doubles) and the places. The second reader is strict by itself, but
 * for duplicate names and numbers out of a double's range, so it reads our own rows alone: jansson
 * takes nine tenths of the time. test_json holds the two against each other. */
struct reader {
    struct arena *mem;
    str text;
    size_t at;
    int line;
    size_t line_at; /* where the line begins */
    int depth;
};

static err broken(const struct reader *r) {
    return err_make(ERR_INVALID,
        JOIN(r->mem, S("line "), str_int(r->mem, r->line), S(", column "),
            str_int(r->mem, (int64_t)(r->at - r->line_at) + 1), S(": this is not JSON")));
}

static char peek(const struct reader *r) {
    return r->at < r->text.len ? r->text.ptr[r->at] : 0;
}

static void blanks(struct reader *r) {
    for (; r->at < r->text.len; r->at++) {
        char c = r->text.ptr[r->at];
        if (c == '\n') {
            r->line++;
            r->line_at = r->at + 1;
        } else if (c != ' ' && c != '\t' && c != '\r') {
            return;
        }
    }
}

static bool take(struct reader *r, char c) {
    blanks(r);
    if (peek(r) != c)
        return false;
    r->at++;
    return true;
}

/* ---- strings ---- */

static size_t utf8_put(char *out, unsigned code) {
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    size_t len = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = len; i-- > 1; code >>= 6)
        out[i] = (char)(0x80 | (code & 0x3f));
    out[0] = (char)(lead[len] | code);
    return len;
}

static bool hex4(const struct reader *r, size_t at, unsigned *out) {
    *out = 0;
    for (size_t i = at; i < at + 4; i++) {
        char c = i < r->text.len ? r->text.ptr[i] : 0;
        unsigned digit = c >= '0' && c <= '9'                 ? (unsigned)(c - '0')
                         : (c | 32) >= 'a' && (c | 32) <= 'f' ? (unsigned)((c | 32) - 'a' + 10)
                                                              : 16;
        if (digit > 15)
            return false;
        *out = *out << 4 | digit;
    }
    return true;
}

static bool escape_u(struct reader *r, char *out, size_t *len) {
    unsigned code, low;
    if (!hex4(r, r->at, &code))
        return false;
    r->at += 4;
    if (code >= 0xd800 && code < 0xdc00) {
        if (!str_starts(str_from(r->text, r->at), S("\\u")) || !hex4(r, r->at + 2, &low)
            || low < 0xdc00 || low > 0xdfff)
            return false;
        r->at += 6;
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    } else if (code >= 0xdc00 && code < 0xe000) {
        return false;
    }
    *len += utf8_put(out + *len, code);
    return true;
}

static bool escape(struct reader *r, char *out, size_t *len) {
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    char c = peek(r);
    r->at++;
    if (c == 'u')
        return escape_u(r, out, len);
    const char *found = c ? strchr(from, c) : NULL;
    if (!found)
        return false;
    out[(*len)++] = to[found - from];
    return true;
}

/* The offset of the quote that ends the string, or of what may not stand in one. */
static size_t string_end(const struct reader *r, bool *plain) {
    size_t end = r->at;
    *plain = true;
    while (
        end < r->text.len && r->text.ptr[end] != '"' && (unsigned char)r->text.ptr[end] >= 0x20) {
        bool escaped = r->text.ptr[end] == '\\';
        *plain = *plain && !escaped;
        end += escaped ? 2 : 1;
    }
    return end;
}

static err string_read(struct reader *r, str *out) {
    bool plain;
    size_t start = ++r->at, end = string_end(r, &plain), len = 0;
    if (end >= r->text.len || r->text.ptr[end] != '"')
        return broken(r);
    if (plain) {
        *out = str_part(r->text, start, end - start);
        r->at = end + 1;
        return OK_ERR;
    }
    char *bytes = arena_take(r->mem, end - start + 1);
    while (r->at < end) {
        char c = r->text.ptr[r->at++];
        if (c != '\\')
            bytes[len++] = c;
        else if (!escape(r, bytes, &len))
            return broken(r);
    }
    r->at = end + 1;
    *out = (str){bytes, len};
    return OK_ERR;
}

/* ---- values ---- */

static err value_read(struct reader *r, struct tree **out);

static err members_read(struct reader *r, struct tree *t, char end) {
    while (!take(r, end)) {
        str name = {0};
        struct tree *child = NULL;
        if (t->count && !take(r, ','))
            return broken(r);
        blanks(r);
        int line = r->line, col = (int)(r->at - r->line_at) + 1;
        if (end == '}') {
            if (peek(r) != '"')
                return broken(r);
            TRY(string_read(r, &name));
            if (!take(r, ':'))
                return broken(r);
        }
        TRY(value_read(r, &child));
        child->name = name;
        child->name_line = line;
        child->name_col = col;
        tree_add(t, child);
    }
    return OK_ERR;
}

static err nest_read(struct reader *r, struct tree *t, char end) {
    if (++r->depth > LIMIT_JSON_DEPTH)
        return err_make(ERR_INVALID, S("the JSON is nested too deeply"));
    r->at++;
    TRY(members_read(r, t, end));
    r->depth--;
    return OK_ERR;
}

static bool digits(str *s) {
    size_t n = 0;
    while (n < s->len && s->ptr[n] >= '0' && s->ptr[n] <= '9')
        n++;
    *s = str_from(*s, n);
    return n > 0;
}

/* -? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)? */
static bool is_number(str s) {
    s = str_from(s, str_starts(s, S("-")));
    bool zero = str_starts(s, S("0"));
    size_t before = s.len;
    if (!digits(&s) || (zero && before - s.len > 1))
        return false;
    if (str_starts(s, S("."))) {
        s = str_from(s, 1);
        if (!digits(&s))
            return false;
    }
    if (s.len && (s.ptr[0] | 32) == 'e') {
        s = str_from(s, 1);
        s = str_from(s, s.len && (s.ptr[0] == '+' || s.ptr[0] == '-'));
        if (!digits(&s))
            return false;
    }
    return !s.len;
}

static err word_read(struct reader *r, struct tree **out) {
    size_t start = r->at;
    while (r->at < r->text.len && !strchr(" \t\r\n,]}", r->text.ptr[r->at]))
        r->at++;
    str word = str_part(r->text, start, r->at - start);
    bool truth = str_is(word, S("true"));
    if (truth || str_is(word, S("false")))
        *out = tree_bool(r->mem, truth);
    else if (str_is(word, S("null")))
        *out = tree_none(r->mem);
    else if (is_number(word))
        *out = tree_number(r->mem, word);
    else
        return broken(r);
    return OK_ERR;
}

static err value_read(struct reader *r, struct tree **out) {
    blanks(r);
    int line = r->line, col = (int)(r->at - r->line_at) + 1;
    struct tree *t = NULL;
    str text = {0};
    switch (peek(r)) {
    case '{':
        t = tree_map(r->mem);
        TRY(nest_read(r, t, '}'));
        break;
    case '[':
        t = tree_list(r->mem);
        TRY(nest_read(r, t, ']'));
        break;
    case '"':
        TRY(string_read(r, &text));
        t = tree_text(r->mem, text);
        break;
    default: TRY(word_read(r, &t));
    }
    t->line = line;
    t->col = col;
    *out = t;
    return OK_ERR;
}

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

err json_read_row(struct arena *mem, str text, const struct tree **out) {
    struct reader r = {.mem = mem, .text = text, .line = 1};
    struct tree *t = NULL;
    if (!utf8_is(text))
        return err_make(ERR_INVALID, S("this is not UTF-8"));
    TRY(value_read(&r, &t));
    blanks(&r);
    if (r.at != text.len)
        return broken(&r);
    *out = t;
    return OK_ERR;
}

err json_read(struct arena *mem, str text, const struct tree **out) {
    TRY(judge(mem, text));
    return json_read_row(mem, text, out);
}

/* ---- writing ---- */

static const str unreadable = S_INIT("\xef\xbf\xbd"); /* U+FFFD */

static void escape_write(struct buf *b, unsigned char c, bool name) {
    static const char hex[] = "0123456789abcdef";
    const char code[] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
    if (c == '"' || c == '\\' || c == '\n')
        buf_add(b, (str){(const char[]){'\\', c == '\n' ? 'n' : (char)c}, 2});
    else if (!c && name)
        buf_add(b, unreadable);
    else
        buf_add(b, (str){code, sizeof(code)});
}

/* `s` is UTF-8. */
static void characters_write(struct buf *b, str s, bool name) {
    size_t from = 0;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        buf_add(b, str_part(s, from, i - from));
        escape_write(b, c, name);
        from = i + 1;
    }
    buf_add(b, str_from(s, from));
}

/* Bytes at the start that stand in a JSON string as they are: ASCII, no control, quote or
 * backslash. Eight at a time (the marks of a byte equal to x, or below x, are in its top bit). */
static size_t plain_run(str s) {
    const uint64_t ones = 0x0101010101010101, tops = ones << 7;
    size_t at = 0;
    for (uint64_t w; at + sizeof(w) <= s.len; at += sizeof(w)) {
        memcpy(&w, s.ptr + at, sizeof(w));
        uint64_t quote = w ^ ones * '"', slash = w ^ ones * '\\';
        if (((quote - ones) | (slash - ones) | (w - ones * 0x20) | w) & tops)
            break;
    }
    for (; at < s.len; at++) {
        unsigned char c = (unsigned char)s.ptr[at];
        if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\')
            break;
    }
    return at;
}

/* What is written here is always read back: bytes that are not UTF-8, and NUL in a name (which
 * jansson refuses), become U+FFFD. One stranger's byte must not make a kept row unreadable. */
static void string_write(struct buf *b, str s, bool name) {
    size_t plain = plain_run(s);
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

static void value_write(struct buf *b, const struct tree *t);

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
        value_write(b, c);
    }
    buf_byte(b, map ? '}' : ']');
}

static void value_write(struct buf *b, const struct tree *t) {
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
    value_write(&b, t);
    assert(!b.full);
    return buf_str(&b);
}

void json_write_text(struct buf *b, str text) {
    string_write(b, text, false);
}
