#include "base/mask.h"

#include "base/buf.h"
#include "base/limits.h"

#include <string.h>

enum { SECRET_LEAST = MASK_WORDS, KEY_LEAST = 24 };

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
static bool is_hex(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
/* Of a piece: what an e-mail address, a key or a network address is made of. */
static bool is_inside(char c) {
    return is_letter(c) || is_digit(c) || (unsigned char)c >= 0x80
           || (c && strchr(".!#$%&'*+-_~@=", c));
}

static size_t piece_at(str words, size_t at) {
    size_t end = at;
    while (end < words.len && is_inside(words.ptr[end]))
        end++;
    return end - at;
}

static bool is_mail(str piece) {
    size_t at = str_find_byte(piece, '@');
    return at > 0 && at + 1 < piece.len;
}

/* a.b.c.d, four numbers. */
static bool is_address_4(str piece) {
    size_t dots = 0, digits = 0;
    str p = str_ends(piece, S(".")) ? str_part(piece, 0, piece.len - 1) : piece;
    for (size_t i = 0; i < p.len; i++) {
        if (p.ptr[i] == '.' && !digits)
            return false;
        if (p.ptr[i] != '.' && !is_digit(p.ptr[i]))
            return false;
        dots += p.ptr[i] == '.';
        digits = p.ptr[i] == '.' ? 0 : digits + 1;
    }
    return dots == 3 && digits > 0;
}

/* Hex groups with two colons or more, as only IPv6 has them (a time has no "::" and digits only in
 * pairs: 10:20:30 stays). */
static size_t address_6_at(str words, size_t at) {
    size_t end = at, colons = 0;
    bool twice = false;
    while (end < words.len && (is_hex(words.ptr[end]) || words.ptr[end] == ':')) {
        twice = twice || (end > at && words.ptr[end] == ':' && words.ptr[end - 1] == ':');
        colons += words.ptr[end] == ':';
        end++;
    }
    return (twice && colons >= 2) || colons >= 4 ? end - at : 0;
}

/* Letters and digits, both, and long: keys, tokens, digests. */
static bool is_key(str piece) {
    bool digit = false;
    if (piece.len < KEY_LEAST)
        return false;
    for (size_t i = 0; i < piece.len; i++)
        digit = digit || is_digit(piece.ptr[i]);
    return digit;
}

/* The longest: one secret may begin as another does. */
static size_t secret_at(str words, size_t at, const struct mask_word *hidden) {
    str rest = str_from(words, at);
    size_t size = 0;
    for (const struct mask_word *w = hidden; w; w = w->next)
        if (w->word.len >= SECRET_LEAST && w->word.len > size && str_starts(rest, w->word))
            size = w->word.len;
    return size;
}

struct found {
    size_t size; /* of the words that go; 0: none */
    str instead;
};

/* Of what begins at a piece's start. */
static struct found look(str words, size_t at) {
    size_t size = piece_at(words, at), long_address = address_6_at(words, at);
    str piece = str_part(words, at, size);
    if (long_address > size || (long_address && long_address == size))
        return (struct found){long_address, S("<address>")};
    if (is_mail(piece))
        return (struct found){size, S("<e-mail>")};
    if (is_address_4(piece))
        return (struct found){size, S("<address>")};
    if (is_key(piece))
        return (struct found){size, S("<key>")};
    return (struct found){0, S("")};
}

static size_t query_at(str words, size_t at) {
    size_t end = at;
    if (words.ptr[at] != '?' || at + 1 == words.len || !is_inside(words.ptr[at + 1]))
        return 0;
    while (end < words.len && words.ptr[end] != ' ' && words.ptr[end] != '"')
        end++;
    return end - at;
}

static size_t put(char *out, size_t room, size_t len, str bytes) {
    size_t fits = bytes.len < room - len ? bytes.len : room - len;
    memcpy(out + len, bytes.ptr, fits);
    return len + fits;
}

size_t mask_write(char *out, size_t room, str words, const struct mask_word *hidden) {
    size_t len = 0, plain = 0;
    for (size_t at = 0; at < words.len && len < room;) {
        struct found f = {secret_at(words, at, hidden), S("<secret>")};
        if (!f.size && at >= plain) {
            f = look(words, at);
            plain = f.size ? at : at + piece_at(words, at);
        }
        if (!f.size)
            f = (struct found){query_at(words, at), S("?<query>")};
        len = put(out, room, len, f.size ? f.instead : str_part(words, at, 1));
        at += f.size ? f.size : 1;
    }
    return len;
}

/* ---- for the owner ---- */

static const struct tree *longest_at(str words, const struct tree *secrets, size_t least) {
    const struct tree *found = NULL;
    for (const struct tree *s = secrets ? secrets->first : NULL; s; s = s->next)
        if (s->text.len >= least && (!found || s->text.len > found->text.len)
            && str_starts(words, s->text))
            found = s;
    return found;
}

static bool has_any(str words, const struct tree *secrets, size_t least) {
    for (const struct tree *s = secrets ? secrets->first : NULL; s; s = s->next)
        if (s->text.len >= least && str_find(words, s->text) < words.len)
            return true;
    return false;
}

str mask_names(struct arena *mem, str words, const struct tree *secrets, size_t least) {
    if (!has_any(words, secrets, least))
        return words;
    struct buf b = buf_new(mem, LIMIT_ANSWER);
    while (words.len) {
        const struct tree *s = longest_at(words, secrets, least);
        buf_add(&b, s ? JOIN(mem, S("${"), s->name, S("}")) : str_part(words, 0, 1));
        words = str_from(words, s ? s->text.len : 1);
    }
    return buf_str(&b);
}
