#include "base/zone.h"

#include "base/arena.h"

/* RFC 8536, 3.1: the counts of what follows the head. */
enum { UTS, STD, LEAPS, TIMES, TYPES, CHARS, COUNTS };
enum { HEAD = 44, COUNTS_AT = 20, TYPE = 6, TYPES_MAX = 256 };

/* Seconds east, and what it is called. */
struct clock {
    int64_t east;
    str name;
};

/* "M10.5.0/3": the last (5) Sunday (0) of October at 3 o'clock. */
struct change {
    int month, week, weekday;
    int64_t second; /* of that day */
};

struct zone {
    str times, kinds, types, names; /* as they stand in the file */
    struct clock standard, summer;  /* behind the last of times */
    struct change to_summer, to_winter;
    bool rule, summers; /* whether there are any */
};

/* ---- the file ---- */

static int64_t number(str bytes, size_t at, size_t size) {
    uint64_t n = 0;
    for (size_t i = 0; i < size; i++)
        n = n << 8 | (unsigned char)bytes.ptr[at + i];
    return size == 4 ? (int32_t)(uint32_t)n : (int64_t)n;
}

static bool cut(str *rest, size_t size, str *out) {
    if (size > rest->len)
        return false;
    *out = str_part(*rest, 0, size);
    *rest = str_from(*rest, size);
    return true;
}

/* One of the two blocks: its times have 4 bytes each, then 8. */
static bool block_read(str *rest, size_t size, struct zone *z) {
    str head = {0}, unused = {0};
    size_t count[COUNTS];
    if (!cut(rest, HEAD, &head) || !str_starts(head, S("TZif")) || head.ptr[4] < '2')
        return false;
    for (size_t i = 0; i < COUNTS; i++) {
        int64_t n = number(head, COUNTS_AT + 4 * i, 4);
        if (n < 0 || n > 1 << 16)
            return false;
        count[i] = (size_t)n;
    }
    return count[TYPES] > 0 && count[TYPES] <= TYPES_MAX
           && cut(rest, count[TIMES] * size, &z->times) && cut(rest, count[TIMES], &z->kinds)
           && cut(rest, count[TYPES] * TYPE, &z->types) && cut(rest, count[CHARS], &z->names)
           && cut(rest, count[LEAPS] * (size + 4) + count[STD] + count[UTS], &unused);
}

static struct clock type_at(const struct zone *z, size_t index) {
    struct clock c = {0, S_INIT("UTC")};
    size_t name = 0;
    if ((index + 1) * TYPE > z->types.len)
        return c;
    c.east = number(z->types, index * TYPE, 4);
    name = (unsigned char)z->types.ptr[index * TYPE + 5];
    c.name = str_from(z->names, name);
    c.name = str_part(c.name, 0, str_find_byte(c.name, 0));
    return c;
}

/* ---- what holds behind the last of its times: "CET-1CEST,M3.5.0,M10.5.0/3" ---- */

static bool digits(str *rest, int64_t *out) {
    size_t n = 0;
    while (n < rest->len && n < 3 && rest->ptr[n] >= '0' && rest->ptr[n] <= '9')
        n++;
    bool is = str_number(str_part(*rest, 0, n), out);
    *rest = str_from(*rest, n);
    return is;
}

static bool byte(str *rest, char c) {
    bool is = rest->len && rest->ptr[0] == c;
    *rest = str_from(*rest, is);
    return is;
}

/* "CET", or "<+03>" */
static bool name_read(str *rest, str *out) {
    bool quoted = byte(rest, '<');
    size_t n = 0;
    for (; n < rest->len; n++) {
        char c = rest->ptr[n];
        bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (quoted ? c == '>' : !letter)
            break;
    }
    *out = str_part(*rest, 0, n);
    *rest = str_from(*rest, n);
    return n > 0 && (!quoted || byte(rest, '>'));
}

/* "-1", "+5:30", "3": hours, minutes, seconds */
static bool seconds_read(str *rest, int64_t *out) {
    int64_t part = 0, sum = 0;
    bool back = byte(rest, '-');
    (void)(!back && byte(rest, '+'));
    for (int64_t unit = 3600; unit; unit /= 60) {
        if (unit < 3600 && !byte(rest, ':'))
            break;
        if (!digits(rest, &part))
            return false;
        sum += part * unit;
    }
    *out = back ? -sum : sum;
    return true;
}

static bool change_read(str *rest, struct change *out) {
    int64_t month, week, weekday;
    if (!byte(rest, ',') || !byte(rest, 'M') || !digits(rest, &month) || !byte(rest, '.')
        || !digits(rest, &week) || !byte(rest, '.') || !digits(rest, &weekday) || month < 1
        || month > 12 || week < 1 || week > 5 || weekday > 6)
        return false;
    *out = (struct change){(int)month, (int)week, (int)weekday, 2 * 3600};
    return !byte(rest, '/') || seconds_read(rest, &out->second);
}

/* POSIX counts west of Greenwich as more. */
static bool rule_read(str rest, struct zone *z) {
    int64_t west = 0;
    if (!name_read(&rest, &z->standard.name) || !seconds_read(&rest, &west))
        return false;
    z->standard.east = -west;
    z->summers = rest.len > 0;
    if (!z->summers)
        return true;
    if (!name_read(&rest, &z->summer.name))
        return false;
    z->summer.east = z->standard.east + 3600;
    if (rest.len && rest.ptr[0] != ',') {
        if (!seconds_read(&rest, &west))
            return false;
        z->summer.east = -west;
    }
    return change_read(&rest, &z->to_summer) && change_read(&rest, &z->to_winter) && !rest.len;
}

err zone_read(struct arena *mem, str bytes, const struct zone **out) {
    struct zone *z = NEW(mem, struct zone);
    str rest = bytes, rule = {0};
    if (!block_read(&rest, 4, z) || !block_read(&rest, 8, z) || !byte(&rest, '\n'))
        return err_make(ERR_INVALID, S("this is no time zone of tzdata"));
    str_cut(&rest, '\n', &rule);
    z->rule = rule_read(rule, z);
    *out = z;
    return OK_ERR;
}

/* ---- showing ---- */

static int64_t change_at(const struct change *c, int64_t year, int64_t east) {
    int64_t first = time_days(year, c->month, 1);
    int64_t next = c->month == 12 ? time_days(year + 1, 1, 1) : time_days(year, c->month + 1, 1);
    int64_t day = first + ((c->weekday - (first + 4)) % 7 + 7) % 7 + 7 * (c->week - 1);
    while (day >= next)
        day -= 7;
    return day * 86400 + c->second - east;
}

static struct clock rule_at(const struct zone *z, int64_t second) {
    int64_t year = time_year((second + z->standard.east) * TIME_SECOND);
    int64_t begin = change_at(&z->to_summer, year, z->standard.east);
    int64_t end = change_at(&z->to_winter, year, z->summer.east);
    bool between = begin < end ? second >= begin && second < end : second < end || second >= begin;
    return z->summers && between ? z->summer : z->standard;
}

static struct clock clock_at(const struct zone *z, int64_t second) {
    size_t low = 0, high = z->times.len / 8;
    while (low < high) { /* times before `low` are not later than second */
        size_t middle = low + (high - low) / 2;
        if (number(z->times, middle * 8, 8) <= second)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == z->times.len / 8 && z->rule)
        return rule_at(z, second);
    return type_at(z, low ? (unsigned char)z->kinds.ptr[low - 1] : 0);
}

str zone_show(struct arena *mem, const struct zone *zone, instant at) {
    struct clock c = {0, S_INIT("UTC")};
    if (!at)
        return S("");
    if (zone)
        c = clock_at(zone, at / TIME_SECOND - (at % TIME_SECOND < 0));
    str iso = time_iso(mem, at + c.east * TIME_SECOND);
    return JOIN(mem, str_part(iso, 0, 10), S(" "), str_part(iso, 11, 5), S(" "), c.name);
}
