#include "base/encode.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/buf.h"
#include "base/yaml.h"
#include "base/yaml_plain.h"
#include "check.h"
#include "data.h"

/* ---- plain scalars ---- */

TEST(yaml_plain_fine) {
    static const struct {
        str text;
        enum tree_kind kind;
    } cases[] = {
        {S_INIT("0"), TREE_NUMBER},
        {S_INIT("-5"), TREE_NUMBER},
        {S_INIT("499.00"), TREE_NUMBER},
        {S_INIT("-0.5"), TREE_NUMBER},
        {S_INIT("12345678901234567890123"), TREE_NUMBER},
        {S_INIT("true"), TREE_BOOL},
        {S_INIT("false"), TREE_BOOL},
        {S_INIT(""), TREE_NONE},
        {S_INIT("499.00 PLN"), TREE_TEXT},
        {S_INIT("19,90 PLN"), TREE_TEXT},
        {S_INIT("127.0.0.1:8080"), TREE_TEXT},
        {S_INIT("8080:80"), TREE_TEXT},
        {S_INIT("12:75"), TREE_TEXT},
        {S_INIT("12:300"), TREE_TEXT},
        {S_INIT("12:"), TREE_TEXT},
        {S_INIT("http://127.0.0.1:8080"), TREE_TEXT},
        {S_INIT("1.2.3"), TREE_TEXT},
        {S_INIT("2026-2027"), TREE_TEXT},
        {S_INIT("1234-567-890"), TREE_TEXT},
        {S_INIT("00-001 Warszawa"), TREE_TEXT},
        {S_INIT("00-001"), TREE_TEXT},
        {S_INIT("2026-01-01 to 2026-02-01"), TREE_TEXT},
        {S_INIT("+48 600 100 200"), TREE_TEXT},
        {S_INIT("0b2"), TREE_TEXT},
        {S_INIT("0badcafe"), TREE_TEXT},
        {S_INIT("0x"), TREE_TEXT},
        {S_INIT("e3"), TREE_TEXT},
        {S_INIT("1e"), TREE_TEXT},
        {S_INIT("north"), TREE_TEXT},
        {S_INIT("nobody"), TREE_TEXT},
        {S_INIT("."), TREE_TEXT},
        {S_INIT("-"), TREE_TEXT},
        {S_INIT("+"), TREE_TEXT},
        {S_INIT("_1"), TREE_TEXT},
        {S_INIT("a_b"), TREE_TEXT},
        {S_INIT("=="), TREE_TEXT},
        {S_INIT("7d"), TREE_TEXT},
        {S_INIT("zw"), TREE_TEXT},
        {S_INIT("PL5260001246"), TREE_TEXT},
        {S_INIT("info"), TREE_TEXT},
        {S_INIT("nan"), TREE_TEXT},
        {S_INIT("1-1"), TREE_TEXT},
        {S_INIT("żółw"), TREE_TEXT},
        {S_INIT("1 000"), TREE_TEXT},
        {S_INIT(":"), TREE_TEXT},
    };
    struct arena *mem = arena_new(1 << 20);
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *row = cases[i].text.len ? cases[i].text.ptr : "nothing";
        CHECK_STR(row, yaml_plain_mistake(mem, cases[i].text), S(""));
        CHECK_INT(row, yaml_plain(mem, cases[i].text)->kind, cases[i].kind);
        CHECK_STR(row, yaml_plain(mem, cases[i].text)->text, cases[i].text);
    }
    arena_free(mem);
}

TEST(yaml_plain_traps) {
    static const struct {
        str why;
        str texts[12];
    } cases[] = {
        {S_INIT("true or false to others"),
            {S_INIT("yes"), S_INIT("Yes"), S_INIT("NO"), S_INIT("no"), S_INIT("on"), S_INIT("Off"),
                S_INIT("y"), S_INIT("N"), S_INIT("oFF")}},
        {S_INIT("only when written small"), {S_INIT("True"), S_INIT("TRUE"), S_INIT("False")}},
        {S_INIT("nothing to others"),
            {S_INIT("~"), S_INIT("null"), S_INIT("Null"), S_INIT("NULL")}},
        {S_INIT("can be counted with"),
            {S_INIT(".inf"), S_INIT("-.Inf"), S_INIT("+.INF"), S_INIT(".NaN")}},
        {S_INIT("a meaning of its own"), {S_INIT("="), S_INIT("<<")}},
        {S_INIT("begins with a colon"), {S_INIT(":symbol"), S_INIT("::")}},
        {S_INIT("counted in sixties"),
            {S_INIT("12:30"), S_INIT("-1:30"), S_INIT("0:30"), S_INIT("190:20:30"),
                S_INIT("190:20:30.15"), S_INIT("1_0:5"), S_INIT("22:22")}},
        {S_INIT("a date to others"),
            {S_INIT("2026-01-01"), S_INIT("2026-1-1"), S_INIT("2026-01-01T10:00:00Z"),
                S_INIT("2026-01-01 10:00:00 +1"), S_INIT("2026-01-01t1:00:00")}},
        {S_INIT("begins with 0"), {S_INIT("0123"), S_INIT("08"), S_INIT("00"), S_INIT("-01"),
                                      S_INIT("+01"), S_INIT("0_1"), S_INIT("007.5")}},
        {S_INIT("sixteens, eights or twos"),
            {S_INIT("0x1F"), S_INIT("0o17"), S_INIT("0b101"), S_INIT("-0x1_f"), S_INIT("+0b1")}},
        {S_INIT("between its digits"), {S_INIT("1_000"), S_INIT("19,90"), S_INIT("1,000"),
                                           S_INIT("1_000.5"), S_INIT("-1_0"), S_INIT("1,000.50")}},
        {S_INIT("many zeros"),
            {S_INIT("1e3"), S_INIT("1E3"), S_INIT("-1.5e+3"), S_INIT("1.e-3"), S_INIT(".5e1")}},
        {S_INIT("begins with `+`"), {S_INIT("+5"), S_INIT("+5.0"), S_INIT("+48600100200")}},
        {S_INIT("beside its point"), {S_INIT(".5"), S_INIT("5."), S_INIT("-.5"), S_INIT("-5.")}},
    };
    struct arena *mem = arena_new(1 << 20);
    for (size_t i = 0; i < COUNT(cases); i++)
        for (size_t k = 0; k < COUNT(cases[i].texts) && cases[i].texts[k].len; k++) {
            str text = cases[i].texts[k], got = yaml_plain_mistake(mem, text);
            CHECK(text.ptr, str_starts(got, JOIN(mem, S("`"), text, S("` "))));
            CHECK(text.ptr, str_find(got, cases[i].why) < got.len);
            CHECK(text.ptr, str_ends(got, S(": put quotes")));
            CHECK_INT(text.ptr, tree_is(yaml_plain(mem, text), TREE_NONE), false);
        }
    CHECK_INT("007.5 is no JSON number", yaml_plain(mem, S("007.5"))->kind, TREE_TEXT);
    str far = yaml_plain_mistake(mem, S(":żółwżółwżółwżółwżółwżółwżółw"));
    CHECK("a long one is cut between characters", utf8_is(far) && far.len < 120);
    arena_free(mem);
}

/* ---- files ---- */

static str all_lines(struct arena *mem, str text) {
    struct report r = report_new(mem);
    str all = S("");
    (void)yaml_read(mem, S("f"), text, &r);
    for (const struct report_row *row = r.first; row; row = row->next)
        all = JOIN(mem, all, report_line(mem, row), S("\n"));
    return all;
}

/* The report's beginning, as long as what is wanted. */
static str first(struct arena *mem, str text, str want) {
    return str_part(all_lines(mem, text), 0, want.len ? want.len : 1);
}

TEST(yaml_mistakes) {
    static const struct {
        const char *name;
        str text, line; /* the beginning of the first mistake */
    } cases[] = {
        {"a value", S_INIT("a: no\n"), S_INIT("f:1:4: `no` is a word to some")},
        {"a name", S_INIT("shipping:\n  NO: 5\n"), S_INIT("f:2:3: `NO` is a word to some")},
        {"in a list", S_INIT("- a\n- 12:30\n"), S_INIT("f:2:3: `12:30` is counted")},
        {"in a flow", S_INIT("a: {b: [x, 0123]}\n"), S_INIT("f:1:12: `0123` begins with 0")},
        {"column counts characters", S_INIT("żółw: no\n"), S_INIT("f:1:7: `no`")},
        {"twice", S_INIT("a: 1\nb: 2\na: 3\n"),
            S_INIT("f:3:1: `a` is here twice; the first is in line 1")},
        {"behind a byte order mark",
            S_INIT("\xef\xbb\xbf"
                   "a: no\n"),
            S_INIT("f:1:4: `no`")},
        {"twice, once in quotes", S_INIT("a: 1\n\"a\": 3\n"), S_INIT("f:2:1: `a` is here twice")},
        {"anchor", S_INIT("a: &x 1\n"), S_INIT("f:1:4: anchors (&name) are not read")},
        {"anchor on a map", S_INIT("a: &x\n  b: 1\n"), S_INIT("f:1:4: anchors (&name)")},
        {"anchor on a name", S_INIT("&x a: 1\n"), S_INIT("f:1:1: anchors (&name)")},
        {"alias", S_INIT("a: *x\n"), S_INIT("f:1:4: aliases (*name) are not read")},
        {"alias as a name", S_INIT("*x : 1\n"), S_INIT("f:1:1: a name in front of a colon")},
        {"tag", S_INIT("a: !!str 1\n"), S_INIT("f:1:4: tags (!name) are not read")},
        {"tag on a list", S_INIT("a: !x [1]\n"), S_INIT("f:1:4: tags (!name)")},
        {"merge", S_INIT("<<: {a: 1}\n"), S_INIT("f:1:1: merging with <<")},
        {"map as a name", S_INIT("? {a: 1}\n: 2\n"), S_INIT("f:1:3: a name in front of a colon")},
        {"no name", S_INIT("\"\": 2\n"), S_INIT("f:1:1: there is no name in front of this colon")},
        {"two documents", S_INIT("a: 1\n---\nb: 2\n"), S_INIT("f:2:1: a second document")},
    };
    struct arena *mem = arena_new(1 << 22);
    for (size_t i = 0; i < COUNT(cases); i++)
        CHECK_STR(cases[i].name, first(mem, cases[i].text, cases[i].line), cases[i].line);
    CHECK_STR("all of them, not the first", all_lines(mem, S("a: &x 1\nb: !y 2\n")),
        S("f:1:4: anchors (&name) are not read here: write the value out\n"
          "f:2:4: tags (!name) are not read here: leave it out, or put quotes around the value\n"));
    arena_free(mem);
}

TEST(yaml_grammar) {
    static const struct {
        const char *name;
        str text, line;
    } cases[] = {
        {"no value", S_INIT("a: [,]\n"), S_INIT("f:1:5: a value is missing here")},
        {"NUL written", S_INIT("a: \"\\0\"\n"), S_INIT("f:1:4: there is a NUL character")},
        {"NUL", S_INIT("a: b\nc: d\0\n"), S_INIT("f:2:5: there is an invisible control")},
        {"bell", S_INIT("ż\aa: b\n"), S_INIT("f:1:2: there is an invisible control")},
        {"UTF-16",
            S_INIT("\xff\xfe"
                   "a\0:\0 \0b\0"),
            S_INIT("f:1:1: there are bytes here that are not")},
        {"UTF-16 without a mark", S_INIT("a\0:\0 \0b\0"), S_INIT("f:1:2: there is an invisible")},
        {"latin 2", S_INIT("a: b\nc: ż\xb3\n"),
            S_INIT("f:2:5: there are bytes here that are not UTF-8")},
        {"tab in front", S_INIT("a:\n\t- b\n"),
            S_INIT("f:2:1: there is a tab in front of this line")},
        {"tab deeper", S_INIT("a:\n  b: 1\n  \tc: 2\n"), S_INIT("f:3:")},
        {"cut list", S_INIT("a: [1, 2\n"),
            S_INIT("f:1:4: the list that begins here lacks a comma")},
        {"cut map", S_INIT("a: {b: 1\nc: 2\n"), S_INIT("f:1:4: what begins here lacks a comma")},
        {"hole without quotes", S_INIT("a: {{b.c}}\n"),
            S_INIT("f:1:5: a name in front of a colon must be one word or text; put quotes")},
        {"quote never closed", S_INIT("a: 1\nb: \"x\nc: 2\n"),
            S_INIT("f:2:4: this quote is never closed")},
        {"behind a quote", S_INIT("a: \"x\" y\n"),
            S_INIT("f:1:8: this line does not fit the lines above")},
        {"backslash", S_INIT("a: \"C:\\dir\"\n"), S_INIT("f:1:7: a backslash between")},
        {"second colon", S_INIT("a: b: c\n"), S_INIT("f:1:5: this colon does not fit here")},
        {"no colon", S_INIT("a: 1\nb\nc: 2\n"), S_INIT("f:2:1: here is a line without a colon")},
        {"less indented", S_INIT("a:\n    b: 1\n  c: 2\n"),
            S_INIT("f:3:3: this line does not fit")},
        {"entry among names", S_INIT("a: 1\n- b\n"), S_INIT("f:2:1: ")},
        {"entry behind a colon", S_INIT("a: - b\n"),
            S_INIT("f:1:4: a list entry `- ` does not fit")},
        {"percent", S_INIT("a: %x\n"), S_INIT("f:1:4: a text cannot begin with this character")},
        {"at", S_INIT("a: @x\n"), S_INIT("f:1:4: a text cannot begin with this character")},
        {"star", S_INIT("a: *\n"), S_INIT("f:1:5: a text cannot begin with `*` or")},
        {"text behind the bar", S_INIT("a: | text\n"), S_INIT("f:1:6: behind `|` or `>`")},
    };
    struct arena *mem = arena_new(1 << 22);
    for (size_t i = 0; i < COUNT(cases); i++)
        CHECK_STR(cases[i].name, first(mem, cases[i].text, cases[i].line), cases[i].line);
    arena_free(mem);
}

TEST(yaml_reads) {
    static const struct {
        const char *name;
        str text, json;
    } cases[] = {
        {"kinds", S_INIT("a: 1\nb: 1.50\nc: true\nd:\ne: x y\nf: \"1\"\n"),
            S_INIT("{\"a\":1,\"b\":1.50,\"c\":true,\"d\":null,\"e\":\"x y\",\"f\":\"1\"}")},
        {"quotes keep all", S_INIT("a: \"0123\"\nb: '12:30'\nc: \"no\"\nd: \"\"\n\"on\": 1\n"),
            S_INIT("{\"a\":\"0123\",\"b\":\"12:30\",\"c\":\"no\",\"d\":\"\",\"on\":1}")},
        {"lists and maps", S_INIT("- {a: [1, x], b: {}}\n- - z\n  - []\n"),
            S_INIT("[{\"a\":[1,\"x\"],\"b\":{}},[\"z\",[]]]")},
        {"block", S_INIT("a: |\n  yes\n  \tno\n\nb: >\n  x\n  y\n"),
            S_INIT("{\"a\":\"yes\\n\\u0009no\\n\",\"b\":\"x y\\n\"}")},
        {"folded plain", S_INIT("a: x\n  y\n"), S_INIT("{\"a\":\"x y\"}")},
        {"comments", S_INIT("# z\na: b # c\n"), S_INIT("{\"a\":\"b\"}")},
        {"byte order mark",
            S_INIT("\xef\xbb\xbf"
                   "a: 1\n"),
            S_INIT("{\"a\":1}")},
        {"CRLF", S_INIT("a: 1\r\nb: |\r\n  x\r\n"), S_INIT("{\"a\":1,\"b\":\"x\\n\"}")},
        {"begun and ended", S_INIT("---\na: 1\n...\n"), S_INIT("{\"a\":1}")},
        {"an address", S_INIT("listen: 127.0.0.1:8080\n"),
            S_INIT("{\"listen\":\"127.0.0.1:8080\"}")},
    };
    struct arena *mem = arena_new(1 << 22);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct report r = report_new(mem);
        const struct tree *t = yaml_read(mem, S("f"), cases[i].text, &r);
        CHECK_STR(cases[i].name, r.first ? report_line(mem, r.first) : S(""), S(""));
        CHECK_STR(cases[i].name, t ? json_write(mem, t) : S("(nothing)"), cases[i].json);
    }
    struct report r = report_new(mem);
    CHECK("an empty file is nothing", !yaml_read(mem, S("f"), S(""), &r) && !r.rows);
    CHECK("so is a file of comments", !yaml_read(mem, S("f"), S("# x\n"), &r) && !r.rows);
    arena_free(mem);
}

TEST(yaml_places) {
    struct arena *mem = arena_new(1 << 20);
    struct report r = report_new(mem);
    const struct tree *t = yaml_read(mem, S("f"), S("a: 1\nb:\n  - x\n  - \"y\"\n"), &r);
    const struct tree *b = tree_find(t, S("b")), *y = tree_path(t, S("b.1"));
    CHECK("reads", b && y);
    if (b && y) {
        CHECK_INT("name, line", b->name_line, 2);
        CHECK_INT("name, column", b->name_col, 1);
        CHECK_INT("value, line", y->line, 4);
        CHECK_INT("value, column", y->col, 5);
        CHECK("quoted", y->quoted && !tree_path(t, S("b.0"))->quoted);
    }
    t = yaml_read(mem, S("f"), S("a: 1\na: 3\n"), &r);
    CHECK_STR("the first of two stays", json_write(mem, t), S("{\"a\":1}"));
    t = yaml_read(mem, S("f"), S("a: &x 1\nb: 2\n"), &r);
    CHECK_INT("what stands behind a mistake is there", tree_get_int(t, S("b"), 0), 2);
    CHECK("what the grammar cannot follow is not given, so that nothing is said of the half of it",
        !yaml_read(mem, S("f"), S("b: 2\nc: [\n"), &r));
    arena_free(mem);
}

TEST(yaml_limits) {
    struct arena *mem = arena_new(1 << 20);
    char deep[2 * (LIMIT_YAML_DEPTH + 1)];
    for (size_t more = 0; more < 2; more++) {
        size_t depth = LIMIT_YAML_DEPTH + more;
        struct report r = report_new(mem);
        memset(deep, '[', depth);
        memset(deep + depth, ']', depth);
        (void)yaml_read(mem, S("f"), (str){deep, 2 * depth}, &r);
        CHECK_INT("depth", r.mistakes, more);
    }
    struct arena *large = arena_new(LIMIT_SHOP_ARENA);
    str many = {arena_bytes(large, 2 * LIMIT_YAML_NODES + 2), 2 * LIMIT_YAML_NODES + 2};
    memset((char *)(uintptr_t)many.ptr, ',', many.len);
    for (size_t i = 0; i < many.len; i += 2)
        ((char *)(uintptr_t)many.ptr)[i] = i ? '1' : '[';
    struct report full = report_new(large);
    CHECK("values without end", !yaml_read(large, S("f"), many, &full) && full.mistakes == 1);
    for (int more = 0; more < 2; more++) {
        struct buf names = buf_new(large, 1 << 20);
        for (int i = 0; i < LIMIT_YAML_KEYS + more; i++)
            buf_format(&names, "a%d: 1\n", i);
        struct report found = report_new(large);
        const struct tree *t = yaml_read(large, S("f"), buf_str(&names), &found);
        CHECK_INT("names of one level", found.mistakes, more);
        CHECK("names of one level", !t == (more == 1));
    }
    arena_free(large);
    struct report r = report_new(mem);
    CHECK("size", !yaml_read(mem, S("f"), (str){deep, LIMIT_YAML + 1}, &r) && r.mistakes == 1);
    arena_free(mem);
}

const struct check_test yaml_tests[YAML_TESTS] = {
    ROW(yaml_plain_fine),
    ROW(yaml_plain_traps),
    ROW(yaml_mistakes),
    ROW(yaml_grammar),
    ROW(yaml_reads),
    ROW(yaml_places),
    ROW(yaml_limits),
};
