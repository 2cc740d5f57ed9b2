#include "base/encode.h"
#include "base/json.h"
#include "base/json_row.h"
#include "base/limits.h"
#include "check.h"
#include "data.h"

TEST(json_round) {
    static const struct {
        const char *name;
        str text, again;
    } cases[] = {
        {"numbers keep their text", S_INIT("[499.00, 1e3, -0.50, 12345678901234567890]"),
            S_INIT("[499.00,1e3,-0.50,12345678901234567890]")},
        {"words", S_INIT("{\"a\":null,\"b\":true,\"c\":false}"),
            S_INIT("{\"a\":null,\"b\":true,\"c\":false}")},
        {"escapes", S_INIT("\"\\u0041\\n\\t\\\\\\\"\\/\""), S_INIT("\"A\\n\\u0009\\\\\\\"/\"")},
        {"pair", S_INIT("\"\\ud83d\\ude00\""), S_INIT("\"\xf0\x9f\x98\x80\"")},
        {"pair, capital", S_INIT("\"\\uD83D\\uDE00\""), S_INIT("\"\xf0\x9f\x98\x80\"")},
        {"two and three bytes", S_INIT("\"\\u00f3\\u20ac\\uffff\""),
            S_INIT("\"\xc3\xb3\xe2\x82\xac\xef\xbf\xbf\"")},
        {"all short escapes", S_INIT("\"\\b\\f\\n\\r\\t\""),
            S_INIT("\"\\u0008\\u000c\\n\\u000d\\u0009\"")},
        {"NUL in a text", S_INIT("\"a\\u0000b\""), S_INIT("\"a\\u0000b\"")},
        {"escape at both ends", S_INIT("[\"\\\"x\\\"\"]"), S_INIT("[\"\\\"x\\\"\"]")},
        {"escaped name", S_INIT("{\"\\u0061\\n\":1}"), S_INIT("{\"a\\n\":1}")},
        {"a text alone", S_INIT(" \"x\" "), S_INIT("\"x\"")},
        {"empty", S_INIT("{\"\":\"\"}"), S_INIT("{\"\":\"\"}")},
        {"polish", S_INIT("\"za\\u017c\""), S_INIT("\"zaż\"")},
        {"nested", S_INIT(" { \"a\" : [ { } , [ ] ] } "), S_INIT("{\"a\":[{},[]]}")},
    };
    struct arena *mem = arena_new(1 << 20);
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct tree *t = NULL;
        err e = json_read(mem, cases[i].text, &t);
        CHECK_STR(cases[i].name, e.what, S(""));
        if (e.code == ERR_NONE)
            CHECK_STR(cases[i].name, json_write(mem, t), cases[i].again);
    }
    arena_free(mem);
}

TEST(json_refused) {
    static const struct {
        const char *name;
        str text;
    } cases[] = {
        {"nothing", S_INIT("")},
        {"something behind", S_INIT("{} x")},
        {"duplicate key", S_INIT("{\"a\":1,\"a\":2}")},
        {"trailing comma", S_INIT("[1,]")},
        {"leading zero", S_INIT("[01]")},
        {"plus", S_INIT("[+1]")},
        {"bare word", S_INIT("[yes]")},
        {"single quotes", S_INIT("['a']")},
        {"control character", S_INIT("\"a\nb\"")},
        {"lone surrogate", S_INIT("\"\\ud83d\"")},
        {"not UTF-8", S_INIT("\"\xff\"")},
        {"cut string", S_INIT("\"abc")},
        {"cut escape", S_INIT("\"abc\\")},
        {"cut map", S_INIT("{\"a\":")},
        {"NUL in a name", S_INIT("{\"a\\u0000\":1}")},
        {"NUL behind", S_INIT("1\0")},
        {"low half first", S_INIT("\"\\ude00\\ud83d\"")},
        {"high half twice", S_INIT("\"\\ud83d\\ud83d\"")},
        {"unknown escape", S_INIT("\"\\x41\"")},
        {"NaN", S_INIT("NaN")},
        {"point without digits", S_INIT("1.")},
        {"overlong UTF-8", S_INIT("\"\xc0\xaf\"")},
        {"two values", S_INIT("1 2")},
        {"byte order mark", S_INIT("\xef\xbb\xbf{}")},
        {"comment", S_INIT("/* a */ 1")},
    };
    struct arena *mem = arena_new(1 << 20);
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct tree *t = NULL;
        CHECK_INT(cases[i].name, json_read(mem, cases[i].text, &t).code, ERR_INVALID);
    }
    char deep[2 * (LIMIT_JSON_DEPTH + 1)];
    for (size_t more = 0; more < 2; more++) {
        size_t depth = LIMIT_JSON_DEPTH + more;
        const struct tree *t = NULL;
        memset(deep, '[', depth);
        memset(deep + depth, ']', depth);
        err e = json_read(mem, (str){deep, 2 * depth}, &t);
        CHECK_INT("depth", e.code, more ? ERR_INVALID : ERR_NONE);
    }
    arena_free(mem);
}

/* Every byte, every pair with a high one: what was written is read back. */
TEST(json_any_bytes) {
    struct arena *mem = arena_new(1 << 24);
    for (unsigned i = 0; i < 1 << 16; i += 7) {
        const char bytes[] = {(char)(i >> 8), (char)i, 'x'};
        struct arena_mark mark = arena_mark(mem);
        struct tree *map = tree_map(mem);
        const struct tree *back = NULL;
        tree_put_text(mem, map, (str){bytes, sizeof(bytes)}, (str){bytes, sizeof(bytes)});
        str text = json_write(mem, map);
        if (json_read(mem, text, &back).code != ERR_NONE || back->count != 1)
            CHECK_STR("not read back", text, S(""));
        else if (utf8_is((str){bytes, sizeof(bytes)}))
            CHECK_STR("the same", back->first->text, ((str){bytes, sizeof(bytes)}));
        arena_back(mem, mark);
    }
    for (unsigned i = 0; i < 256 * 20; i++) {
        char bytes[20] = "abcdefghijklmnopqrs";
        bytes[i % 20] = (char)(i / 20);
        const struct tree *back = NULL;
        str text = json_write(mem, tree_text(mem, (str){bytes, sizeof(bytes)}));
        bool same = json_read(mem, text, &back).code == ERR_NONE
                    && (i / 20 >= 0x80 || str_is(back->text, (str){bytes, sizeof(bytes)}));
        CHECK_STR("a byte anywhere", same ? S("") : text, S(""));
        arena_reset(mem);
    }
    /* Of every length, a byte at every place. */
    static const char strange[] = "\"\\\n\x1f\x7f\x80";
    for (size_t len = 1; len <= 40; len++)
        for (size_t i = 0; i < len * (COUNT(strange) - 1); i++) {
            char bytes[40];
            const struct tree *back = NULL;
            memset(bytes, 'a', len);
            bytes[i % len] = strange[i / len];
            str text = {memcpy(arena_bytes(mem, len), bytes, len), len};
            str row = json_write(mem, tree_text(mem, text));
            bool read = json_read(mem, row, &back).code == ERR_NONE;
            bool same = read && str_is(back->text, text);
            CHECK_STR("a length", same || strange[i / len] < 0 ? S("") : row, S(""));
            CHECK("is JSON", read);
            arena_reset(mem);
        }
    CHECK_STR("a broken byte",
        json_write(mem, tree_text(mem, S("a\xff"
                                         "b\xc5"))),
        S("\"a\xef\xbf\xbd"
          "b\xef\xbf\xbd\""));
    CHECK_STR("DEL stays", json_write(mem, tree_text(mem, S("\x7f"))), S("\"\x7f\""));
    arena_free(mem);
}

TEST(json_places) {
    struct arena *mem = arena_new(1 << 20);
    const struct tree *t = NULL;
    CHECK_INT("reads", json_read(mem, S("{\n  \"a\" : [1,\n   \"x\"]}"), &t).code, ERR_NONE);
    const struct tree *a = tree_find(t, S("a")), *x = tree_path(t, S("a.1"));
    CHECK("is there", a && x);
    if (a && x) {
        CHECK_INT("name, line", a->name_line, 2);
        CHECK_INT("name, column", a->name_col, 3);
        CHECK_INT("value, column", a->col, 9);
        CHECK_INT("line", x->line, 3);
        CHECK_INT("column", x->col, 4);
    }
    err e = json_read(mem, S("{\n \"a\": yes}"), &t);
    CHECK("the mistake has its place", str_starts(e.what, S("line 2, column ")));
    CHECK("what was there is untouched", tree_find(t, S("a")) == a);
    arena_free(mem);
}

/* Reads by jansson and by our own reader, and skips: they must agree, and give the same tree. */
static bool agree(struct arena *mem, str text, size_t *refused) {
    const struct tree *by_both = NULL, *by_us = NULL;
    err e = json_read(mem, text, &by_both), own = json_read_row(mem, text, &by_us);
    struct json_row r = json_row_new(mem, text);
    str all = json_row_skip(&r);
    bool skipped = json_row_end(&r) && str_is(all, str_trim(text));
    *refused += e.code != ERR_NONE;
    if (e.code != own.code || skipped != (e.code == ERR_NONE))
        return false;
    return e.code || str_is(json_write(mem, by_both), json_write(mem, by_us));
}

/* Every beginning of a text, and every byte of it broken: both refuse or both read, no crash. */
TEST(json_mangled) {
    static const str texts[] = {
        S_INIT("{\"a\\u0041\\ud83d\\ude00\":[1.5e3,true,null,\"x\\\\\"],\"b\":{}}"),
        S_INIT(
            "[-0.5E-2, 10,\"\\n\\uDBFF\\udfff\\u00e9\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"]\r\n"),
        S_INIT("{\"at\":1000000000012,\"n\":[100000000000008,-1],\"with\":{"
               "\"url\":\"https://x.test/y\",\"body\":{\"a\":[\"b\",{\"c\":\"d\"}]},"
               "\"class\":\"keyed\"},\"a text of more than sixteen\":1}"),
    };
    static const char bad[] = "\"\\{}[],:ue0-.+d\0\n\x7f\x80\xed\xff";
    struct arena *mem = arena_new(1 << 24);
    for (size_t n = 0; n < COUNT(texts); n++) {
        str text = texts[n];
        size_t refused = 0;
        for (size_t i = 0; i < text.len; i++) {
            struct arena_mark mark = arena_mark(mem);
            /* A copy of the exact size, so that reading past its end is seen. */
            str cut = {memcpy(arena_take(mem, i + 1), text.ptr, i), i};
            CHECK_STR("a beginning", agree(mem, cut, &refused) ? S("") : cut, S(""));
            for (size_t k = 0; k < sizeof(bad); k++) {
                char *copy = memcpy(arena_take(mem, text.len), text.ptr, text.len);
                copy[i] = bad[k];
                str broken = {copy, text.len};
                CHECK_STR("a byte", agree(mem, broken, &refused) ? S("") : broken, S(""));
            }
            arena_back(mem, mark);
        }
        CHECK("many are refused, and not all",
            refused > text.len * sizeof(bad) / 2 && refused < text.len * sizeof(bad));
    }
    arena_free(mem);
}

/* Whole numbers of every length, with room behind them and without. */
TEST(json_numbers) {
    static const struct {
        str text;
        bool whole;
        int64_t number;
    } cases[] = {
        {S_INIT("0"), true, 0},
        {S_INIT("-0"), true, 0},
        {S_INIT("7"), true, 7},
        {S_INIT("-1"), true, -1},
        {S_INIT("1234567"), true, 1234567},
        {S_INIT("12345678"), true, 12345678},
        {S_INIT("123456789"), true, 123456789},
        {S_INIT("1795601766768"), true, 1795601766768},
        {S_INIT("-1795601766768"), true, -1795601766768},
        {S_INIT("999999999999999"), true, 999999999999999},
        {S_INIT("1234567890123456"), true, 1234567890123456},
        {S_INIT("12345678901234567"), true, 12345678901234567},
        {S_INIT("123456789012345678"), true, 123456789012345678},
        {S_INIT("1234567890123456789"), false, 0},
        {S_INIT("01"), false, 0},
        {S_INIT("00"), false, 0},
        {S_INIT("-"), false, 0},
        {S_INIT("+1"), false, 0},
        {S_INIT("--1"), false, 0},
        {S_INIT("1.5"), false, 0},
        {S_INIT("1e3"), false, 0},
        {S_INIT("1x"), false, 0},
        {S_INIT("1:"), false, 0},
        {S_INIT("12/4"), false, 0},
        {S_INIT("\"1\""), false, 0},
        {S_INIT("true"), false, 0},
    };
    static const str behind[] = {
        S_INIT("]"), S_INIT(",\"a text behind it\"]"), S_INIT("}, and all the rest of it")};
    struct arena *mem = arena_new(1 << 20);
    for (size_t i = 0; i < COUNT(cases); i++)
        for (size_t k = 0; k < COUNT(behind); k++) {
            str text = JOIN(mem, cases[i].text, behind[k]);
            /* Of the exact size, so that reading past its end is seen. */
            text.ptr = memcpy(arena_bytes(mem, text.len), text.ptr, text.len);
            struct json_row r = json_row_new(mem, text);
            int64_t number = 0;
            CHECK_INT(cases[i].text.ptr, json_row_int(&r, &number), cases[i].whole);
            CHECK_INT(cases[i].text.ptr, number, cases[i].number);
            CHECK_INT("as far", (int64_t)r.at, cases[i].whole ? (int64_t)cases[i].text.len : 0);
        }
    arena_free(mem);
}

const struct check_test json_tests[JSON_TESTS] = {
    ROW(json_round),
    ROW(json_refused),
    ROW(json_any_bytes),
    ROW(json_places),
    ROW(json_mangled),
    ROW(json_numbers),
};
