/* json_row: rows of our own, read one thing after the other.
 *
 * As strict as JSON is, but for duplicate names and numbers out of a double's range: what
 * json_write or a record has written reads, strangers' bytes go through json_read first. Nothing is
 * built that is not asked for. A mistake is remembered in `broken`; from then on nothing more
 * comes, so the reader asks once, at the end (json_row_end). Texts without escapes are the bytes of
 * the row itself: they live as long as those.
 */
#ifndef BASE_JSON_ROW_H
#define BASE_JSON_ROW_H

#include "base/err.h"
#include "base/json_plain.h"
#include "base/limits.h"
#include "base/tree.h"

struct json_row {
    struct arena *mem;
    str text;
    size_t at, line_at; /* line_at: where the line begins */
    int line, depth;
    bool first; /* of a list or map: nothing of it read yet */
    bool broken;
};

struct json_row json_row_new(struct arena *mem, str text);
/* True when all was read, and nothing was broken. */
bool json_row_end(struct json_row *r);
char json_row_blanks(struct json_row *r);
/* The first byte of the next value: `{` `[` `"` or that of a word; 0 at the end. Rows of our own
 * have no blanks. */
static inline char json_row_kind(struct json_row *r) {
    char c = r->at < r->text.len ? r->text.ptr[r->at] : 0;
    return c > ' ' ? c : json_row_blanks(r);
}

/* Through a map or list: open with its first byte, then more() before each entry, name() of one. */
bool json_row_opened(struct json_row *r, char begin);
static inline bool json_row_open(struct json_row *r, char begin) {
    bool plain = r->at < r->text.len && r->text.ptr[r->at] == begin;
    if (!plain || r->depth >= LIMIT_JSON_DEPTH)
        return json_row_opened(r, begin);
    r->at++;
    r->depth++;
    r->first = true;
    return true;
}
bool json_row_begun(struct json_row *r, char end);
static inline bool json_row_more(struct json_row *r, char end) {
    char c = r->at < r->text.len ? r->text.ptr[r->at] : 0;
    if (c <= ' ' || (c != end && c != ',' && !r->first))
        return json_row_begun(r, end);
    r->at += c == end || !r->first;
    r->depth -= c == end;
    r->first = false;
    return c != end;
}
bool json_row_name(struct json_row *r, str *out);
/* False, and nothing read, when the next value is no text. */
bool json_row_text(struct json_row *r, str *out);
/* The same, but false also for what has an escape or more than ASCII in it, or a blank before it.
 * Most texts are plain: then they are the bytes of the row itself. */
static inline bool json_row_plain(struct json_row *r, str *out) {
    str rest = {r->text.ptr + r->at, r->text.len - r->at};
    const char *behind = json_plain_text(rest.ptr, rest.ptr + rest.len, out);
    if (behind) {
        r->at = (size_t)(behind - r->text.ptr);
        return true;
    }
    if (rest.len < 2 || rest.ptr[0] != '"')
        return false;
    size_t len = json_plain((str){rest.ptr + 1, rest.len - 1});
    if (len + 1 >= rest.len || rest.ptr[len + 1] != '"')
        return false;
    *out = (str){rest.ptr + 1, len};
    r->at += len + 2;
    return true;
}
/* A whole number of at most 18 digits, with no blank before it; else nothing is read. */
bool json_row_int(struct json_row *r, int64_t *out);
/* A number, true, false or null, as it stands. */
bool json_row_word(struct json_row *r, str *out);
/* Any value; never null. */
struct tree *json_row_tree(struct json_row *r);
/* Any value, as it stands in the row, and nothing is built. */
str json_row_skip(struct json_row *r);

/* A whole row: about ten times faster than json_read. ERR_INVALID with line and column. */
MUST err json_read_row(struct arena *mem, str text, const struct tree **out);

#endif
