#include "http/date.h"

str date_write(struct arena *mem, instant at) {
    str mail = time_mail(mem, at);
    return JOIN(mem, str_part(mail, 0, mail.len - S("+0000").len), S("GMT"));
}

/* w: a letter; N: of a month's name; D, Y, h, m, s: a digit of that number, D also a blank. The
 * long weekday of RFC 850 is cut off before. */
static const str shapes[] = {
    S_INIT("www, DD NNN YYYY hh:mm:ss GMT"),
    S_INIT("www NNN DD hh:mm:ss YYYY"),
    S_INIT("DD-NNN-YY hh:mm:ss GMT"),
};

enum { CENTURY_FROM = 70 }; /* two digits: 70 is 1970, 69 is 2069 */

struct parts {
    int year, year_digits, day, hour, minute, second;
    char month[3];
    size_t month_size;
};

static bool number_add(int *number, char c, bool blank_too) {
    if (blank_too && c == ' ' && !*number)
        return true;
    if (c < '0' || c > '9')
        return false;
    *number = *number * 10 + (c - '0');
    return true;
}

static bool take(struct parts *p, char shape, char c) {
    switch (shape) {
    case 'w': return (c | ' ') >= 'a' && (c | ' ') <= 'z';
    case 'N': p->month[p->month_size++] = c; return true;
    case 'D': return number_add(&p->day, c, true);
    case 'Y': p->year_digits++; return number_add(&p->year, c, false);
    case 'h': return number_add(&p->hour, c, false);
    case 'm': return number_add(&p->minute, c, false);
    case 's': return number_add(&p->second, c, false);
    default: return shape == c;
    }
}

static bool fits(str shape, str text, struct parts *p) {
    *p = (struct parts){0};
    if (shape.len != text.len)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (!take(p, shape.ptr[i], text.ptr[i]))
            return false;
    return true;
}

static int month_of(const struct parts *p) {
    static const str names = S_INIT("JanFebMarAprMayJunJulAugSepOctNovDec");
    str name = {p->month, sizeof(p->month)};
    size_t at = str_find(names, name);
    return at < names.len && at % sizeof(p->month) == 0 ? (int)(at / sizeof(p->month)) + 1 : 0;
}

static bool parts_read(const struct parts *p, instant *out) {
    char text[64];
    int year = p->year;
    if (p->year_digits == 2)
        year += year < CENTURY_FROM ? 2000 : 1900;
    int size = snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02dZ", year, month_of(p),
        p->day, p->hour, p->minute, p->second);
    return time_read((str){text, (size_t)size}, out).code == ERR_NONE;
}

bool date_read(str text, instant *out) {
    struct parts p;
    size_t comma = str_find_byte(text, ',');
    str behind = comma > 3 ? str_from(text, comma + 2) : text;
    for (size_t i = 0; i < COUNT(shapes); i++)
        if (fits(shapes[i], i + 1 < COUNT(shapes) ? text : behind, &p))
            return parts_read(&p, out);
    return false;
}
