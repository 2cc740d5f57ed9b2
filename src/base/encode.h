/* encode: hex, base32, base64, percent and UTF-8, there and back. */
#ifndef BASE_ENCODE_H
#define BASE_ENCODE_H

#include "base/buf.h"
#include "base/err.h"

str hex_write(struct arena *mem, str bytes);
bool hex_read(struct arena *mem, str text, str *out); /* either case */
/* Lower-case Crockford base32 (0-9 a-z without i l o u), highest bits first, no padding. */
str base32_write(struct arena *mem, str bytes);
/* `digits` characters of the lowest 5*digits bits of number; sorts as the number does. */
str base32_number(struct arena *mem, uint64_t number, size_t digits);
bool base32_number_read(str text, uint64_t *out);
str base64_write(struct arena *mem, str bytes);
bool base64_read(struct arena *mem, str text, str *out);
/* RFC 3986: all but unreserved characters become %XX. */
str percent_write(struct arena *mem, str text);
void percent_add(struct buf *b, str text);
/* Form fields: + is a blank. False on a broken %XX. *out is the text itself when nothing in it is
 * encoded. */
bool percent_read(struct arena *mem, str text, bool plus, str *out);
/* Strict: no overlong forms, no surrogates, nothing past U+10FFFF. */
bool utf8_is(str text);
/* Bytes at the start that are UTF-8; text.len when all are. */
size_t utf8_valid(str text);
size_t utf8_length(str text); /* characters of valid UTF-8 */
/* The longest whole-character prefix of at most `size` bytes. */
str utf8_prefix(str text, size_t size);
bool ascii_is(str text);
/* A control character (DEL is one) that is none of `but`: what may begin another line or header. */
bool control_has(str text, str but);
/* Blanks and visible ASCII only, as most texts are: nothing to be looked at more closely. */
bool visible_is(str text);
/* One word as it is typed behind a prompt: in quotes; or in quotes only when it has to be. */
str shell_quoted(struct arena *mem, str word);
str shell_word(struct arena *mem, str word);
/* As we read texts: without a byte order mark, a line ends in LF. Editors of Windows write both. */
str text_lines(struct arena *mem, str text);

#endif
