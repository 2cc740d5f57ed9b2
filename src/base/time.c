#include "base/time.h"

#include "base/arena.h"

struct civil {
    int64_t year;
    int month, day, hour, minute, second, milli, weekday;
};

/* The years that four digits can write: a broken instant becomes a far one, never broken text. */
#define TIME_FIRST (-719528 * TIME_DAY)
#define TIME_LAST  (2932897 * TIME_DAY - 1)

/* Days since 1970-01-01 to a date and back, by eras of 400 years. */
static struct civil civil_of(instant at) {
    at = at < TIME_FIRST ? TIME_FIRST : at > TIME_LAST ? TIME_LAST : at;
    int64_t days = at / TIME_DAY - (at % TIME_DAY < 0);
    int64_t rest = at - days * TIME_DAY;
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    struct civil c = {
        .month = (int)(mp < 10 ? mp + 3 : mp - 9),
        .day = (int)(doy - (153 * mp + 2) / 5 + 1),
        .hour = (int)(rest / TIME_HOUR),
        .minute = (int)(rest / TIME_MINUTE % 60),
        .second = (int)(rest / TIME_SECOND % 60),
        .milli = (int)(rest % 1000),
        .weekday = (int)(((days + 4) % 7 + 7) % 7),
    };
    c.year = yoe + era * 400 + (c.month <= 2);
    return c;
}

int64_t time_days(int64_t year, int month, int day) {
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t yoe = year - era * 400;
    int64_t doy = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

int64_t time_year(instant at) {
    return civil_of(at).year;
}

static char *digits(char *at, int64_t number, int count) {
    for (int i = count; i-- > 0; number /= 10)
        at[i] = (char)('0' + number % 10);
    return at + count;
}

/* Three letters, and what stands behind them. */
static char *letters(char *to, const char *three, str behind) {
    memcpy(to, three, 3);
    memcpy(to + 3, behind.ptr, behind.len);
    return to + 3 + behind.len;
}

/* By hand, not by printf: an order has several of these and is written 40,000 times a second. */
str time_iso(struct arena *mem, instant at) {
    struct civil c = civil_of(at);
    char *text = arena_bytes(mem, 25), *p = digits(text, c.year, 4);
    *p++ = '-';
    p = digits(p, c.month, 2);
    *p++ = '-';
    p = digits(p, c.day, 2);
    *p++ = 'T';
    p = digits(p, c.hour, 2);
    *p++ = ':';
    p = digits(p, c.minute, 2);
    *p++ = ':';
    p = digits(p, c.second, 2);
    *p++ = '.';
    p = digits(p, c.milli, 3);
    *p = 'Z';
    return (str){text, 24};
}

static const err not_a_time = {
    ERR_INVALID, S_INIT("a time looks like 2026-11-25T10:00:00Z or 2026-11-25T10:00:00.123Z")};

static bool shape_is(str text) {
    static const char shape[] = "....-..-..T..:..:..";
    for (size_t i = 0; i < sizeof(shape) - 1; i++)
        if (shape[i] != '.' && text.ptr[i] != shape[i])
            return false;
    return true;
}

/* Where the numbers stand, and what they may be. */
enum part { YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, MILLI, PARTS };
static const struct {
    size_t at, len;
    int64_t least, most;
} parts[PARTS] = {
    [YEAR] = {0, 4, 1, 9999},
    [MONTH] = {5, 2, 1, 12},
    [DAY] = {8, 2, 1, 31},
    [HOUR] = {11, 2, 0, 23},
    [MINUTE] = {14, 2, 0, 59},
    [SECOND] = {17, 2, 0, 59},
    [MILLI] = {20, 3, 0, 999},
};

err time_read(str text, instant *out) {
    int64_t v[PARTS] = {0};
    bool whole = text.len == 20;
    if ((!whole && text.len != 24) || !shape_is(text) || text.ptr[text.len - 1] != 'Z'
        || (!whole && text.ptr[19] != '.'))
        return not_a_time;
    for (size_t i = 0; i < PARTS - (size_t)whole; i++)
        if (!str_number(str_part(text, parts[i].at, parts[i].len), &v[i]) || v[i] < parts[i].least
            || v[i] > parts[i].most)
            return not_a_time;
    int64_t days = time_days(v[YEAR], (int)v[MONTH], (int)v[DAY]);
    if (civil_of(days * TIME_DAY).day != v[DAY])
        return not_a_time;
    *out = days * TIME_DAY + v[HOUR] * TIME_HOUR + v[MINUTE] * TIME_MINUTE + v[SECOND] * TIME_SECOND
           + v[MILLI];
    return OK_ERR;
}

/* "Wed, 25 Nov 2026 10:00:00 +0000" */
str time_mail(struct arena *mem, instant at) {
    static const char weekdays[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct civil c = civil_of(at);
    char *text = arena_bytes(mem, 32), *p = text;
    p = letters(p, weekdays + 3 * (size_t)c.weekday, S(", "));
    p = digits(p, c.day, 2);
    *p++ = ' ';
    p = letters(p, months + 3 * (size_t)(c.month - 1), S(" "));
    p = digits(p, c.year, 4);
    *p++ = ' ';
    p = digits(p, c.hour, 2);
    *p++ = ':';
    p = digits(p, c.minute, 2);
    *p++ = ':';
    p = digits(p, c.second, 2);
    memcpy(p, " +0000", 6);
    return (str){text, (size_t)(p + 6 - text)};
}

err time_span_read(str text, int64_t *out) {
    static const struct {
        char unit;
        int64_t ms;
    } units[] = {{'s', TIME_SECOND}, {'m', TIME_MINUTE}, {'h', TIME_HOUR}, {'d', TIME_DAY}};
    int64_t number, span;
    for (size_t i = 0; text.len > 1 && i < COUNT(units); i++) {
        if (text.ptr[text.len - 1] != units[i].unit)
            continue;
        if (str_number(str_part(text, 0, text.len - 1), &number) && number > 0
            && !__builtin_mul_overflow(number, units[i].ms, &span)) {
            *out = span;
            return OK_ERR;
        }
    }
    return err_make(ERR_INVALID, S("a span of time looks like 90s, 15m, 12h or 7d"));
}
