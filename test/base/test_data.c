#include "base/encode.h"
#include "base/err.h"
#include "base/fill.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/report.h"
#include "check.h"
#include "data.h"

TEST(tree_looks) {
    struct arena *mem = arena_new(1 << 20);
    const struct tree *t = NULL;
    err e = json_read(mem, S("{\"a\":{\"b/c\":[10,{\"x~y\":\"z\"}]},\"n\":-5,\"t\":true}"), &t);
    CHECK_INT("reads", e.code, ERR_NONE);
    CHECK_STR("pointer", tree_str(tree_pointer(t, S("/a/b~1c/1/x~0y"))), S("z"));
    CHECK_STR("pointer into a list", tree_str(tree_pointer(t, S("/a/b~1c/0"))), S("10"));
    CHECK("pointer to nothing", !tree_pointer(t, S("/a/q")));
    CHECK("pointer past a list", !tree_pointer(t, S("/a/b~1c/7")));
    CHECK("pointer without a slash", !tree_pointer(t, S("a")));
    CHECK("pointer to all", tree_pointer(t, S("")) == t);
    CHECK_STR("path", tree_str(tree_path(t, S("a.b/c.0"))), S("10"));
    CHECK("path through a scalar", !tree_path(t, S("n.x")));
    CHECK_INT("int", tree_get_int(t, S("n"), 7), -5);
    CHECK_INT("no int", tree_get_int(t, S("a"), 7), 7);
    CHECK("bool", tree_get_bool(t, S("t"), false));
    CHECK(
        "nothing everywhere", !tree_find(NULL, S("a")) && !tree_truth(NULL) && !tree_str(NULL).len);
    struct tree *m = tree_map(mem);
    tree_put_text(mem, m, S("a"), S("1"));
    tree_put_text(mem, m, S("b"), S("2"));
    tree_put_text(mem, m, S("b"), S("3"));
    tree_put_text(mem, m, S("c"), S("4"));
    CHECK_STR(
        "put replaces in place", json_write(mem, m), S("{\"a\":\"1\",\"b\":\"3\",\"c\":\"4\"}"));
    CHECK_INT("and counts once", m->count, 3);
    arena_free(mem);
}

struct pair {
    str first, second;
};
static int made;

static struct tree *second_at(struct arena *mem, const void *at) {
    made++;
    return tree_text_at(mem, at);
}

static struct tree *none_at(struct arena *mem, const void *at) {
    return NULL;
}

TEST(tree_later) {
    static const struct tree_row rows[] = {
        {S_INIT("a"), tree_text_at, offsetof(struct pair, first)},
        {S_INIT("b"), second_at, offsetof(struct pair, second)},
        {S_INIT("c"), none_at, 0},
    };
    struct arena *mem = arena_new(1 << 20);
    struct pair pair = {S("1"), S("2")};
    struct tree *map = tree_later(mem, rows, COUNT(rows), &pair);
    made = 0;
    CHECK("it is something", tree_truth(map) && tree_is(map, TREE_MAP));
    CHECK("no such row", !tree_find(map, S("x")));
    CHECK("a row of nothing", !tree_find(map, S("c")));
    CHECK_STR("another row", tree_get(map, S("a")), S("1"));
    CHECK_INT("not made yet", made, 0);
    pair.second = S("3");
    CHECK_STR("made when it is named", tree_get(map, S("b")), S("3"));
    CHECK("once", tree_find(map, S("b")) == tree_find(map, S("b")) && made == 1);
    CHECK_STR("through a path", tree_str(tree_path(map, S("b"))), S("3"));
    struct tree *other = tree_later(mem, rows, COUNT(rows), &pair);
    CHECK_STR("asked out of order", tree_get(other, S("b")), S("3"));
    tree_put_text(mem, other, S("x"), S("0"));
    tree_put_text(mem, other, S("a"), S("over"));
    struct tree *copy = tree_copy(mem, other);
    CHECK_STR("a copy has all, the rows in order", json_write(mem, copy),
        S("{\"x\":\"0\",\"a\":\"over\",\"b\":\"3\"}"));
    CHECK("and is a plain map", !copy->later && copy->count == 3 && !tree_find(copy, S("c")));
    arena_free(mem);
}

TEST(tree_sameness) {
    static const struct {
        const char *name;
        str a, b;
        bool same;
    } rows[] = {
        {"equal", S_INIT("{\"a\":[1,{\"b\":true}]}"), S_INIT("{\"a\":[1,{\"b\":true}]}"), true},
        {"another text deep inside", S_INIT("{\"a\":[{\"b\":\"x\"}]}"),
            S_INIT("{\"a\":[{\"b\":\"y\"}]}"), false},
        {"another name", S_INIT("{\"a\":1}"), S_INIT("{\"b\":1}"), false},
        {"another kind", S_INIT("{\"a\":1}"), S_INIT("{\"a\":\"1\"}"), false},
        {"another truth", S_INIT("[true]"), S_INIT("[false]"), false},
        {"one more", S_INIT("[1]"), S_INIT("[1,2]"), false},
        {"one less", S_INIT("[1,2]"), S_INIT("[1]"), false},
        {"another order", S_INIT("[1,2]"), S_INIT("[2,1]"), false},
    };
    struct arena *mem = arena_new(1 << 20);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct tree *a = NULL, *b = NULL;
        CHECK(rows[i].name, json_read(mem, rows[i].a, &a).code == ERR_NONE);
        CHECK(rows[i].name, json_read(mem, rows[i].b, &b).code == ERR_NONE);
        CHECK(rows[i].name, tree_is_same(a, b) == rows[i].same);
        CHECK(rows[i].name, tree_is_same(a, a) && !tree_is_same(a, NULL));
    }
    CHECK("nothing and nothing", tree_is_same(NULL, NULL));
    arena_free(mem);
}

TEST(fill_holes) {
    struct arena *mem = arena_new(1 << 20);
    const struct tree *view = NULL, *in = NULL, *secrets = NULL;
    struct tree *out = NULL;
    str text = {0};
    err e = json_read(mem,
        S("{\"buyer\":{\"email\":\"a+b@c.pl\"},\"n\":5,\"x\":{\"link\":\"https://l/?a\"}}"), &view);
    CHECK_INT("view", e.code, ERR_NONE);
    e = json_read(mem,
        S("{\"to\":\"{{buyer.email}}\",\"n\":\"{{n}}\","
          "\"t\":\"n={{ n }}!\",\"{{n}}\":[\"{{x}}\"]}"),
        &in);
    CHECK_INT("template", e.code, ERR_NONE);
    CHECK_INT("fills", fill_tree(mem, in, view, FILL_TEXT, &out).code, ERR_NONE);
    CHECK_STR("a lone hole keeps its kind", json_write(mem, out),
        S("{\"to\":\"a+b@c.pl\",\"n\":5,\"t\":\"n=5!\",\"5\":[{\"link\":\"https://l/?a\"}]}"));
    CHECK_INT("unknown name", fill_text(mem, S("{{buyer.nmae}}"), view, FILL_TEXT, &text).code,
        ERR_INVALID);
    CHECK_INT("unclosed", fill_text(mem, S("{{n"), view, FILL_TEXT, &text).code, ERR_INVALID);
    CHECK_INT(
        "a map is no text", fill_text(mem, S("a{{x}}"), view, FILL_TEXT, &text).code, ERR_INVALID);
    CHECK_INT("percent",
        fill_text(mem, S("https://h/{{buyer.email}}"), view, FILL_PERCENT, &text).code, ERR_NONE);
    CHECK_STR("percent", text, S("https://h/a%2Bb%40c.pl"));
    e = json_read(mem, S("{\"KEY\":\"s3 cret\"}"), &secrets);
    CHECK_INT("secrets", e.code, ERR_NONE);
    CHECK_INT("secret",
        fill_secrets(mem, S("Bearer ${KEY} $${KEY}"), secrets, FILL_TEXT, &text).code, ERR_NONE);
    CHECK_STR("secret", text, S("Bearer s3 cret ${KEY}"));
    CHECK_INT(
        "secret unset", fill_secrets(mem, S("${NOPE}"), secrets, FILL_TEXT, &text).code, ERR_SETUP);
    CHECK_STR("names", json_write(mem, fill_names(mem, in)), S("[\"buyer.email\",\"n\",\"x\"]"));
    arena_free(mem);
}

TEST(report_rows) {
    struct arena *mem = arena_new(1 << 22);
    struct report r = report_new(mem);
    char word[] = "gone";
    report_add(&r, REPORT_MISTAKE, (struct place){S("b.yml"), 2, 1}, S("third"));
    report_add(&r, REPORT_ADVICE, (struct place){S("a.yml"), 9, 3}, S("second"));
    report_add(&r, REPORT_NOTE, (struct place){S("b.yml"), 2, 1}, S("fourth, found later"));
    report_add(&r, REPORT_MISTAKE, (struct place){.file = S("a.yml")}, (str){word, 4});
    word[0] = 'G';
    CHECK_INT("mistakes alone count", r.mistakes, 2);
    report_sort(&r);
    str all = S("");
    for (const struct report_row *row = r.first; row; row = row->next)
        all = JOIN(mem, all, report_line(mem, row), S("\n"));
    CHECK_STR("sorted, equal ones as found, sentences copied", all,
        S("a.yml: gone\na.yml:9:3: advice: second\nb.yml:2:1: third\n"
          "b.yml:2:1: note: fourth, found later\n"));
    CHECK(
        "the last is the last", r.last && !r.last->next && str_starts(r.last->sentence, S("four")));
    for (int i = 0; i < LIMIT_REPORT_ROWS; i++)
        report_add(&r, REPORT_MISTAKE, (struct place){S("c.yml"), i, 1}, S("again"));
    size_t kept = 0;
    for (const struct report_row *row = r.first; row; row = row->next)
        kept++;
    CHECK_INT("rows kept", kept, LIMIT_REPORT_ROWS);
    CHECK_INT("rows counted", r.rows, LIMIT_REPORT_ROWS + 4);
    CHECK_INT("mistakes counted", r.mistakes, LIMIT_REPORT_ROWS + 2);
    arena_free(mem);
}

static err third(struct arena *mem, int fail, int *reached) {
    TRY(fail == 1 ? err_make(ERR_BUSY, S("one")) : OK_ERR);
    *reached = 1;
    TRY(err_in(mem, fail == 2 ? err_make(ERR_ABSENT, S("two")) : OK_ERR, S("order: ")));
    *reached = 2;
    return OK_ERR;
}

TEST(err_values) {
    struct arena *mem = arena_new(1 << 16);
    static const struct {
        const char *name;
        int fail, reached;
        enum err_code code;
        str what;
    } cases[] = {
        {"fine", 0, 2, ERR_NONE, S_INIT("")},
        {"leaves early", 1, 0, ERR_BUSY, S_INIT("one")},
        {"words in front", 2, 1, ERR_ABSENT, S_INIT("order: two")},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int reached = 0;
        err e = third(mem, cases[i].fail, &reached);
        CHECK_INT(cases[i].name, e.code, cases[i].code);
        CHECK_INT(cases[i].name, reached, cases[i].reached);
        CHECK_STR(cases[i].name, e.what, cases[i].what);
    }
    for (int i = ERR_NONE + 1; i < ERR_CODES; i++) {
        const struct err_rule *rule = &err_rules[i];
        CHECK("every code has a status", rule->status >= 400 && rule->status < 600);
        CHECK("an exit code other than fine", rule->exit > 0);
        CHECK("a sentence", str_ends(str_of(rule->stranger), S(".")));
        CHECK("75 means again", (rule->exit == 75) == rule->again);
    }
    arena_free(mem);
}

TEST(tree_values) {
    struct arena *mem = arena_new(1 << 20);
    static const struct {
        const char *name;
        str text;
        int64_t number;
        bool truth;
    } cases[] = {
        {"largest", S_INIT("9223372036854775807"), INT64_MAX, true},
        {"least but one", S_INIT("-9223372036854775807"), -INT64_MAX, true},
        {"too large", S_INIT("9223372036854775808"), 7, true},
        {"a fraction", S_INIT("1.5"), 7, true},
        {"an exponent", S_INIT("1e3"), 7, true},
        {"two signs", S_INIT("--1"), 7, true},
        {"nothing", S_INIT(""), 7, false},
        {"zero is there", S_INIT("0"), 0, true},
    };
    struct tree *map = tree_map(mem), *list = tree_list(mem);
    for (size_t i = 0; i < COUNT(cases); i++) {
        tree_put_text(mem, map, S("x"), cases[i].text);
        CHECK_INT(cases[i].name, tree_get_int(map, S("x"), 7), cases[i].number);
        CHECK_INT(cases[i].name, tree_truth(tree_find(map, S("x"))), cases[i].truth);
    }
    CHECK_STR("least", tree_int(mem, INT64_MIN)->text, S("-9223372036854775808"));
    CHECK("empty list", !tree_truth(list) && tree_truth(map));
    CHECK("true, false, none", tree_truth(tree_bool(mem, true))
                                   && !tree_truth(tree_bool(mem, false))
                                   && !tree_truth(tree_none(mem)));
    tree_put_bool(mem, map, S("y"), true);
    tree_put_int(mem, map, S("x"), -3);
    tree_add(list, map);
    tree_add(list, tree_none(mem));
    struct tree *copy = tree_copy(mem, list);
    tree_put_text(mem, map, S("x"), S("changed"));
    CHECK_STR("a copy is deep", json_write(mem, copy), S("[{\"x\":-3,\"y\":true},null]"));
    CHECK_STR("a copy of nothing", json_write(mem, tree_copy(mem, NULL)), S("null"));
    CHECK("no index with zeros", tree_path(list, S("0")) && !tree_path(list, S("00")));
    CHECK("no index with a sign", !tree_path(list, S("-1")) && !tree_pointer(list, S("/-")));
    CHECK("a text is no bool", tree_get_bool(map, S("x"), true));
    for (int kind = TREE_NONE; kind <= TREE_MAP; kind++)
        CHECK("each kind has a name", *tree_kind_name((enum tree_kind)kind));
    arena_free(mem);
}

/* Every bit of a text counts, and where one text ends and the next begins. */
TEST(str_hash) {
    enum { MOST = 40 };
    uint64_t hashes[MOST * 9 + 1];
    size_t count = 0;
    char bytes[MOST] = {0};
    for (size_t len = 0; len <= MOST; len++)
        hashes[count++] = str_hash(1, (str){bytes, len});
    for (size_t bit = 0; bit < (size_t)MOST * 8; bit++) {
        bytes[bit / 8] ^= (char)(1 << bit % 8);
        hashes[count++] = str_hash(1, (str){bytes, MOST});
        bytes[bit / 8] = 0;
    }
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < i; k++)
            CHECK("another text, another number", hashes[i] != hashes[k]);
    CHECK("where they end",
        str_hash(str_hash(1, S("ab")), S("c")) != str_hash(str_hash(1, S("a")), S("bc")));
    CHECK("what was before", str_hash(1, S("a")) != str_hash(2, S("a")));
}

/* Each byte, at each place of a text that is otherwise plain. */
TEST(visible) {
    char text[20];
    bool right = visible_is(S("")) && visible_is(S("all, ~"));
    for (size_t i = 0; i < sizeof(text) * 256; i++) {
        memset(text, 'a', sizeof(text));
        int c = text[i / 256] = (char)(i % 256);
        right &= visible_is((str){text, sizeof(text)}) == (c >= 0x20 && c < 0x7f);
        bool control = (c >= 0 && c < 0x20) || c == 0x7f;
        right &= control_has((str){text, sizeof(text)}, S("")) == control;
        right &= control_has((str){text, sizeof(text)}, S("\t\n"))
                 == (control && c != '\t' && c != '\n');
    }
    CHECK("each byte, anywhere", right);
}

const struct check_test data_tests[DATA_TESTS] = {
    ROW(tree_looks),
    ROW(tree_later),
    ROW(tree_sameness),
    ROW(fill_holes),
    ROW(report_rows),
    ROW(err_values),
    ROW(tree_values),
    ROW(str_hash),
    ROW(visible),
};
