#include "base/buf.h"
#include "cases.h"
#include "data.h"
#include "fixture.h"
#include "page/render.h"
#include "tags.h"

static struct arena *arena(void) {
    return arena_new((size_t)128 << 20);
}

static str render_page(struct arena *mem, const struct shop *shop, size_t i, str typed) {
    str out = {0};
    str name = fixture_template(mem, shop, i);
    err e = render(mem, fixture_theme(mem), name, fixture_view(mem, shop, i, typed), &out);
    CHECK_STR(str_cz(mem, fixture_name(i)), e.what, S(""));
    return out;
}

/* ---- golden pages: test/page/golden/<name>.<lang>.<html|txt> ---- */

static void file_write(const char *path, str text) {
    FILE *file = fopen(path, "wb");
    CHECK(path, file && fwrite(text.ptr, 1, text.len, file) == text.len);
    if (file)
        fclose(file);
}

/* Without the digests in the names of assets: a style may change and its pages stay golden. */
static str plain_names(struct arena *mem, str page) {
    size_t count = 0;
    const struct theme_asset *assets = theme_assets(fixture_theme(mem), &count);
    for (size_t i = 0; i < count; i++)
        for (size_t at; (at = str_find(page, assets[i].hashed)) < page.len;)
            page = JOIN(mem, str_part(page, 0, at), assets[i].name,
                str_from(page, at + assets[i].hashed.len));
    return page;
}

static void golden(struct arena *mem, const struct shop *shop, size_t i) {
    str ending = str_ends(fixture_template(mem, shop, i), S(".txt")) ? S(".txt") : S(".html");
    str path = JOIN(mem, S("golden/"), fixture_name(i), S("."), shop->lang, ending);
    str page = plain_names(mem, render_page(mem, shop, i, S("Ola Nowak")));
    if (getenv("GOLDEN_WRITE"))
        file_write(str_cz(mem, JOIN(mem, str_of(getenv("PAGES")), S("/"), path)), page);
    else
        CHECK_STR(str_cz(mem, path), page, case_file(mem, path));
}

void test_golden(void) {
    for (size_t i = 0; i < fixture_count(); i++) {
        struct arena *mem = arena();
        golden(mem, fixture_shop(mem, S("pl"), true), i);
        golden(mem, fixture_shop(mem, S("en"), false), i);
        arena_free(mem);
    }
}

/* ---- no text of anybody changes the tags of a page ---- */

static const str hostile[] = {
    S_INIT("\"><script>alert(1)</script>"),
    S_INIT("' onmouseover='alert(1)"),
    S_INIT("\" autofocus onfocus=\"alert(1)"),
    S_INIT("</title></textarea></style></script><img src=x>"),
    S_INIT("<!-- <![CDATA[ ]]> --!>"),
    S_INIT("{{title}}{{{html}}}{{#x}}"),
    S_INIT("&quot;&gt;&lt;b&gt;&#60;script&#62;"),
    S_INIT("a\0b<\0script>"),
    S_INIT("\xc0\xbc"
           "script\xc0\xbe \xff<\xfe>"),
    S_INIT("javascript:alert(1)//\"<"),
    S_INIT("\\\"><svg/onload=alert(1)>"),
    S_INIT("a@b\r\n<a href=\"x\">"),
};

static void same_tags(const char *row, str got, str want) {
    struct arena *mem = arena();
    CHECK_STR(row, tags_of(mem, got), tags_of(mem, want));
    arena_free(mem);
}

static bool is_address(str name) {
    static const str names[] = {S_INIT("path"), S_INIT("url"), S_INIT("link"), S_INIT("page"),
        S_INIT("pages"), S_INIT("api"), S_INIT("style"), S_INIT("action"), S_INIT("buy"),
        S_INIT("image"), S_INIT("canonical"), S_INIT("find"), S_INIT("icon"), S_INIT("form"),
        S_INIT("files"), S_INIT("belongings")};
    for (size_t i = 0; i < COUNT(names); i++)
        if (str_is(names[i], name))
            return true;
    return false;
}

/* Every text of the view becomes this one: owner's, partner's and buyer's alike. */
static void poison(struct tree *t, str text) {
    bool refused = is_address(t->name) && str_find(text, S("javascript:")) < text.len;
    if (t->kind == TREE_TEXT && t->text.len && !refused)
        t->text = text;
    for (struct tree *child = t->first; child; child = child->next)
        poison(child, text);
}

static str poisoned(struct arena *mem, const struct shop *shop, size_t i, str text) {
    struct tree *view = tree_copy(mem, fixture_view(mem, shop, i, S("Ola Nowak")));
    str out = {0};
    poison(view, text);
    err e = render(mem, fixture_theme(mem), fixture_template(mem, shop, i), view, &out);
    CHECK_STR(str_cz(mem, fixture_name(i)), e.what, S(""));
    return out;
}

void test_structure(void) {
    for (size_t i = 0; i < fixture_count(); i++)
        for (size_t k = 0; k < COUNT(hostile); k++) {
            struct arena *mem = arena();
            const struct shop *shop = fixture_shop(mem, S("en"), false);
            const char *row = str_cz(mem, fixture_name(i));
            bool letter = str_ends(fixture_template(mem, shop, i), S(".txt"));
            /* What looks like an address of mail is shown as one. */
            bool mail = str_find_byte(hostile[k], '@') < hostile[k].len;
            if (!letter) {
                /* A letter's HTML has the lines of its text. */
                bool lines = str_find_byte(hostile[k], '\n') < hostile[k].len
                             && str_starts(fixture_template(mem, shop, i), S("mail/"));
                str calm = lines ? S("x@x\r\nx") : mail ? S("x@x") : S("x");
                same_tags(
                    row, render_page(mem, shop, i, hostile[k]), render_page(mem, shop, i, calm));
                same_tags(row, poisoned(mem, shop, i, hostile[k]), poisoned(mem, shop, i, S("x")));
            }
            arena_free(mem);
        }
}

/* ---- the same with texts nobody thought of: seeded, so that a bad one comes again ---- */

enum { RANDOM_TEXTS = 120, RANDOM_PIECES = 12 };

static uint64_t random_next(uint64_t *seed) {
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 33;
}

/* What markup is made of, in any order, and any bytes between. */
static str random_text(struct arena *mem, uint64_t *seed) {
    static const str pieces[] = {S_INIT("<"), S_INIT(">"), S_INIT("\""), S_INIT("'"), S_INIT("&"),
        S_INIT("="), S_INIT("/"), S_INIT("`"), S_INIT("<!--"), S_INIT("-->"), S_INIT("]]>"),
        S_INIT("</script"), S_INIT("<script>"), S_INIT("</title>"), S_INIT("</textarea"),
        S_INIT("</style>"), S_INIT("<a href=\""), S_INIT(" onload="), S_INIT("&quot;"),
        S_INIT("&#60;"), S_INIT("&lt"), S_INIT("{{"), S_INIT("}}"), S_INIT("{{{html}}}"),
        S_INIT("javascript:"), S_INIT("data:,"), S_INIT("\\u003c"), S_INIT("\n"), S_INIT("\r"),
        S_INIT("\t"), S_INIT("\0"), S_INIT("\xe2\x80\xa8"), S_INIT("\xc0\xbc"), S_INIT("x"),
        S_INIT("[a](b"), S_INIT("![a](<b> \"c\")"), S_INIT("**"), S_INIT("# "), S_INIT("| - |")};
    struct buf b = buf_new(mem, 4096);
    for (uint64_t n = 1 + random_next(seed) % RANDOM_PIECES; n; n--)
        if (random_next(seed) % 4)
            buf_add(&b, pieces[random_next(seed) % COUNT(pieces)]);
        else
            buf_byte(&b, (char)random_next(seed));
    return buf_str(&b);
}

/* As poison does, but an address keeps its beginning: what else may stand there is escape's own
 * test. */
static void random_fill(struct tree *t, uint64_t *seed, struct arena *mem) {
    if (t->kind == TREE_TEXT && t->text.len) {
        str text = random_text(mem, seed);
        t->text = is_address(t->name) ? JOIN(mem, S("/"), text) : text;
    }
    for (struct tree *child = t->first; child; child = child->next)
        random_fill(child, seed, mem);
}

static void plain_fill(struct tree *t) {
    if (t->kind == TREE_TEXT && t->text.len)
        t->text = is_address(t->name) ? S("/x") : S("x");
    for (struct tree *child = t->first; child; child = child->next)
        plain_fill(child);
}

/* One page, and what it looks like with harmless texts. */
struct subject {
    const struct theme *theme;
    const struct tree *view;
    str name, template, plain;
};

static str rendered(struct arena *mem, const struct subject *s, const struct tree *view) {
    str out = {0};
    err e = render(mem, s->theme, s->template, view, &out);
    CHECK_STR(str_cz(mem, s->name), e.what, S(""));
    return out;
}

/* A letter has no tags; its head has lines. */
static size_t head_lines(str letter) {
    size_t lines = 0;
    str rest = str_part(letter, 0, str_find(letter, S("\n\n"))), line = {0};
    while (str_cut(&rest, '\n', &line))
        lines++;
    return lines;
}

static void random_once(struct arena *mem, const struct subject *s, uint64_t *seed) {
    str row = JOIN(mem, s->name, S(" ~"), str_int(mem, (int64_t)(*seed >> 1)));
    struct tree *view = tree_copy(mem, s->view);
    random_fill(view, seed, mem);
    str out = rendered(mem, s, view);
    if (str_ends(s->template, S(".txt")))
        CHECK_INT(str_cz(mem, row), head_lines(out), head_lines(s->plain));
    else
        CHECK_STR(str_cz(mem, row), tags_of(mem, out), tags_of(mem, s->plain));
}

static void random_page(struct arena *mem, const struct shop *shop, size_t i, uint64_t *seed) {
    struct subject s = {.theme = fixture_theme(mem),
        .view = fixture_view(mem, shop, i, S("Ola Nowak")),
        .name = fixture_name(i),
        .template = fixture_template(mem, shop, i)};
    struct tree *plain = tree_copy(mem, s.view);
    plain_fill(plain);
    s.plain = rendered(mem, &s, plain);
    for (int n = 0; n < RANDOM_TEXTS; n++) {
        struct arena *once = arena();
        random_once(once, &s, seed);
        arena_free(once);
    }
}

void test_random_texts(void) {
    uint64_t seed = 20261127;
    for (size_t i = 0; i < fixture_count(); i++) {
        struct arena *mem = arena();
        random_page(mem, fixture_shop(mem, S("pl"), true), i, &seed);
        random_page(mem, fixture_shop(mem, S("en"), false), i, &seed);
        arena_free(mem);
    }
}

/* ---- texts ---- */

static void words_alike(struct arena *mem, const struct theme *theme, str from, str to) {
    const struct tree *other = theme_words(theme, to);
    for (const struct tree *t = theme_words(theme, from)->first; t; t = t->next)
        CHECK(str_cz(mem, JOIN(mem, to, S(": "), t->name)), tree_find(other, t->name) != NULL);
}

void test_words(void) {
    struct arena *mem = arena();
    const struct theme *theme = fixture_theme(mem);
    words_alike(mem, theme, S("pl"), S("en"));
    words_alike(mem, theme, S("en"), S("pl"));
    CHECK("another language speaks English",
        theme_words(theme, S("de")) == theme_words(theme, S("en")));
    for (int i = 0; i < STEP_STATES; i++) {
        str name = JOIN(mem, S("state_"), str_of(step_state_name((enum step_state)i)));
        CHECK(str_cz(mem, name), tree_get(theme_words(theme, S("en")), name).len > 0);
    }
    arena_free(mem);
}

/* ---- the owner's files replace the built-in ones ---- */

void test_own_theme(void) {
    struct arena *mem = arena();
    struct report report = report_new(mem);
    struct theme_file *files = arena_array(mem, theme_builtin_count + 3, sizeof(*files));
    memcpy(files, theme_builtin, theme_builtin_count * sizeof(*files));
    files[theme_builtin_count] =
        (struct theme_file){S("words.en.txt"), S("# mine\nbuy = Get it\n")};
    files[theme_builtin_count + 1] =
        (struct theme_file){S("page.html"), S("<b>{{title}} {{t.buy}}</b>")};
    files[theme_builtin_count + 2] = (struct theme_file){S("words.en.txt"), S("broken line")};
    const struct theme *theme = theme_read(mem, files, theme_builtin_count + 2, &report);
    str out = {0};
    const struct shop *shop = fixture_shop(mem, S("en"), true);
    err e = render(
        mem, theme, S("page.html"), view_own(mem, shop, theme, S("a"), S("A & B"), S("")), &out);
    CHECK_INT("no mistake", report.rows, 0);
    CHECK_STR("rendered", e.what, S(""));
    CHECK_STR("theirs", out, S("<b>A &amp; B Get it</b>"));
    CHECK_STR("the rest stays", tree_get(theme_words(theme, S("en")), S("email")), S("E-mail"));
    CHECK_STR(
        "the last file", theme_file(theme, S("page.html"))->text, S("<b>{{title}} {{t.buy}}</b>"));
    CHECK("no such file", !theme_file(theme, S("nothing.html")));
    CHECK("a style is no template", !theme_find(theme, S("style.css")));
    theme_read(mem, files, theme_builtin_count + 3, &report);
    CHECK_STR("a line that is none", report_line(mem, report.first),
        S("words.en.txt:1:1: a line must be `name = text`"));
    e = render(mem, theme, S("missing.html"), tree_map(mem), &out);
    CHECK_INT("no such template", e.code, ERR_ABSENT);
    arena_free(mem);
}
