#include "base/fields.h"

#include "base/encode.h"

#include <string.h>

static bool is_plain(unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-'
           || c == '_' || c == '.' || c == '/' || c == ':' || c == '+' || c == '*' || c == '@'
           || c == '<' || c == '>' || c == ',';
}

static bool needs_quotes(str value) {
    for (size_t i = 0; i < value.len; i++)
        if (!is_plain((unsigned char)value.ptr[i]))
            return true;
    return false;
}

static bool add(struct fields *f, const char *bytes, size_t size) {
    if (size > FIELDS_ROOM - f->len)
        return false;
    memcpy(f->text + f->len, bytes, size);
    f->len += size;
    return true;
}

/* Bytes that are not UTF-8 and control characters as \xHH: the line is always text. */
static bool add_quoted(struct fields *f, str value) {
    static const char digits[] = "0123456789abcdef";
    size_t text = utf8_valid(value);
    bool fine = add(f, "\"", 1);
    for (size_t i = 0; i < value.len && fine; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        char hex[4] = {'\\', 'x', digits[c >> 4], digits[c & 15]};
        char escaped[2] = {'\\', (char)c};
        if (c < ' ' || c == 0x7f || i >= text)
            fine = add(f, hex, 4);
        else if (c == '"' || c == '\\')
            fine = add(f, escaped, 2);
        else
            fine = add(f, value.ptr + i, 1);
    }
    return fine && add(f, "\"", 1);
}

void fields_text(struct fields *f, str name, str value) {
    size_t before = f->len;
    if (!value.len)
        return;
    bool fine = (!before || add(f, " ", 1)) && add(f, name.ptr, name.len) && add(f, "=", 1);
    if (fine)
        fine = needs_quotes(value) ? add_quoted(f, value) : add(f, value.ptr, value.len);
    if (!fine)
        f->len = before;
}

void fields_int(struct fields *f, str name, int64_t number) {
    char digits[24];
    size_t at = sizeof(digits);
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do
        digits[--at] = (char)('0' + rest % 10);
    while (rest /= 10);
    if (number < 0)
        digits[--at] = '-';
    fields_text(f, name, (str){digits + at, sizeof(digits) - at});
}

str fields_str(const struct fields *f) {
    return (str){f->text, f->len};
}
