#include "page/escape.h"

static bool is_unreserved(unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-'
           || c == '.' || c == '_' || c == '~';
}

/* What an address may not hold as it is; the rest is left to its author. */
static bool is_address(unsigned char c) {
    return c > ' ' && c != 0x7f && c != '"' && c != '\'' && c != '<' && c != '>' && c != '`'
           && c != '\\' && c != '&';
}

static bool is_plain(enum escape how, unsigned char c) {
    switch (how) {
    case ESCAPE_LINE: return c >= ' ' && c != 0x7f;
    case ESCAPE_TEXT: return c != '&' && c != '<' && c != '>' && c != 0;
    case ESCAPE_ATTRIBUTE: return c != '&' && c != '<' && c != '>' && c != '"' && c != 0;
    case ESCAPE_URL: return is_address(c);
    case ESCAPE_URL_PART: return is_unreserved(c);
    case ESCAPE_NONE:
    case ESCAPES:
    default: return true;
    }
}

static void add_percent(struct buf *b, unsigned char c) {
    static const char digits[] = "0123456789ABCDEF";
    const char text[] = {'%', digits[c >> 4], digits[c & 15]};
    buf_add(b, (str){text, sizeof(text)});
}

static void add_entity(struct buf *b, unsigned char c) {
    switch (c) {
    case '&': buf_add(b, S("&amp;")); return;
    case '<': buf_add(b, S("&lt;")); return;
    case '>': buf_add(b, S("&gt;")); return;
    case '"': buf_add(b, S("&quot;")); return;
    default: buf_add(b, S("\xef\xbf\xbd")); return;
    }
}

static void add_byte(struct buf *b, enum escape how, unsigned char c) {
    if (how == ESCAPE_LINE)
        buf_byte(b, ' ');
    else if (how == ESCAPE_URL_PART || (how == ESCAPE_URL && c != '&'))
        add_percent(b, c);
    else
        add_entity(b, c);
}

void escape_add(struct buf *b, enum escape how, str text) {
    size_t from = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (is_plain(how, c))
            continue;
        buf_add(b, str_part(text, from, i - from));
        add_byte(b, how, c);
        from = i + 1;
    }
    buf_add(b, str_from(text, from));
}

bool escape_address_is(str address) {
    static const str schemes[] = {S_INIT("http"), S_INIT("https"), S_INIT("mailto")};
    size_t end = 0;
    while (end < address.len && address.ptr[end] != ':' && address.ptr[end] != '/'
           && address.ptr[end] != '?' && address.ptr[end] != '#')
        end++;
    if (end == address.len || address.ptr[end] != ':')
        return true;
    for (size_t i = 0; i < COUNT(schemes); i++)
        if (str_is_like(str_part(address, 0, end), schemes[i]))
            return true;
    return false;
}
