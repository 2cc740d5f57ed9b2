#include "base/arena.h"
#include "cases.h"
#include "data.h"
#include "page/data.h"
#include "page/mark.h"
#include "page/render.h"

static struct arena *arena(void) {
    return arena_new((size_t)64 << 20);
}

/* ---- the engine: one template, one view ---- */

static struct tree *view(struct arena *mem) {
    static const str letters[] = {S_INIT("a"), S_INIT("<b>")};
    struct tree *v = tree_map(mem);
    tree_put_text(mem, v, S("text"), S("a<b>&\"'c"));
    tree_put_text(mem, v, S("empty"), S(""));
    tree_put_text(mem, v, S("url"), S("https://e.example/?a=1&b=\"x y\""));
    tree_put_text(mem, v, S("path"), S("/p/1/"));
    tree_put_text(mem, v, S("script"), S("JavaScript:alert(1)"));
    tree_put_text(mem, v, S("hidden"), S(" java\tscript:alert(1)"));
    tree_put_text(mem, v, S("mail"), S("mailto:a@example.com"));
    tree_put_text(mem, v, S("data"), S("data:text/html,x"));
    tree_put_text(mem, v, S("lines"), S("a\nBcc: b"));
    tree_put_bool(mem, v, S("yes"), true);
    tree_put_bool(mem, v, S("no"), false);
    tree_put_int(mem, v, S("zero"), 0);
    tree_put(v, S("none"), tree_none(mem));
    tree_put(v, S("nothing"), tree_list(mem));
    tree_put(v, S("html"), mark_html(mem, S("*x*")));
    struct tree *map = tree_put(v, S("map"), tree_map(mem));
    tree_put_text(mem, map, S("name"), S("inner"));
    tree_put_text(mem, map, S("text"), S("near"));
    struct tree *list = tree_put(v, S("list"), tree_list(mem));
    struct tree *maps = tree_put(v, S("maps"), tree_list(mem));
    for (size_t i = 0; i < COUNT(letters); i++) {
        tree_add(list, tree_text(mem, letters[i]));
        tree_put_text(mem, tree_add(maps, tree_map(mem)), S("name"), letters[i]);
    }
    return v;
}

static str said(struct arena *mem, str name, str template, bool *broken) {
    const struct theme_file files[] = {
        {S("it.html"), template},
        {S("it.txt"), template},
        {S("part.html"), S("[{{text}}]\n")},
        {S("circle.html"), S("{{>circle}}")},
        {S("bad.html"), S("<a {{x}}>")},
    };
    struct report report = report_new(mem);
    const struct theme *theme = theme_read(mem, files, COUNT(files), &report);
    for (const struct report_row *r = report.first; r; r = r->next)
        if (str_is(r->at.file, name)) {
            *broken = true;
            return report_line(mem, r);
        }
    str out = {0};
    err e = render(mem, theme, name, view(mem), &out);
    *broken = e.code != ERR_NONE;
    return *broken ? e.what : out;
}

static void run(str cases, str name) {
    struct arena *mem = arena();
    size_t count = 0;
    const struct page_case *rows = cases_read(mem, cases, &count);
    for (size_t i = 0; i < count; i++) {
        bool broken = false;
        CHECK_STR(rows[i].name, said(mem, name, rows[i].parts[0], &broken), rows[i].parts[1]);
    }
    arena_free(mem);
}

TEST(escapes) {
    run(S("escapes"), S("it.html"));
}

TEST(places) {
    run(S("places"), S("it.html"));
}

TEST(sections) {
    struct arena *mem = arena();
    bool broken = false;
    run(S("sections"), S("it.html"));
    CHECK_STR("alone at both ends",
        said(mem, S("it.html"), S("{{#yes}}\r\na\r\n{{/yes}}"), &broken), S("a\r\n"));
    arena_free(mem);
}

TEST(letters) {
    run(S("letters"), S("it.txt"));
}

TEST(broken_parts) {
    struct arena *mem = arena();
    bool broken = false;
    CHECK_STR("in a circle", said(mem, S("circle.html"), S(""), &broken),
        S("circle.html:1:1: a part must not be part of itself"));
    CHECK("in a circle", broken);
    CHECK_STR("a part with mistakes", said(mem, S("it.html"), S("{{>bad}}"), &broken),
        S("it.html:1:1: this part has mistakes"));
    arena_free(mem);
}

/* ---- Markdown ---- */

/* Parts of a case: Markdown, as a page, as a label, as a letter. */
TEST(mark) {
    struct arena *mem = arena();
    size_t count = 0;
    const struct page_case *rows = cases_read(mem, S("marks"), &count);
    for (size_t i = 0; i < count; i++) {
        const struct page_case *r = &rows[i];
        CHECK_STR(r->name, mark_html(mem, r->parts[0])->text, r->parts[1]);
        CHECK_STR(r->name, mark_label(mem, r->parts[0], S(""))->text, r->parts[2]);
        CHECK_STR(r->name, mark_text(mem, r->parts[0], S("https://b.example"))->text, r->parts[3]);
        CHECK(r->name, tree_is(mark_html(mem, r->parts[0]), TREE_HTML));
    }
    CHECK_STR("a consent's link on another host leads to the pages",
        mark_label(mem, S("[t](/terms/) [x](https://x.example/)"), S("https://b.example"))->text,
        S("<a href=\"https://b.example/terms/\" target=\"_blank\" rel=\"noopener\">t</a> "
          "<a href=\"https://x.example/\" target=\"_blank\" rel=\"noopener\">x</a>"));
    arena_free(mem);
}

/* ---- lessons: addresses of their neighbours ---- */

TEST(mark_neighbours) {
    static const struct {
        const char *markdown, *has;
    } cases[] = {
        {"![a](a.png)", "src=\"/a/t/a.png\""},
        {"![a](sub/a b.png)", "<p>![a](sub/a b.png)</p>"},
        {"![a](<sub/a b.png>)", "src=\"/a/t/sub/a%20b.png\""},
        {"![a](/images/a.png)", "src=\"/images/a.png\""},
        {"![a](https://e.example/a.png)", "src=\"https://e.example/a.png\""},
        {"[a](02-small.md)", "href=\"/a/t/02-small/\""},
        {"[a](02-small.md#why)", "href=\"/a/t/02-small/#why\""},
        {"[a](02-small.md?n=1#why)", "href=\"/a/t/02-small/?n=1#why\""},
        {"[a](../02-small/)", "href=\"/a/t/02-small/\""},
        {"[a](../)", "href=\"/a/t/\""},
        {"[a](./files/a.txt)", "href=\"/a/t/files/a.txt\""},
        {"[a](#here)", "href=\"#here\""},
        {"[a](?n=1)", "href=\"?n=1\""},
        {"[a](mailto:a@example.com)", "href=\"mailto:a@example.com\""},
        {"[a](javascript:alert(1))", "<p>a</p>"},
        {"[a](JAVA&#115;cript:x/y)", "<p>a</p>"},
        {"[a]()", "href=\"\""},
    };
    struct arena *mem = arena();
    for (size_t i = 0; i < COUNT(cases); i++) {
        str html = mark_lesson(mem, str_of(cases[i].markdown), S("/a/t/"))->text;
        if (str_find(html, str_of(cases[i].has)) == html.len)
            CHECK_STR(cases[i].markdown, html, str_of(cases[i].has));
        else
            CHECK(cases[i].markdown, true);
    }
    arena_free(mem);
}

/* ---- data for machines: nothing in it ends its element ---- */

TEST(data_block) {
    struct arena *mem = arena();
    struct tree *t = tree_map(mem);
    tree_put_text(mem, t, S("name"), S("</script><!--<b>&\"\\"));
    CHECK_STR("escaped", data_html(mem, t)->text,
        S("<script type=\"application/ld+json\">{\"name\":\"\\u003c/script\\u003e\\u003c!--"
          "\\u003cb\\u003e\\u0026\\\"\\\\\"}</script>\n"));
    CHECK("html", tree_is(data_html(mem, t), TREE_HTML));
    arena_free(mem);
}

int main(int argc, char **argv) {
    static const struct check_test tests[] = {
        ROW(escapes),
        ROW(places),
        ROW(sections),
        ROW(letters),
        ROW(broken_parts),
        ROW(mark),
        ROW(mark_neighbours),
        ROW(data_block),
        ROW(golden),
        ROW(structure),
        ROW(random_texts),
        ROW(words),
        ROW(own_theme),
        ROW(site),
        ROW(site_paths),
        ROW(site_of_many),
        ROW(places_of_pages),
        ROW(refresh),
    };
    return check_run(argc, argv, tests, COUNT(tests));
}
