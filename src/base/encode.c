#include "base/encode.h"

#include "base/arena.h"

static const char hex_digits[] = "0123456789abcdef";
static const char base32_digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static unsigned byte_at(str s, size_t at) {
    return (unsigned char)s.ptr[at];
}

static int digit_value(const char *digits, char c) {
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

static int hex_value(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 32; /* small letters */
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

str hex_write(struct arena *mem, str bytes) {
    char *out = arena_bytes(mem, bytes.len * 2 + 1);
    for (size_t i = 0; i < bytes.len; i++) {
        out[2 * i] = hex_digits[byte_at(bytes, i) >> 4];
        out[2 * i + 1] = hex_digits[byte_at(bytes, i) & 15];
    }
    return (str){out, bytes.len * 2};
}

bool hex_read(struct arena *mem, str text, str *out) {
    if (text.len % 2)
        return false;
    char *bytes = arena_take(mem, text.len / 2 + 1);
    for (size_t i = 0; i < text.len; i += 2) {
        int high = hex_value(text.ptr[i]), low = hex_value(text.ptr[i + 1]);
        if (high < 0 || low < 0)
            return false;
        bytes[i / 2] = (char)(high << 4 | low);
    }
    *out = (str){bytes, text.len / 2};
    return true;
}

str base32_write(struct arena *mem, str bytes) {
    char *out = arena_take(mem, bytes.len * 8 / 5 + 2);
    size_t len = 0;
    unsigned bits = 0, have = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        bits = (bits << 8 | byte_at(bytes, i)) & 0xffff;
        for (have += 8; have >= 5; have -= 5)
            out[len++] = base32_digits[bits >> (have - 5) & 31];
    }
    if (have)
        out[len++] = base32_digits[bits << (5 - have) & 31];
    return (str){out, len};
}

str base32_number(struct arena *mem, uint64_t number, size_t digits) {
    char *out = arena_take(mem, digits + 1);
    for (size_t i = digits; i-- > 0; number >>= 5)
        out[i] = base32_digits[number & 31];
    return (str){out, digits};
}

bool base32_number_read(str text, uint64_t *out) {
    uint64_t number = 0;
    if (!text.len || text.len > 12)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        int value = digit_value(base32_digits, text.ptr[i]);
        if (value < 0)
            return false;
        number = number << 5 | (uint64_t)value;
    }
    *out = number;
    return true;
}

str base64_write(struct arena *mem, str bytes) {
    char *out = arena_take(mem, (bytes.len + 2) / 3 * 4 + 1);
    size_t len = 0;
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t left = bytes.len - i;
        unsigned b = byte_at(bytes, i) << 16 | (left > 1 ? byte_at(bytes, i + 1) << 8 : 0)
                     | (left > 2 ? byte_at(bytes, i + 2) : 0);
        out[len++] = base64_digits[b >> 18];
        out[len++] = base64_digits[b >> 12 & 63];
        out[len++] = left > 1 ? base64_digits[b >> 6 & 63] : '=';
        out[len++] = left > 2 ? base64_digits[b & 63] : '=';
    }
    return (str){out, len};
}

bool base64_read(struct arena *mem, str text, str *out) {
    size_t pad = str_ends(text, S("==")) ? 2 : str_ends(text, S("="));
    if (text.len % 4)
        return false;
    char *bytes = arena_take(mem, text.len / 4 * 3 + 1);
    size_t len = 0;
    unsigned bits = 0, have = 0;
    for (size_t i = 0; i < text.len - pad; i++) {
        int value = digit_value(base64_digits, text.ptr[i]);
        if (value < 0)
            return false;
        bits = (bits << 6 | (unsigned)value) & 0xffff;
        have += 6;
        if (have >= 8)
            bytes[len++] = (char)(bits >> (have -= 8) & 255);
    }
    if (bits & ((1u << have) - 1))
        return false;
    *out = (str){bytes, len};
    return true;
}

/* RFC 3986 2.3: letters, digits and -._~ as bits. */
static bool is_unreserved(char c) {
    static const uint64_t set[4] = {0x03ff600000000000, 0x47fffffe87fffffe, 0, 0};
    return set[(unsigned char)c >> 6] >> (c & 63) & 1;
}

static size_t percent_put(char *out, str text) {
    static const char digits[] = "0123456789ABCDEF";
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (is_unreserved(text.ptr[i])) {
            out[len++] = text.ptr[i];
            continue;
        }
        out[len++] = '%';
        out[len++] = digits[byte_at(text, i) >> 4];
        out[len++] = digits[byte_at(text, i) & 15];
    }
    return len;
}

str percent_write(struct arena *mem, str text) {
    char *out = arena_bytes(mem, text.len * 3 + 1);
    return (str){out, percent_put(out, text)};
}

void percent_add(struct buf *b, str text) {
    if (text.len && buf_room(b, text.len * 3))
        b->len += percent_put(b->ptr + b->len, text);
}

bool percent_read(struct arena *mem, str text, bool plus, str *out) {
    bool as_it_is = str_find_byte(text, '%') == text.len;
    if (as_it_is && (!plus || str_find_byte(text, '+') == text.len)) {
        *out = text;
        return true;
    }
    char *bytes = arena_bytes(mem, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '%') {
            int high = i + 2 < text.len ? hex_value(text.ptr[i + 1]) : -1;
            int low = i + 2 < text.len ? hex_value(text.ptr[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+' && plus) {
            c = ' ';
        }
        bytes[len++] = c;
    }
    *out = (str){bytes, len};
    return true;
}

/* Length of the valid character at the start; 0 when there is none. */
static size_t utf8_one(str s) {
    unsigned b = byte_at(s, 0);
    if (b < 0x80)
        return 1;
    size_t len = b >= 0xc2 && b <= 0xdf   ? 2
                 : (b & 0xf0) == 0xe0     ? 3
                 : b >= 0xf0 && b <= 0xf4 ? 4
                                          : 0;
    if (!len || s.len < len)
        return 0;
    unsigned second = byte_at(s, 1);
    if ((b == 0xe0 && second < 0xa0) || (b == 0xed && second > 0x9f) || (b == 0xf0 && second < 0x90)
        || (b == 0xf4 && second > 0x8f))
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((byte_at(s, i) & 0xc0) != 0x80)
            return 0;
    return len;
}

/* Whole words of ASCII first: most text is. */
static size_t ascii_words(str text, size_t at) {
    uint64_t word;
    for (; at + sizeof(word) <= text.len; at += sizeof(word)) {
        memcpy(&word, text.ptr + at, sizeof(word));
        if (word & 0x8080808080808080)
            break;
    }
    return at;
}

size_t utf8_valid(str text) {
    size_t at = 0;
    while ((at = ascii_words(text, at)) < text.len) {
        size_t one = byte_at(text, at) < 0x80 ? 1 : utf8_one(str_from(text, at));
        if (!one)
            break;
        at += one;
    }
    return at;
}

bool utf8_is(str text) {
    return utf8_valid(text) == text.len;
}

size_t utf8_length(str text) {
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += (byte_at(text, i) & 0xc0) != 0x80;
    return count;
}

str utf8_prefix(str text, size_t size) {
    if (text.len <= size)
        return text;
    while (size && (byte_at(text, size) & 0xc0) == 0x80)
        size--;
    return str_part(text, 0, size);
}

/* Has one of eight bytes a control character? Each byte by itself, its high bit says so. */
static bool word_has_control(const char *at) {
    const uint64_t ones = 0x0101010101010101;
    uint64_t w;
    memcpy(&w, at, sizeof(w));
    uint64_t del = w ^ ones * 0x7f;
    return (((w - ones * 0x20) & ~w) | ((del - ones) & ~del)) & ones * 0x80;
}

bool control_has(str text, str but) {
    for (size_t at = 0; at < text.len;) {
        if (at + 8 <= text.len && !word_has_control(text.ptr + at)) {
            at += 8;
            continue;
        }
        bool control = byte_at(text, at) < 0x20 || byte_at(text, at) == 0x7f;
        if (control && str_find_byte(but, text.ptr[at]) == but.len)
            return true;
        at++;
    }
    return false;
}

bool ascii_is(str text) {
    size_t at = ascii_words(text, 0);
    while (at < text.len && byte_at(text, at) < 0x80)
        at++;
    return at >= text.len;
}

bool visible_is(str text) {
    return !control_has(text, S("")) && ascii_is(text);
}

/* What no shell gives a meaning. */
static bool is_typed_bare(str word) {
    static const str others = S_INIT("._/+-=@%:,");
    for (size_t i = 0; i < word.len; i++) {
        char c = word.ptr[i];
        bool fine = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                    || (c & 0x80) || str_find_byte(others, c) < others.len;
        if (!fine)
            return false;
    }
    return word.len > 0;
}

str shell_quoted(struct arena *mem, str word) {
    str out = S("'"), rest = word;
    for (size_t at = str_find_byte(rest, '\''); at < rest.len; at = str_find_byte(rest, '\'')) {
        out = JOIN(mem, out, str_part(rest, 0, at), S("'\\''"));
        rest = str_from(rest, at + 1);
    }
    return JOIN(mem, out, rest, S("'"));
}

str shell_word(struct arena *mem, str word) {
    return is_typed_bare(word) ? word : shell_quoted(mem, word);
}

str text_lines(struct arena *mem, str text) {
    str rest = str_starts(text, S("\xef\xbb\xbf")) ? str_from(text, 3) : text;
    if (str_find(rest, S("\r\n")) == rest.len)
        return rest;
    char *out = arena_bytes(mem, rest.len);
    size_t len = 0;
    for (size_t i = 0; i < rest.len; i++)
        if (rest.ptr[i] != '\r' || i + 1 == rest.len || rest.ptr[i + 1] != '\n')
            out[len++] = rest.ptr[i];
    return (str){out, len};
}
