#include "base/arena.h"
#include "base/buf.h"
#include "base/encode.h"
#include "base/err.h"
#include "base/fill.h"
#include "base/hash.h"
#include "base/report.h"
#include "base/table.h"
#include "base/time.h"
#include "base/tree.h"
#include "check.h"
#include "data.h"

#include <assert.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- str ---- */

TEST(str_cut) {
    static const struct {
        const char *name;
        str text, pieces;
    } cases[] = {
        {"three", S_INIT("a,b,c"), S_INIT("[a][b][c]")},
        {"empty in the middle", S_INIT("a,,b"), S_INIT("[a][][b]")},
        {"nothing", S_INIT(""), S_INIT("")},
        {"one", S_INIT("a"), S_INIT("[a]")},
        {"first empty", S_INIT(",a"), S_INIT("[][a]")},
    };
    struct arena *mem = arena_new(1 << 20);
    for (size_t i = 0; i < COUNT(cases); i++) {
        str got = S(""), piece;
        for (str rest = cases[i].text; str_cut(&rest, ',', &piece);)
            got = JOIN(mem, got, S("["), piece, S("]"));
        CHECK_STR(cases[i].name, got, cases[i].pieces);
    }
    arena_free(mem);
}

TEST(str_number) {
    static const struct {
        const char *name;
        str text;
        bool fine;
        int64_t number;
    } cases[] = {
        {"zero", S_INIT("0"), true, 0},
        {"leading zero", S_INIT("007"), true, 7},
        {"largest", S_INIT("9223372036854775807"), true, INT64_MAX},
        {"one more", S_INIT("9223372036854775808"), false, 0},
        {"empty", S_INIT(""), false, 0},
        {"sign", S_INIT("-1"), false, 0},
        {"blank", S_INIT("1 "), false, 0},
        {"point", S_INIT("1.0"), false, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t got = 0;
        CHECK_INT(cases[i].name, str_number(cases[i].text, &got), cases[i].fine);
        CHECK_INT(cases[i].name, got, cases[i].number);
    }
}

TEST(str_find) {
    static const struct {
        const char *name;
        str text, part;
        size_t at;
    } cases[] = {
        {"first", S_INIT("abcabc"), S_INIT("bc"), 1},
        {"none", S_INIT("abc"), S_INIT("x"), 3},
        {"longer than all", S_INIT("ab"), S_INIT("abc"), 2},
        {"in nothing", S_INIT(""), S_INIT("a"), 0},
        {"nothing in it", S_INIT("abc"), S_INIT(""), 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        CHECK_INT(cases[i].name, str_find(cases[i].text, cases[i].part), cases[i].at);
    CHECK("like", str_is_like(S("Content-TYPE"), S("content-type")));
    CHECK("like is ASCII only", !str_is_like(S("\xc3\x93"), S("\xc3\xb3")));
    CHECK("order", str_order(S("a"), S("ab")) < 0 && str_order(S("b"), S("ab")) > 0);
    CHECK_STR("trim", str_trim(S(" \t a b\r\n")), S("a b"));
    CHECK_STR("trim nothing", str_trim(S("  ")), S(""));
    CHECK_STR("from past the end", str_from(S("abc"), 9), S(""));
    CHECK_STR("part clamped", str_part(S("abc"), 1, 9), S("bc"));
}

/* ---- arena ---- */

static void count_close(void *handle) {
    ++*(int *)handle;
}

TEST(arena_handles) {
    struct arena *mem = arena_new(1 << 24);
    int closed = 0;
    arena_defer(mem, count_close, &closed);
    struct arena_mark mark = arena_mark(mem);
    arena_defer(mem, count_close, &closed);
    char *big = arena_take(mem, 1 << 20);
    big[0] = big[(1 << 20) - 1] = 1;
    arena_back(mem, mark);
    CHECK_INT("back closes what came since", closed, 1);
    arena_reset(mem);
    CHECK_INT("reset closes all", closed, 2);
    CHECK_INT("reset forgets", arena_taken(mem), 0);
    char *again = arena_take(mem, 4096);
    bool zero = true;
    for (int i = 0; i < 4096; i++)
        zero = zero && !again[i];
    CHECK("taken again it is zero", zero);
    CHECK("aligned",
        ((uintptr_t)arena_take(mem, 3) & 15) == 0 && ((uintptr_t)arena_take(mem, 1) & 15) == 0);
    arena_defer(mem, count_close, &closed);
    arena_free(mem);
    CHECK_INT("free closes", closed, 3);
}

/* In a process of its own: how it ended, 0 when it lived. */
static int ends(void (*act)(struct arena *mem)) {
    int status = 0;
    pid_t child = fork();
    if (!child) {
        struct arena *mem = arena_new(1000);
        close(STDERR_FILENO);
        act(mem);
        arena_free(mem);
        _exit(0);
    }
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

static void take_all(struct arena *mem) {
    arena_take(mem, 1000 - 1000 % 16);
}
static void take_all_again(struct arena *mem) {
    take_all(mem);
    arena_reset(mem);
    take_all(mem);
}
static void take_back(struct arena *mem) {
    struct arena_mark mark = arena_mark(mem);
    take_all(mem);
    arena_back(mem, mark);
    take_all(mem);
}
static void take_more(struct arena *mem) {
    take_all(mem);
    arena_take(mem, 17);
}
static void take_huge(struct arena *mem) {
    arena_bytes(mem, SIZE_MAX);
}
static void take_product(struct arena *mem) {
    arena_array(mem, SIZE_MAX / 2, 4);
}

TEST(arena_ceiling) {
    static const struct {
        const char *name;
        void (*act)(struct arena *mem);
        int end;
    } cases[] = {
        {"up to the ceiling", take_all, 0},
        {"again after a reset", take_all_again, 0},
        {"again after going back", take_back, 0},
        {"more", take_more, SIGABRT},
        {"sizes that overflow", take_huge, SIGABRT},
        {"products that overflow", take_product, SIGABRT},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        CHECK_INT(cases[i].name, ends(cases[i].act), cases[i].end);
}

/* Many sizes, each filled: no two takings share a byte, whatever chunk they come from. */
TEST(arena_apart) {
    enum { TAKES = 400 };
    struct arena *mem = arena_new(64 << 20);
    for (int round = 0; round < 2; round++) {
        unsigned char *takes[TAKES];
        size_t wrong = 0;
        for (size_t i = 0; i < TAKES; i++) {
            takes[i] = arena_take(mem, i * i + 1);
            wrong += takes[i][0] || takes[i][i * i];
            memset(takes[i], (int)(i % 251), i * i + 1);
        }
        for (size_t i = 0; i < TAKES; i++)
            for (size_t k = 0; k <= i * i; k++)
                wrong += takes[i][k] != i % 251;
        CHECK_INT("bytes that are not their own", wrong, 0);
        CHECK("counted", arena_taken(mem) >= 20 << 20);
        arena_reset(mem);
    }
    arena_free(mem);
}

TEST(buf_grows) {
    struct arena *mem = arena_new(1 << 20);
    struct buf b = buf_new(mem, 3000);
    CHECK_STR("nothing", buf_str(&b), S(""));
    for (int i = 0; i < 300; i++)
        buf_add(&b, S("0123456789"));
    CHECK("up to the ceiling", b.len == 3000 && !b.full && b.room <= 3000);
    CHECK_STR("all there", str_from(buf_str(&b), 2990), S("0123456789"));
    struct buf wide = buf_new(mem, 1000);
    buf_format(&wide, "%300d|%d", 7, -5);
    CHECK_INT("a wide number is whole", wide.len, 303);
    CHECK_STR("to its end", str_from(buf_str(&wide), 298), S(" 7|-5"));
    arena_free(mem);
}

TEST(str_int) {
    static const struct {
        int64_t number;
        str text;
    } cases[] = {
        {0, S_INIT("0")},
        {-1, S_INIT("-1")},
        {1234567890, S_INIT("1234567890")},
        {INT64_MAX, S_INIT("9223372036854775807")},
        {INT64_MIN, S_INIT("-9223372036854775808")},
    };
    struct arena *mem = arena_new(1 << 16);
    for (size_t i = 0; i < COUNT(cases); i++)
        CHECK_STR(cases[i].text.ptr, str_int(mem, cases[i].number), cases[i].text);
    const char *cz = str_cz(mem, str_part(S("abc"), 0, 2));
    CHECK("str_cz ends with NUL", cz[0] == 'a' && cz[1] == 'b' && !cz[2]);
    CHECK_STR("join", JOIN(mem, S("a"), S(""), (str){0}, S("bc")), S("abc"));
    CHECK_STR("lower", str_lower(mem, S("AbŻ-Z")), S("abŻ-z"));
    CHECK("starts and ends", str_starts(S("abc"), S("ab")) && !str_starts(S("a"), S("ab"))
                                 && str_ends(S("abc"), S("bc")) && !str_ends(S("c"), S("bc"))
                                 && str_ends(S("c"), S("")));
    arena_free(mem);
}

TEST(buf_ceiling) {
    struct arena *mem = arena_new(1 << 20);
    struct buf b = buf_new(mem, 10);
    buf_add(&b, S("12345"));
    buf_format(&b, "%d", 678);
    CHECK("not full yet", !b.full);
    buf_add(&b, S("abc"));
    CHECK("full", b.full);
    buf_byte(&b, 'x');
    CHECK_STR("nothing is added past the ceiling", buf_str(&b), S("12345678"));
    arena_free(mem);
}

/* ---- encode ---- */

TEST(encode_there_and_back) {
    static const struct {
        const char *name;
        str bytes, hex, base32, base64;
    } cases[] = {
        {"nothing", S_INIT(""), S_INIT(""), S_INIT(""), S_INIT("")},
        {"one", S_INIT("f"), S_INIT("66"), S_INIT("cr"), S_INIT("Zg==")},
        {"two", S_INIT("fo"), S_INIT("666f"), S_INIT("csqg"), S_INIT("Zm8=")},
        {"three", S_INIT("foo"), S_INIT("666f6f"), S_INIT("csqpy"), S_INIT("Zm9v")},
        {"six", S_INIT("foobar"), S_INIT("666f6f626172"), S_INIT("csqpyrk1e8"), S_INIT("Zm9vYmFy")},
        {"high bytes", S_INIT("\xff\x00\x80"), S_INIT("ff0080"), S_INIT("zw080"), S_INIT("/wCA")},
    };
    struct arena *mem = arena_new(1 << 20);
    for (size_t i = 0; i < COUNT(cases); i++) {
        str back = {0};
        CHECK_STR(cases[i].name, hex_write(mem, cases[i].bytes), cases[i].hex);
        CHECK_STR(cases[i].name, base32_write(mem, cases[i].bytes), cases[i].base32);
        CHECK_STR(cases[i].name, base64_write(mem, cases[i].bytes), cases[i].base64);
        CHECK(cases[i].name, hex_read(mem, cases[i].hex, &back) && str_is(back, cases[i].bytes));
        CHECK(cases[i].name,
            base64_read(mem, cases[i].base64, &back) && str_is(back, cases[i].bytes));
    }
    str out = {0};
    uint64_t number = 0;
    CHECK("hex: either case", hex_read(mem, S("Ff"), &out) && str_is(out, S("\xff")));
    CHECK("hex: odd", !hex_read(mem, S("fff"), &out));
    CHECK("hex: not a digit", !hex_read(mem, S("fg"), &out));
    CHECK("base64: not a digit", !base64_read(mem, S("Zm9*"), &out));
    CHECK("base64: bits left over", !base64_read(mem, S("Zh=="), &out));
    CHECK_STR("number", base32_number(mem, 1234567890123, 10), S("013xrzp16b"));
    CHECK("number back", base32_number_read(S("013xrzp16b"), &number) && number == 1234567890123);
    CHECK("number: no i l o u", !base32_number_read(S("ilou"), &number));
    arena_free(mem);
}

TEST(percent) {
    struct arena *mem = arena_new(1 << 20);
    str out = {0};
    CHECK_STR("write", percent_write(mem, S("a b/ó~")), S("a%20b%2F%C3%B3~"));
    CHECK(
        "plus is a blank", percent_read(mem, S("a+b%2bc"), true, &out) && str_is(out, S("a b+c")));
    CHECK("plus stays", percent_read(mem, S("a+b"), false, &out) && str_is(out, S("a+b")));
    CHECK("cut at the end", !percent_read(mem, S("a%2"), true, &out));
    CHECK("lone", !percent_read(mem, S("%"), true, &out));
    CHECK("no hex", !percent_read(mem, S("%zz"), true, &out));
    CHECK("last is whole", percent_read(mem, S("%41"), true, &out) && str_is(out, S("A")));
    arena_free(mem);
}

TEST(utf8) {
    static const struct {
        const char *name;
        str text;
        bool fine;
    } cases[] = {
        {"ascii", S_INIT("abc"), true},
        {"polish", S_INIT("zażółć"), true},
        {"four bytes", S_INIT("\xf0\x9f\x98\x80"), true},
        {"overlong two", S_INIT("\xc0\xaf"), false},
        {"overlong three", S_INIT("\xe0\x80\xaf"), false},
        {"overlong four", S_INIT("\xf0\x80\x80\xaf"), false},
        {"surrogate", S_INIT("\xed\xa0\x80"), false},
        {"past the end", S_INIT("\xf4\x90\x80\x80"), false},
        {"cut", S_INIT("\xc5"), false},
        {"cut four", S_INIT("\xf0\x9f\x98"), false},
        {"lone continuation", S_INIT("\x80"), false},
        {"latin 2",
            S_INIT("\xb3\xf3"
                   "d\xbc"),
            false},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        CHECK_INT(cases[i].name, utf8_is(cases[i].text), cases[i].fine);
    CHECK_INT("length", utf8_length(S("łódź")), 4);
    CHECK_INT("valid up to a broken byte",
        utf8_valid(S("abcdefgh\xc5\x82\xff"
                     "abc")),
        10);
    CHECK_INT("valid up to a cut one", utf8_valid(S("0123456789abcde\xc5")), 15);
    CHECK_INT("cut by its length", utf8_valid(str_part(S("ł"), 0, 1)), 0);
    struct arena *mem = arena_new(1 << 16);
    CHECK_STR("lines of Windows", text_lines(mem, S("\xef\xbb\xbf---\r\na\r\n\r\n")),
        S("---\na\n\n"));
    CHECK_STR("lines of ours", text_lines(mem, S("a\nb\rc\r")), S("a\nb\rc\r"));
    CHECK_STR("typed bare", shell_word(mem, S("my-shop/łódź")), S("my-shop/łódź"));
    CHECK_STR("typed in quotes", shell_word(mem, S("a'b c")), S("'a'\\''b c'"));
    CHECK_STR("typed as nothing", shell_word(mem, S("")), S("''"));
    CHECK_STR("no lines", text_lines(mem, S("")), S(""));
    arena_free(mem);
    CHECK_STR("prefix of nothing", utf8_prefix(S("ł"), 1), S(""));
    CHECK_STR("prefix never cuts a character", utf8_prefix(S("łódź"), 3), S("ł"));
    CHECK_STR("prefix of all", utf8_prefix(S("łó"), 4), S("łó"));
}

/* ---- hash ---- */

static str long_key(struct arena *mem) {
    return (str){memset(arena_take(mem, 131), 0xaa, 131), 131};
}

TEST(hash) {
    struct arena *mem = arena_new(1 << 20);
    CHECK_STR("md5 RFC 1321", hash_md5_hex(mem, S("message digest")),
        S("f96b697d7cb7938d525a2f31aaf161d0"));
    CHECK_STR("md5 of nothing", hash_md5_hex(mem, S("")), S("d41d8cd98f00b204e9800998ecf8427e"));
    CHECK_STR("sha256 FIPS 180", hash_sha256_hex(mem, S("abc")),
        S("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    CHECK_STR("hmac RFC 4231 case 2",
        hex_write(mem, hash_hmac(mem, hash_key(mem, S("Jefe")), S("what do ya want for nothing?"))),
        S("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
    struct hash_key ready = hash_key(mem, long_key(mem)), bare = {.bytes = ready.bytes};
    CHECK("a key made ready, twice",
        hash_is(hash_hmac(mem, ready, S("a")), hash_hmac(mem, bare, S("a"))));
    CHECK("and again", hash_is(hash_hmac(mem, ready, S("b")), hash_hmac(mem, bare, S("b"))));
    CHECK("equal", hash_is(S("abc"), S("abc")));
    CHECK("other", !hash_is(S("abc"), S("abd")));
    CHECK("nothing is nothing", hash_is(S(""), (str){0}));
    CHECK_STR("hmac RFC 4231 case 6, a long key",
        hex_write(mem, hash_hmac(mem, (struct hash_key){.bytes = long_key(mem)},
                           S("Test Using Larger Than Block-Size Key - Hash Key First"))),
        S("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"));
    CHECK_STR("hmac of nothing",
        hex_write(mem, hash_hmac(mem, (struct hash_key){.bytes = S("")}, S(""))),
        S("b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"));
    CHECK("longer", !hash_is(S("ab"), S("abc")));
    CHECK("shorter", !hash_is(S("abc"), S("ab")));
    arena_free(mem);
}

/* ---- time ---- */

TEST(time_iso) {
    static const struct {
        const char *name;
        str text;
        bool fine;
        instant at;
    } cases[] = {
        {"epoch", S_INIT("1970-01-01T00:00:00.000Z"), true, 0},
        {"leap day", S_INIT("2024-02-29T12:30:45.678Z"), true, 1709209845678},
        {"century without leap day", S_INIT("2100-02-28T23:59:59.999Z"), true, 4107542399999},
        {"no leap day", S_INIT("2023-02-29T00:00:00.000Z"), false, 0},
        {"no month", S_INIT("2023-13-01T00:00:00.000Z"), false, 0},
        {"blank for T", S_INIT("2023-01-01 00:00:00.000Z"), false, 0},
        {"no zone", S_INIT("2023-01-01T00:00:00.0000"), false, 0},
        {"short", S_INIT("2023-01-01"), false, 0},
        {"before 1970", S_INIT("1969-12-31T23:59:59.999Z"), true, -1},
        {"the first", S_INIT("0001-01-01T00:00:00.000Z"), true, -62135596800000},
        {"the last", S_INIT("9999-12-31T23:59:59.999Z"), true, 253402300799999},
        {"four hundred years", S_INIT("2000-02-29T00:00:00.000Z"), true, 951782400000},
        {"hour 24", S_INIT("2023-01-01T24:00:00.000Z"), false, 0},
        {"second 60", S_INIT("2023-01-01T00:00:60.000Z"), false, 0},
        {"sign in a field", S_INIT("2023-01-01T00:00:+1.000Z"), false, 0},
        {"comma", S_INIT("2023-01-01T00:00:00,000Z"), false, 0},
        {"small z", S_INIT("2023-01-01T00:00:00.000z"), false, 0},
    };
    struct arena *mem = arena_new(1 << 20);
    for (size_t i = 0; i < COUNT(cases); i++) {
        instant at = 0;
        CHECK_INT(cases[i].name, time_read(cases[i].text, &at).code == ERR_NONE, cases[i].fine);
        CHECK_INT(cases[i].name, at, cases[i].at);
        if (cases[i].fine)
            CHECK_STR(cases[i].name, time_iso(mem, at), cases[i].text);
    }
    instant at = 0;
    CHECK("without milliseconds",
        time_read(S("1970-01-01T00:00:01Z"), &at).code == ERR_NONE && at == 1000);
    CHECK_STR("past the last", time_iso(mem, INT64_MAX), S("9999-12-31T23:59:59.999Z"));
    CHECK_STR("before the first", time_iso(mem, INT64_MIN), S("0000-01-01T00:00:00.000Z"));
    CHECK_STR("mail", time_mail(mem, 1709209845678), S("Thu, 29 Feb 2024 12:30:45 +0000"));
    CHECK("span", time_span_read(S("15m"), &at).code == ERR_NONE && at == 15 * TIME_MINUTE);
    CHECK("span of nothing", time_span_read(S("0d"), &at).code == ERR_INVALID);
    CHECK("span without unit", time_span_read(S("15"), &at).code == ERR_INVALID);
    CHECK("span too long", time_span_read(S("9223372036854775807d"), &at).code == ERR_INVALID);
    arena_free(mem);
}

/* ---- table ---- */

TEST(table_near) {
    static const str names[] = {S_INIT("name"), S_INIT("price"), S_INIT("gateways"), S_INIT("url")};
    static const struct {
        const char *name;
        str word, near;
    } cases[] = {
        {"swap", S_INIT("nmae"), S_INIT("name")},
        {"dropped", S_INIT("gatways"), S_INIT("gateways")},
        {"two off", S_INIT("gatway"), S_INIT("gateways")},
        {"short, two off", S_INIT("ula"), S_INIT("")},
        {"far", S_INIT("banana"), S_INIT("")},
        {"short and far", S_INIT("xy"), S_INIT("")},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        CHECK_STR(cases[i].name, table_near(cases[i].word, names, COUNT(names)), cases[i].near);
    struct arena *mem = arena_new(1 << 16);
    char far[100];
    memset(far, 'x', sizeof(far));
    CHECK_STR("far and long", table_near((str){far, 100}, names, COUNT(names)), S(""));
    CHECK_STR(
        "guess", table_guess(mem, S("pirce"), names, COUNT(names)), S(", did you mean `price`?"));
    CHECK_STR("no guess", table_guess(mem, S("banana"), names, COUNT(names)), S(""));
    arena_free(mem);
}

static const struct check_test tests[] = {
    ROW(str_cut),
    ROW(str_number),
    ROW(str_find),
    ROW(str_int),
    ROW(arena_handles),
    ROW(arena_ceiling),
    ROW(arena_apart),
    ROW(buf_grows),
    ROW(buf_ceiling),
    ROW(encode_there_and_back),
    ROW(percent),
    ROW(utf8),
    ROW(hash),
    ROW(time_iso),
    ROW(table_near),
};

int main(int argc, char **argv) {
    struct check_test
        all[COUNT(tests) + DATA_TESTS + JSON_TESTS + YAML_TESTS + MASK_TESTS + ZONE_TESTS];
    struct check_test *at = all;
    at = mempcpy(at, tests, sizeof(tests));
    at = mempcpy(at, data_tests, sizeof(data_tests));
    at = mempcpy(at, json_tests, sizeof(json_tests));
    at = mempcpy(at, yaml_tests, sizeof(yaml_tests));
    at = mempcpy(at, mask_tests, sizeof(mask_tests));
    at = mempcpy(at, zone_tests, sizeof(zone_tests));
    assert(at == all + COUNT(all));
    return check_run(argc, argv, all, COUNT(all));
}
