#include "check.h"
#include "files.h"
#include "http/condition.h"
#include "http/date.h"
#include "http/range.h"
#include "http/type.h"

TEST(dates) {
    static const struct {
        str text;
        instant at; /* -1: no date */
    } rows[] = {
        {S_INIT("Sun, 06 Nov 1994 08:49:37 GMT"), 784111777000},
        {S_INIT("Sunday, 06-Nov-94 08:49:37 GMT"), 784111777000},
        {S_INIT("Wednesday, 01-Jan-69 00:00:00 GMT"), 3124224000000},
        {S_INIT("Sun Nov  6 08:49:37 1994"), 784111777000},
        {S_INIT("Wed Nov 16 08:49:37 1994"), 784975777000},
        {S_INIT("Thu, 29 Feb 2024 00:00:00 GMT"), 1709164800000},
        {S_INIT("Wed, 29 Feb 2023 00:00:00 GMT"), -1},
        {S_INIT("Sun, 06 Nov 1994 08:49:37 CET"), -1},
        {S_INIT("Sun, 06 Nov 1994 08:49:37 GMT "), -1},
        {S_INIT("Sun, 06 ovD 1994 08:49:37 GMT"), -1},
        {S_INIT("Sun, 06 nov 1994 08:49:37 GMT"), -1},
        {S_INIT("Sun, 06 Nov 1994 24:49:37 GMT"), -1},
        {S_INIT("Sun, -6 Nov 1994 08:49:37 GMT"), -1},
        {S_INIT("Sunday,"), -1},
        {S_INIT("tomorrow"), -1},
        {S_INIT(""), -1},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        instant at = -1;
        CHECK(rows[i].text.ptr, date_read(rows[i].text, &at) == (rows[i].at != -1));
        CHECK_INT(rows[i].text.ptr, at, rows[i].at);
    }
    struct arena *mem = arena_new(1 << 16);
    CHECK_STR("written", date_write(mem, 784111777123), S("Sun, 06 Nov 1994 08:49:37 GMT"));
    arena_free(mem);
}

#define TAG "\"a1\""
#define NOW "Sun, 06 Nov 1994 08:49:37 GMT"

TEST(conditions) {
    static const struct {
        const char *row;
        str name, value, second, second_value;
        int status;
    } rows[] = {
        {"none", S_INIT("X"), S_INIT(""), {0}, {0}, 0},
        {"has it", S_INIT("If-None-Match"), S_INIT(TAG), {0}, {0}, 304},
        {"has it, weak", S_INIT("If-None-Match"), S_INIT("W/" TAG), {0}, {0}, 304},
        {"has one of many", S_INIT("If-None-Match"), S_INIT("\"x,\" , W/\"y\"," TAG), {0}, {0},
            304},
        {"has any", S_INIT("If-None-Match"), S_INIT(" * "), {0}, {0}, 304},
        {"has another", S_INIT("If-None-Match"), S_INIT("\"a2\""), {0}, {0}, 0},
        {"without quotes", S_INIT("If-None-Match"), S_INIT("a1"), {0}, {0}, 0},
        {"an open quote", S_INIT("If-None-Match"), S_INIT("\"a1"), {0}, {0}, 0},
        {"not changed", S_INIT("If-Modified-Since"), S_INIT(NOW), {0}, {0}, 304},
        {"changed", S_INIT("If-Modified-Since"), S_INIT("Sun, 06 Nov 1994 08:49:36 GMT"), {0}, {0},
            0},
        {"no date", S_INIT("If-Modified-Since"), S_INIT("yesterday"), {0}, {0}, 0},
        {"the tag decides, not the date", S_INIT("If-Modified-Since"), S_INIT(NOW),
            S_INIT("If-None-Match"), S_INIT("\"a2\""), 0},
        {"still the same", S_INIT("If-Match"), S_INIT("\"b\", " TAG), {0}, {0}, 0},
        {"no longer", S_INIT("If-Match"), S_INIT("\"b\""), {0}, {0}, 412},
        {"weak is not the same", S_INIT("If-Match"), S_INIT("W/" TAG), {0}, {0}, 412},
        {"not since", S_INIT("If-Unmodified-Since"), S_INIT(NOW), {0}, {0}, 0},
        {"since", S_INIT("If-Unmodified-Since"), S_INIT("Sun, 06 Nov 1994 08:49:36 GMT"), {0}, {0},
            412},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct header h[] = {{rows[i].name, rows[i].value}, {rows[i].second, rows[i].second_value}};
        struct request r = {.headers = h, .header_count = 2};
        CHECK_INT(rows[i].row, condition_check(&r, S(TAG), 784111777123), rows[i].status);
    }
}

TEST(range_conditions) {
    static const struct {
        str value, etag;
        bool yes;
    } rows[] = {
        {S_INIT(""), S_INIT(TAG), true},
        {S_INIT(TAG), S_INIT(TAG), true},
        {S_INIT("\"a2\""), S_INIT(TAG), false},
        {S_INIT("W/" TAG), S_INIT("W/" TAG), false},
        {S_INIT(NOW), S_INIT(TAG), true},
        {S_INIT("Sun, 06 Nov 1994 08:49:38 GMT"), S_INIT(TAG), false},
        {S_INIT("soon"), S_INIT(TAG), false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct header h = {S("If-Range"), rows[i].value};
        struct request r = {.headers = &h, .header_count = 1};
        CHECK(rows[i].value.ptr, condition_range(&r, rows[i].etag, 784111777123) == rows[i].yes);
    }
}

TEST(ranges) {
    static const struct {
        str header;
        uint64_t size;
        const char *shown; /* "": whole */
    } rows[] = {
        {S_INIT("bytes=0-0"), 10, "bytes 0-0/10"},
        {S_INIT("bytes=0-9"), 10, "bytes 0-9/10"},
        {S_INIT("bytes=5-"), 10, "bytes 5-9/10"},
        {S_INIT("bytes=5-99"), 10, "bytes 5-9/10"},
        {S_INIT("BYTES=9-9"), 10, "bytes 9-9/10"},
        {S_INIT("bytes= 1-2 "), 10, "bytes 1-2/10"},
        {S_INIT("bytes=-3"), 10, "bytes 7-9/10"},
        {S_INIT("bytes=-99"), 10, "bytes 0-9/10"},
        {S_INIT("bytes=1-99999999999999999999"), 10, "bytes 1-9/10"},
        {S_INIT("bytes=10-"), 10, "bytes */10"},
        {S_INIT("bytes=10-12"), 10, "bytes */10"},
        {S_INIT("bytes=99999999999999999999-"), 10, "bytes */10"},
        {S_INIT("bytes=-0"), 10, "bytes */10"},
        {S_INIT("bytes=0-0"), 0, "bytes */0"},
        {S_INIT("bytes=-1"), 0, "bytes */0"},
        {S_INIT(""), 10, ""},
        {S_INIT("bytes="), 10, ""},
        {S_INIT("bytes=-"), 10, ""},
        {S_INIT("bytes=5"), 10, ""},
        {S_INIT("bytes=5-4"), 10, ""},
        {S_INIT("bytes=a-4"), 10, ""},
        {S_INIT("bytes=+1-4"), 10, ""},
        {S_INIT("bytes=1--4"), 10, ""},
        {S_INIT("bytes=1 - 4"), 10, ""},
        {S_INIT("bytes=0-1,3-4"), 10, ""},
        {S_INIT("bytes=-1,3-4"), 10, ""},
        {S_INIT("lines=0-1"), 10, ""},
        {S_INIT("bytes 0-1"), 10, ""},
    };
    struct arena *mem = arena_new(1 << 16);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct range part = {99, 99};
        enum range_answer a = range_read(rows[i].header, rows[i].size, &part);
        CHECK(rows[i].header.ptr, (a == RANGE_WHOLE) == !rows[i].shown[0]);
        if (a == RANGE_WHOLE)
            CHECK(rows[i].header.ptr, part.at == 0 && part.size == rows[i].size);
        else
            CHECK_STR(
                rows[i].header.ptr, range_write(mem, a, part, rows[i].size), str_of(rows[i].shown));
    }
    arena_free(mem);
}

TEST(types) {
    static const struct {
        str file;
        const char *name;
        bool text;
    } rows[] = {
        {S_INIT("a.jpg"), "image/jpeg", false},
        {S_INIT("A.B.JPEG"), "image/jpeg", false},
        {S_INIT("logo.svg"), "image/svg+xml", true},
        {S_INIT("book.epub"), "application/epub+zip", false},
        {S_INIT("page.html"), "application/octet-stream", false},
        {S_INIT(".png"), "application/octet-stream", false},
        {S_INIT("png"), "application/octet-stream", false},
        {S_INIT(""), "application/octet-stream", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        CHECK_STR(rows[i].file.ptr, type_of(rows[i].file)->name, str_of(rows[i].name));
        CHECK(rows[i].file.ptr, type_of(rows[i].file)->text == rows[i].text);
    }
    CHECK("a film is shown", type_is_shown(S("a.mp4")));
    CHECK("a book is not", !type_is_shown(S("a.epub")));
}

const struct check_test file_tests[FILE_TESTS] = {
    ROW(dates), ROW(conditions), ROW(range_conditions), ROW(ranges), ROW(types)};
