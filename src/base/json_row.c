#include "base/json_row.h"

#include "base/encode.h"

/* Strict by itself, but for duplicate names and numbers out of a double's range; test_json holds it
 * and jansson against each other. What is broken is remembered: from then on nothing more comes. */

static bool broken(struct json_row *r) {
    r->broken = true;
    r->text.len = r->at = r->at < r->text.len ? r->at : r->text.len;
    return false;
}

static char peek(const struct json_row *r) {
    return r->at < r->text.len ? r->text.ptr[r->at] : 0;
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void blanks_skip(struct json_row *r) {
    for (; is_blank(peek(r)); r->at++)
        if (r->text.ptr[r->at] == '\n') {
            r->line++;
            r->line_at = r->at + 1;
        }
}

/* Rows of our own have none. */
static inline void blanks(struct json_row *r) {
    if (is_blank(peek(r)))
        blanks_skip(r);
}

static int column(const struct json_row *r) {
    return (int)(r->at - r->line_at) + 1;
}

static bool take(struct json_row *r, char c) {
    if (peek(r) != c)
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

static bool hex4(const struct json_row *r, size_t at, unsigned *out) {
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

static bool escape_u(struct json_row *r, char *out, size_t *len) {
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

static bool escape(struct json_row *r, char *out, size_t *len) {
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    char c = peek(r);
    r->at++;
    if (c == 'u')
        return escape_u(r, out, len);
    for (size_t i = 0; i < sizeof(from) - 1; i++)
        if (from[i] == c) {
            out[(*len)++] = to[i];
            return true;
        }
    return false;
}

/* The offset of the quote that ends the string, or of what may not stand in one. */
static size_t string_end(const struct json_row *r) {
    size_t end = r->at + json_plain(str_from(r->text, r->at));
    while (
        end < r->text.len && r->text.ptr[end] != '"' && (unsigned char)r->text.ptr[end] >= 0x20) {
        end += r->text.ptr[end] == '\\' ? 2 : 1;
        end += json_plain(str_from(r->text, end));
    }
    return end;
}

/* Up to the next escape. Short runs, as there are in JSON inside JSON, are most of them plain. */
static size_t run_len(str rest) {
    size_t plain = json_plain(rest);
    if (plain < rest.len && rest.ptr[plain] != '\\')
        plain += str_find_byte(str_from(rest, plain), '\\');
    return plain;
}

static bool string_unescape(struct json_row *r, size_t end, str *out) {
    char *bytes = arena_bytes(r->mem, end - r->at + 1);
    size_t len = 0;
    while (r->at < end) {
        str run = {r->text.ptr + r->at, end - r->at};
        run.len = run_len(run);
        memcpy(bytes + len, run.ptr, run.len);
        len += run.len;
        r->at += run.len;
        if (r->at++ < end && !escape(r, bytes, &len))
            return broken(r);
    }
    bytes[len] = 0;
    r->at = end + 1;
    *out = (str){bytes, len};
    return true;
}

static bool string_read(struct json_row *r, str *out) {
    if (json_row_plain(r, out))
        return true;
    size_t start = ++r->at;
    size_t end = string_end(r);
    if (end >= r->text.len || r->text.ptr[end] != '"')
        return broken(r);
    str raw = {r->text.ptr + start, end - start};
    if (!utf8_is(raw))
        return broken(r);
    if (memchr(raw.ptr, '\\', raw.len))
        return string_unescape(r, end, out);
    *out = raw;
    r->at = end + 1;
    return true;
}

/* ---- numbers and words ---- */

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

static bool is_end(char c) {
    return is_blank(c) || c == ',' || c == ']' || c == '}';
}

static str word(struct json_row *r) {
    size_t start = r->at;
    while (r->at < r->text.len && !is_end(r->text.ptr[r->at]))
        r->at++;
    return str_part(r->text, start, r->at - start);
}

/* ---- one thing after the other ---- */

struct json_row json_row_new(struct arena *mem, str text) {
    return (struct json_row){.mem = mem, .text = text, .line = 1};
}

bool json_row_end(struct json_row *r) {
    blanks(r);
    return !r->broken && (r->at == r->text.len || broken(r));
}

char json_row_blanks(struct json_row *r) {
    blanks_skip(r);
    return peek(r);
}

bool json_row_opened(struct json_row *r, char begin) {
    if (!take(r, begin) || ++r->depth > LIMIT_JSON_DEPTH)
        return broken(r);
    r->first = true;
    return true;
}

/* At its first entry, its end, or a comma behind a blank. */
bool json_row_begun(struct json_row *r, char end) {
    bool first = r->first;
    r->first = false;
    if (take(r, end)) {
        r->depth--;
        return false;
    }
    return first ? !r->broken : take(r, ',') || broken(r);
}

bool json_row_name(struct json_row *r, str *out) {
    blanks(r);
    if (peek(r) != '"')
        return broken(r);
    return string_read(r, out) && (take(r, ':') || broken(r));
}

bool json_row_int(struct json_row *r, int64_t *out) {
    enum { DIGITS = 18 }; /* cannot overflow */
    str rest = str_from(r->text, r->at);
    const char *behind = json_plain_int(rest.ptr, rest.ptr + rest.len, out);
    if (behind) {
        r->at = (size_t)(behind - r->text.ptr);
        return true;
    }
    bool minus = peek(r) == '-';
    size_t from = r->at + minus, at = from, end = r->text.len;
    int64_t number = 0;
    if (end - from > DIGITS)
        end = from + DIGITS;
    for (; at < end && r->text.ptr[at] >= '0' && r->text.ptr[at] <= '9'; at++)
        number = number * 10 + (r->text.ptr[at] - '0');
    bool zero = at > from && r->text.ptr[from] == '0' && at - from > 1;
    if (at == from || zero || at >= r->text.len || !is_end(r->text.ptr[at]))
        return false;
    r->at = at;
    *out = minus ? -number : number;
    return true;
}

bool json_row_text(struct json_row *r, str *out) {
    blanks(r);
    return peek(r) == '"' && string_read(r, out);
}

bool json_row_word(struct json_row *r, str *out) {
    blanks(r);
    str w = word(r);
    bool fine = str_is(w, S("true")) || str_is(w, S("false")) || str_is(w, S("null"));
    if (!fine && !is_number(w))
        return broken(r);
    *out = w;
    return true;
}

/* ---- trees ---- */

static void children_read(struct json_row *r, struct tree *t, char begin, char end) {
    if (!json_row_open(r, begin))
        return;
    while (json_row_more(r, end)) {
        str name = {0};
        blanks(r);
        int line = r->line, col = column(r);
        if (begin == '{' && !json_row_name(r, &name))
            return;
        struct tree *child = json_row_tree(r);
        child->name = name;
        child->name_line = line;
        child->name_col = col;
        tree_add(t, child);
    }
}

static struct tree *word_tree(struct json_row *r) {
    str text = {0};
    if (!json_row_word(r, &text) || str_is(text, S("null")))
        return tree_none(r->mem);
    bool truth = str_is(text, S("true"));
    if (truth || str_is(text, S("false")))
        return tree_bool(r->mem, truth);
    return tree_number(r->mem, text);
}

struct tree *json_row_tree(struct json_row *r) {
    str text = {0};
    char kind = json_row_kind(r);
    int line = r->line, col = column(r);
    struct tree *t;
    switch (kind) {
    case '{':
        t = tree_map(r->mem);
        children_read(r, t, '{', '}');
        break;
    case '[':
        t = tree_list(r->mem);
        children_read(r, t, '[', ']');
        break;
    case '"': t = string_read(r, &text) ? tree_text(r->mem, text) : tree_none(r->mem); break;
    default: t = word_tree(r);
    }
    t->line = line;
    t->col = col;
    return t;
}

/* Into each list and map, out of it at its end, on to the next value; a bit says which it is. */
str json_row_skip(struct json_row *r) {
    _Static_assert(LIMIT_JSON_DEPTH < 64, "a bit for each");
    str text = {0};
    uint64_t maps = 0;
    int depth = 0;
    char begin = json_row_kind(r);
    size_t start = r->at;
    int64_t number;
    const char *behind = NULL;
    if (begin == '{' || begin == '[')
        behind = json_plain_nest(r->text.ptr + start, r->text.ptr + r->text.len);
    if (behind)
        r->at = (size_t)(behind - r->text.ptr);
    if (behind || json_row_plain(r, &text) || json_row_int(r, &number))
        return str_part(r->text, start, r->at - start);
    do {
        char kind = json_row_kind(r);
        if (kind == '{' || kind == '[') {
            if (!json_row_open(r, kind))
                break;
            maps = maps << 1 | (kind == '{');
            depth++;
        } else if (kind != '"') {
            json_row_word(r, &text);
        } else if (!json_row_plain(r, &text)) {
            string_read(r, &text);
        }
        for (; depth && !json_row_more(r, maps & 1 ? '}' : ']'); depth--)
            maps >>= 1;
        if (depth && maps & 1 && !(json_row_plain(r, &text) && take(r, ':')))
            json_row_name(r, &text);
    } while (depth && !r->broken);
    return str_part(r->text, start, r->at - start);
}

static err why_broken(const struct json_row *r) {
    if (r->depth > LIMIT_JSON_DEPTH)
        return err_make(ERR_INVALID, S("the JSON is nested too deeply"));
    return err_make(ERR_INVALID, JOIN(r->mem, S("line "), str_int(r->mem, r->line), S(", column "),
                                     str_int(r->mem, column(r)), S(": this is not JSON")));
}

err json_read_row(struct arena *mem, str text, const struct tree **out) {
    struct json_row r = json_row_new(mem, text);
    struct tree *t = json_row_tree(&r);
    if (!json_row_end(&r))
        return why_broken(&r);
    *out = t;
    return OK_ERR;
}
