#include "partner/mail.h"

#include "base/buf.h"
#include "base/encode.h"

enum {
    ADDRESS_MAX = 254, /* RFC 5321 4.5.3.1.3 */
    LOCAL_MAX = 64,
    LINE_MAX_SIZE = 998, /* RFC 5322 2.1.1 */
    SHORT_LINE = 60,     /* a header value that needs no folding */
    WORD_BYTES = 45,     /* of text in one encoded word: 60 characters of base64 in at most 75 */
    SOFT_LINE = 76,      /* of quoted-printable */
    HEAD_MAX = 16 * 1024,
    HEAD_MOSTLY = 1024,
    TEXT_MAX = 1 << 20,
};

static err wrong(str what) {
    return err_make(ERR_INVALID, what);
}

/* Letters and digits, and what else; a bit for each byte below 0x80. */
struct letters {
    uint64_t bits[2];
};
#define LETTERS(low, high)                                          \
    {                                                               \
        { 0x03ff000000000000 | (low), 0x07fffffe07fffffe | (high) } \
    }
static const struct letters host_letters = LETTERS(UINT64_C(1) << '-', 0);
static const struct letters key_letters = LETTERS(UINT64_C(1) << '-', UINT64_C(1) << ('_' - 64));
static const struct letters name_letters =
    LETTERS(UINT64_C(1) << '-' | UINT64_C(1) << ' ', UINT64_C(1) << ('_' - 64));
/* RFC 5322's atext: also !#$%&'*+-/=?^_`{|}~ */
static const struct letters atext = LETTERS(0xa000acfa00000000, 0x78000001c0000000);

static bool is_letter(const struct letters *of, char c) {
    unsigned char byte = (unsigned char)c;
    return byte < 0x80 && of->bits[byte >> 6] >> (byte & 63) & 1;
}

static bool is_made_of(str s, const struct letters *of) {
    for (size_t i = 0; i < s.len; i++)
        if (!is_letter(of, s.ptr[i]))
            return false;
    return s.len > 0;
}

/* One line of UTF-8 without control characters: nothing that could begin another header. */
static bool is_line(str s) {
    return !control_has(s, S("")) && utf8_is(s);
}

/* ---- addresses ---- */

/* Labels between single dots: neither empty nor missing. */
static bool is_dotted(str s, const struct letters *of) {
    bool dot = true;
    for (size_t i = 0; i < s.len; i++) {
        bool before = dot;
        dot = s.ptr[i] == '.';
        if (dot ? before : !is_letter(of, s.ptr[i]))
            return false;
    }
    return !dot;
}

static bool is_address(str s) {
    size_t at = str_find_byte(s, '@');
    return s.len <= ADDRESS_MAX && at <= LOCAL_MAX && at < s.len
           && is_dotted(str_part(s, 0, at), &atext)
           && is_dotted(str_from(s, at + 1), &host_letters);
}

static str address_of(str from) {
    str text = str_trim(from);
    size_t open = str_find_byte(text, '<');
    if (!str_ends(text, S(">")) || open == text.len)
        return text;
    return str_part(text, open + 1, text.len - open - 2);
}

err mail_address(str from, str *out) {
    str address = address_of(from);
    if (!is_line(from) || !is_address(address))
        return wrong(S("an e-mail address does not read"));
    *out = address;
    return OK_ERR;
}

/* ---- headers ---- */

/* RFC 2047, whole characters in each word. */
static void words_add(struct arena *mem, struct buf *b, str text) {
    for (bool first = true; text.len; first = false) {
        str part = utf8_prefix(text, WORD_BYTES);
        buf_add(b, first ? S("=?utf-8?B?") : S("\r\n =?utf-8?B?"));
        buf_add(b, base64_write(mem, part));
        buf_add(b, S("?="));
        text = str_from(text, part.len);
    }
}

/* "=?" in plain text would be read as an encoded word. */
static bool is_plain(str text) {
    return ascii_is(text) && text.len <= SHORT_LINE && str_find(text, S("=?")) == text.len;
}

static err text_header(struct arena *mem, struct buf *b, str name, str text) {
    if (!is_line(text))
        return wrong(JOIN(mem, name, S(" has a line break or a control character")));
    buf_add(b, name);
    buf_add(b, S(": "));
    if (is_plain(text))
        buf_add(b, text);
    else
        words_add(mem, b, text);
    buf_add(b, S("\r\n"));
    return OK_ERR;
}

static void quoted_add(struct buf *b, str text) {
    buf_byte(b, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"' || text.ptr[i] == '\\')
            buf_byte(b, '\\');
        buf_byte(b, text.ptr[i]);
    }
    buf_byte(b, '"');
}

/* The display name in front of "<", without quotes that stood round it. */
static str display_name(str text, str address) {
    size_t before = (size_t)(address.ptr - text.ptr);
    str name = before > 0 ? str_trim(str_part(text, 0, before - 1)) : S("");
    bool quoted = name.len >= 2 && name.ptr[0] == '"' && str_ends(name, S("\""));
    return quoted ? str_part(name, 1, name.len - 2) : name;
}

static err address_header(struct arena *mem, struct buf *b, str name, str text) {
    str address = {0};
    err e = mail_address(text, &address);
    if (e.code != ERR_NONE)
        return err_in(mem, e, name);
    str shown = address.ptr == str_trim(text).ptr ? S("") : display_name(text, address);
    buf_add(b, name);
    buf_add(b, S(": "));
    if (!shown.len) {
        buf_add(b, address);
    } else {
        if (!is_plain(shown))
            words_add(mem, b, shown);
        else if (is_made_of(shown, &name_letters))
            buf_add(b, shown);
        else
            quoted_add(b, shown);
        buf_add(b, shown.len > SHORT_LINE / 2 ? S("\r\n <") : S(" <"));
        buf_add(b, address);
        buf_byte(b, '>');
    }
    buf_add(b, S("\r\n"));
    return OK_ERR;
}

/* Whole lines "List-…: value", one a line; no other header may come this way. */
static err list_headers(struct buf *b, str lines) {
    str rest = lines, line = {0};
    while (str_cut(&rest, '\n', &line)) {
        line = str_trim(line);
        if (!line.len)
            continue;
        size_t colon = str_find_byte(line, ':');
        bool named = colon < line.len && is_made_of(str_part(line, 0, colon), &host_letters);
        if (!str_starts(line, S("List-")) || !named || !is_line(line) || !ascii_is(line)
            || line.len > LINE_MAX_SIZE)
            return wrong(S("a List- header does not read"));
        buf_add(b, line);
        buf_add(b, S("\r\n"));
    }
    return OK_ERR;
}

static err id_header(struct buf *b, str key, str host) {
    if (!is_dotted(key, &key_letters) || !is_dotted(host, &host_letters))
        return wrong(S("the Message-ID does not read"));
    buf_add(b, S("Message-ID: <"));
    buf_add(b, key);
    buf_byte(b, '@');
    buf_add(b, host);
    buf_add(b, S(">\r\n"));
    return OK_ERR;
}

/* ---- the text ---- */

/* LF line ends only. */
static str lines_of(struct arena *mem, str text) {
    if (str_find_byte(text, '\r') == text.len)
        return text;
    struct buf b = buf_new(mem, text.len);
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != '\r')
            buf_byte(&b, text.ptr[i]);
        else if (i + 1 == text.len || text.ptr[i + 1] != '\n')
            buf_byte(&b, '\n');
    }
    return buf_str(&b);
}

/* Fit for a line of 7-bit ASCII as it is? */
static bool is_simple(str text) {
    str rest = text, line = {0};
    while (str_cut(&rest, '\n', &line)) {
        if (line.len > LINE_MAX_SIZE || control_has(line, S("\t")) || !ascii_is(line))
            return false;
    }
    return true;
}

static void quoted_line(struct buf *b, str line) {
    size_t used = 0;
    for (size_t i = 0; i < line.len; i++) {
        unsigned char c = (unsigned char)line.ptr[i];
        bool last = i + 1 == line.len;
        bool blank = (c == ' ' || c == '\t') && !last;
        bool plain = blank || (c > ' ' && c < 0x7f && c != '=');
        size_t size = plain ? 1 : 3;
        if (used + size > SOFT_LINE - 1) {
            buf_add(b, S("=\r\n"));
            used = 0;
        }
        if (plain)
            buf_byte(b, (char)c);
        else
            buf_format(b, "=%02X", c);
        used += size;
    }
}

/* Headers and content of one part; type: "text/plain". */
static void part_add(struct arena *mem, struct buf *b, str type, str text) {
    str rest = lines_of(mem, text), line = {0};
    bool simple = is_simple(rest);
    buf_add(b, S("Content-Type: "));
    buf_add(b, type);
    buf_add(b, S("; charset=utf-8\r\n"));
    buf_add(b, simple ? S("Content-Transfer-Encoding: 7bit\r\n\r\n")
                      : S("Content-Transfer-Encoding: quoted-printable\r\n\r\n"));
    while (str_cut(&rest, '\n', &line)) {
        if (simple)
            buf_add(b, line);
        else
            quoted_line(b, line);
        buf_add(b, S("\r\n"));
    }
}

/* "=_" stands in no quoted-printable text, and the key in no text that we do not write ourselves;
 * who puts both into a letter gets a letter that is text only. */
static bool boundary_fits(str boundary, const struct letter *l) {
    return str_find(l->text, boundary) == l->text.len && str_find(l->html, boundary) == l->html.len;
}

static void content_add(struct arena *mem, struct buf *b, const struct letter *l) {
    str boundary = JOIN(mem, S("=_"), l->key);
    if (!l->html.len || !boundary_fits(boundary, l)) {
        part_add(mem, b, S("text/plain"), l->text);
        return;
    }
    buf_add(b, JOIN(mem, S("Content-Type: multipart/alternative; boundary=\""), boundary,
                   S("\"\r\n\r\n--"), boundary, S("\r\n")));
    part_add(mem, b, S("text/plain"), l->text);
    buf_add(b, JOIN(mem, S("\r\n--"), boundary, S("\r\n")));
    part_add(mem, b, S("text/html"), l->html);
    buf_add(b, JOIN(mem, S("\r\n--"), boundary, S("--\r\n")));
}

static bool is_text(str text) {
    return utf8_is(text) && str_find_byte(text, 0) == text.len;
}

err mail_write(struct arena *mem, const struct letter *l, str *out) {
    struct buf b = buf_new(mem, HEAD_MAX + TEXT_MAX * 8);
    if (!is_text(l->text) || !is_text(l->html))
        return wrong(S("the text of a letter is not UTF-8"));
    if (l->text.len > TEXT_MAX || l->html.len > TEXT_MAX)
        return err_make(ERR_TOO_BIG, S("the text of a letter is too long"));
    buf_room(&b, HEAD_MOSTLY + l->text.len + l->html.len);
    TRY(address_header(mem, &b, S("From"), l->from));
    TRY(address_header(mem, &b, S("To"), l->to));
    if (l->reply_to.len)
        TRY(address_header(mem, &b, S("Reply-To"), l->reply_to));
    TRY(text_header(mem, &b, S("Subject"), l->subject));
    buf_add(&b, S("Date: "));
    buf_add(&b, time_mail(mem, l->at));
    buf_add(&b, S("\r\n"));
    TRY(id_header(&b, l->key, l->host));
    TRY(list_headers(&b, l->list_headers));
    /* Nobody's holiday notice need answer a machine (RFC 3834). */
    buf_add(&b, S("Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"));
    content_add(mem, &b, l);
    if (b.full)
        return err_make(ERR_TOO_BIG, S("the letter is too long"));
    *out = buf_str(&b);
    return OK_ERR;
}
