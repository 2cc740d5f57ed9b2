#include "base/fill.h"
#include "base/json.h"
#include "check.h"
#include "fixture.h"
#include "suites.h"

static const struct {
    const char *text, *want; /* NULL: an error */
    enum fill_place place;
} texts[] = {
    {"plain", "plain"},
    {"{{a}}", "1"},
    {"{{ a }}", "1"},
    {"x{{a}}y{{b}}z", "x1yB & Cz"},
    {"{{b}}", "B%20%26%20C", FILL_PERCENT},
    {"/{{b}}/", "/B%20%26%20C/", FILL_PERCENT},
    {"{{none}}", NULL},
    {"{{}}", NULL},
    {"{{a", NULL},
    {"}}", "}}"},
    {"{a}", "{a}"},
    {"${A}{{a}}", "${A}1"},
    {"", ""},
};

static const struct {
    const char *text, *want;
    enum fill_place place;
} secrets[] = {
    {"plain", "plain"},
    {"${KEY}", "s/1"},
    {"a${KEY}b${KEY}", "as/1bs/1"},
    {"${KEY}", "s%2F1", FILL_PERCENT},
    {"$${KEY}", "${KEY}"},
    {"a$${KEY}b${KEY}", "a${KEY}bs/1"},
    {"$$${KEY}", "$${KEY}"},
    {"${NONE}", NULL},
    {"${KEY", NULL},
    {"$ {KEY}", "$ {KEY}"},
    {"{{a}}", "{{a}}"},
    {"cost $5", "cost $5"},
};

static void test_texts(struct arena *mem) {
    struct tree *view = tree_map(mem), *keys = fixture_fields(mem, "KEY=s/1");
    tree_put_int(mem, view, S("a"), 1);
    tree_put_text(mem, view, S("b"), S("B & C"));
    tree_put(view, S("m"), tree_map(mem));
    for (size_t i = 0; i < COUNT(texts); i++) {
        str got = S("untouched");
        err e = fill_text(mem, str_of(texts[i].text), view, texts[i].place, &got);
        CHECK(texts[i].text, (e.code == ERR_NONE) == (texts[i].want != NULL));
        CHECK_STR(texts[i].text, got, texts[i].want ? str_of(texts[i].want) : S("untouched"));
    }
    for (size_t i = 0; i < COUNT(secrets); i++) {
        str got = S("untouched");
        err e = fill_secrets(mem, str_of(secrets[i].text), keys, secrets[i].place, &got);
        CHECK(secrets[i].text, (e.code == ERR_NONE) == (secrets[i].want != NULL));
        CHECK_STR(secrets[i].text, got, secrets[i].want ? str_of(secrets[i].want) : S("untouched"));
    }
    str got = {0};
    CHECK("a secret that is not set",
        fill_secrets(mem, S("${NO}"), NULL, FILL_TEXT, &got).code == ERR_SETUP);
    CHECK(
        "a map is no text", fill_text(mem, S("x{{m}}"), view, FILL_TEXT, &got).code == ERR_INVALID);
}

static void test_trees(struct arena *mem) {
    const struct tree *view = NULL, *in = NULL;
    struct tree *out = NULL;
    CHECK("view",
        json_read(mem, S("{\"n\":1.50,\"t\":\"x\",\"m\":{\"k\":[1]}}"), &view).code == ERR_NONE);
    CHECK("in",
        json_read(mem,
            S("{\"a\":\"{{n}}\",\"b\":\"<{{n}}>\",\"{{t}}\":true,\"c\":[\"{{m}}\",2,null]}"), &in)
                .code
            == ERR_NONE);
    CHECK("fills", fill_tree(mem, in, view, FILL_TEXT, &out).code == ERR_NONE);
    CHECK_STR("kinds stay", json_write(mem, out),
        S("{\"a\":1.50,\"b\":\"<1.50>\",\"x\":true,\"c\":[{\"k\":[1]},2,null]}"));
    CHECK_STR("names", json_write(mem, fill_names(mem, in)), S("[\"n\",\"t\",\"m\"]"));
    CHECK("absent",
        fill_tree(mem, tree_text(mem, S("{{q}}")), view, FILL_TEXT, &out).code == ERR_INVALID);
    CHECK_STR("nothing", json_write(mem, fill_names(mem, NULL)), S("[]"));
    CHECK("read",
        json_read(mem, S("{\"a\":\"${A}${B}\",\"b\":[\"${A}\",\"$${C}\"]}"), &in).code == ERR_NONE);
    CHECK_STR("secret names", json_write(mem, fill_secret_names(mem, in)), S("[\"A\",\"B\"]"));
}

void suite_fill(void) {
    struct arena *mem = arena_new(64 << 20);
    test_texts(mem);
    test_trees(mem);
    arena_free(mem);
}
