#include "page/escape.h"

/* What may stand as it is, a bit for each byte. An address: all but blanks, control characters and
 * " ' < > ` \ &; the rest of it is left to its author. A part of one: letters, digits and -._~ */
static const uint64_t plain[ESCAPES][4] = {
    [ESCAPE_LINE] = {0xffffffff00000000, 0x7fffffffffffffff, UINT64_MAX, UINT64_MAX},
    [ESCAPE_TEXT] = {0xafffffbffffffffe, UINT64_MAX, UINT64_MAX, UINT64_MAX},
    [ESCAPE_ATTRIBUTE] = {0xafffffbbfffffffe, UINT64_MAX, UINT64_MAX, UINT64_MAX},
    [ESCAPE_URL] = {0xafffff3a00000000, 0x7ffffffeefffffff, UINT64_MAX, UINT64_MAX},
    [ESCAPE_URL_PART] = {0x03ff600000000000, 0x47fffffe87fffffe, 0, 0},
};

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
    const uint64_t *set = plain[how];
    for (size_t i = 0; i < text.len && how != ESCAPE_NONE; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (set[c >> 6] >> (c & 63) & 1)
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
