#include "base/arena.h"
#include "base/limits.h"
#include "base/zone.h"
#include "check.h"
#include "data.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { FILE_MAX = LIMIT_ZONE };

static str zone_file(struct arena *mem, const char *name) {
    char path[256], *bytes = arena_take(mem, FILE_MAX);
    snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", name);
    FILE *f = fopen(path, "rb");
    size_t len = f ? fread(bytes, 1, FILE_MAX, f) : 0;
    if (f)
        fclose(f);
    return (str){bytes, len};
}

/* A file as zic writes it, with nothing but what holds for ever. */
static str made(struct arena *mem, str rule) {
    char head[44] = "TZif2";
    head[39] = 1; /* a type */
    head[43] = 4; /* its name */
    str block = JOIN(mem, ((str){head, sizeof(head)}), ((str){"\0\0\0\0\0\0LMT", 10}));
    return JOIN(mem, block, block, S("\n"), rule, S("\n"));
}

static void shown(struct arena *mem, const char *row, str bytes, str at, str want) {
    const struct zone *z = NULL;
    instant when = 0;
    CHECK(row, zone_read(mem, bytes, &z).code == ERR_NONE && time_read(at, &when).code == ERR_NONE);
    CHECK_STR(row, zone_show(mem, z, when), want);
}

TEST(zone_times) {
    static const struct {
        const char *zone;
        str at, want;
    } rows[] = {
        {"Europe/Warsaw", S_INIT("2026-03-29T00:59:59Z"), S_INIT("2026-03-29 01:59 CET")},
        {"Europe/Warsaw", S_INIT("2026-03-29T01:00:00Z"), S_INIT("2026-03-29 03:00 CEST")},
        {"Europe/Warsaw", S_INIT("2026-10-25T00:30:00Z"), S_INIT("2026-10-25 02:30 CEST")},
        {"Europe/Warsaw", S_INIT("2026-10-25T01:30:00Z"), S_INIT("2026-10-25 02:30 CET")},
        {"Europe/Warsaw", S_INIT("2026-12-31T23:30:00Z"), S_INIT("2027-01-01 00:30 CET")},
        {"Europe/Warsaw", S_INIT("2061-07-01T10:00:00Z"), S_INIT("2061-07-01 12:00 CEST")},
        {"Poland", S_INIT("2026-07-01T10:00:00Z"), S_INIT("2026-07-01 12:00 CEST")},
        {"Asia/Kolkata", S_INIT("2026-07-01T20:00:00Z"), S_INIT("2026-07-02 01:30 IST")},
        {"America/Sao_Paulo", S_INIT("2026-07-01T20:00:00Z"), S_INIT("2026-07-01 17:00 -03")},
        {"Etc/UTC", S_INIT("2026-07-01T20:00:00Z"), S_INIT("2026-07-01 20:00 UTC")},
    };
    static const struct {
        const char *row;
        str rule, at, want;
    } rules[] = {
        {"the last Sunday", S_INIT("CET-1CEST,M3.5.0,M10.5.0/3"), S_INIT("2040-03-25T01:00:00Z"),
            S_INIT("2040-03-25 03:00 CEST")},
        {"before it", S_INIT("CET-1CEST,M3.5.0,M10.5.0/3"), S_INIT("2040-03-25T00:59:00Z"),
            S_INIT("2040-03-25 01:59 CET")},
        {"back", S_INIT("CET-1CEST,M3.5.0,M10.5.0/3"), S_INIT("2040-10-28T01:00:00Z"),
            S_INIT("2040-10-28 02:00 CET")},
        {"summer at New Year", S_INIT("AEST-10AEDT,M10.1.0,M4.1.0/3"),
            S_INIT("2039-12-31T20:00:00Z"), S_INIT("2040-01-01 07:00 AEDT")},
        {"winter in July", S_INIT("AEST-10AEDT,M10.1.0,M4.1.0/3"), S_INIT("2040-07-01T00:00:00Z"),
            S_INIT("2040-07-01 10:00 AEST")},
        {"no summer", S_INIT("<+0545>-5:45"), S_INIT("2040-07-01T00:00:00Z"),
            S_INIT("2040-07-01 05:45 +0545")},
        {"half an hour of summer, a time below zero",
            S_INIT("<-02>2<-0130>1:30,M3.5.0/-1,M10.5.0/0"), S_INIT("2040-07-01T00:00:00Z"),
            S_INIT("2040-06-30 22:30 -0130")},
        {"a rule that is none", S_INIT("CET-1CEST,J60,J300"), S_INIT("2040-07-01T00:00:00Z"),
            S_INIT("2040-07-01 00:00 LMT")},
    };
    struct arena *mem = arena_new(8 << 20);
    for (size_t i = 0; i < COUNT(rows); i++)
        shown(mem, rows[i].zone, zone_file(mem, rows[i].zone), rows[i].at, rows[i].want);
    for (size_t i = 0; i < COUNT(rules); i++)
        shown(mem, rules[i].row, made(mem, rules[i].rule), rules[i].at, rules[i].want);
    CHECK_STR("none is UTC", zone_show(mem, NULL, 60000), S("1970-01-01 00:01 UTC"));
    CHECK_STR("never", zone_show(mem, NULL, 0), S(""));
    arena_free(mem);
}

/* The C library says the same, in every zone and century. */
TEST(zone_as_libc) {
    static const char *const zones[] = {"Europe/Warsaw", "Europe/Dublin", "America/New_York",
        "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca",
        "Pacific/Apia", "America/Nuuk", "Antarctica/Troll", "Asia/Tehran"};
    for (size_t i = 0; i < COUNT(zones); i++) {
        struct arena *mem = arena_new(8 << 20);
        const struct zone *z = NULL;
        err e = zone_read(mem, zone_file(mem, zones[i]), &z);
        CHECK(zones[i], e.code == ERR_NONE && !setenv("TZ", zones[i], 1));
        tzset();
        size_t others = 0;
        for (int64_t at = -1500000000; z && at < 4000000000; at += 3 * 86400 + 5003) {
            struct arena_mark start = arena_mark(mem);
            struct tm tm;
            time_t when = at;
            char text[64];
            size_t len = strftime(text, sizeof(text), "%Y-%m-%d %H:%M %Z", localtime_r(&when, &tm));
            others += !str_is(zone_show(mem, z, at * TIME_SECOND), (str){text, len});
            arena_back(mem, start);
        }
        CHECK_INT(zones[i], others, 0);
        arena_free(mem);
    }
    unsetenv("TZ");
}

/* Whatever the bytes are: an error or some time, never a look past their end. */
TEST(zone_broken) {
    struct arena *mem = arena_new(64 << 20);
    const struct zone *z = NULL;
    str whole = zone_file(mem, "Europe/Warsaw");
    uint64_t dice = 1;
    CHECK("a text", zone_read(mem, S("TZif is no file"), &z).code == ERR_INVALID);
    for (size_t len = 0; len < whole.len; len++) {
        struct arena_mark start = arena_mark(mem);
        str part = str_copy(mem, str_part(whole, 0, len));
        if (zone_read(mem, part, &z).code == ERR_NONE)
            (void)zone_show(mem, z, (instant)len * TIME_DAY * 365);
        arena_back(mem, start);
    }
    for (int i = 0; i < 5000; i++) {
        struct arena_mark start = arena_mark(mem);
        char *bytes = arena_take(mem, whole.len);
        memcpy(bytes, whole.ptr, whole.len);
        for (int k = 0; k < 3; k++) {
            dice = dice * 6364136223846793005u + 1442695040888963407u;
            bytes[(dice >> 33) % whole.len] = (char)(dice >> 20);
        }
        if (zone_read(mem, (str){bytes, whole.len}, &z).code == ERR_NONE)
            CHECK("shown", zone_show(mem, z, (instant)(dice >> 20)).len >= 16);
        arena_back(mem, start);
    }
    arena_free(mem);
}

const struct check_test zone_tests[ZONE_TESTS] = {
    ROW(zone_times),
    ROW(zone_as_libc),
    ROW(zone_broken),
};
