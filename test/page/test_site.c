#include "base/yaml.h"
#include "data.h"
#include "fixture.h"

static struct arena *arena(void) {
    return arena_new((size_t)64 << 20);
}

static struct shop *shop_of(struct arena *mem, bool live) {
    static const str settings =
        S_INIT("name: Shop\nmode: test\nurl: https://shop.example.com\nlang: en\ncurrency: PLN\n"
               "seller: {name: Jan, address: Warszawa, country: PL, email: jan@example.com}\n"
               "gateways:\n  test: {use: test}\n");
    static const str products =
        S_INIT("- {id: book, name: A book, price: 39.00 PLN, tax: \"5\"}\n"
               "- {id: later, name: Later, price: 39.00 PLN, tax: \"5\", draft: true}\n");
    static const str gateways[] = {S_INIT("test")};
    const struct shop_partners partners = {.gateways = gateways, .gateway_count = 1};
    struct report report = report_new(mem);
    const struct tree *s = yaml_read(mem, S("shop.yml"), settings, &report);
    const struct tree *p = yaml_read(mem, S("products.yml"), products, &report);
    struct shop *shop = shop_read(mem, s, p, &partners, &report);
    for (const struct report_row *r = report.first; r; r = r->next)
        CHECK_STR("the test's own shop", report_line(mem, r), S(""));
    shop->live = live;
    return shop;
}

static const struct site_page own[] = {
    {S_INIT("terms"), S_INIT("Terms & more"), S_INIT("Be *kind*.")}};

/* clang-format off */
static const struct {
    const char *path, *has; /* null: there is no such page */
    bool live;
} rows[] = {
    {"/", "href=\"/p/book/\"", true},
    {"/", "href=\"/p/later/\"", false},
    {"/", "<a href=\"/terms/\">Terms &amp; more</a>", true},
    {"/style.css", ":root {", true},
    {"/p/book/", "<h1>A book</h1>", true},
    {"/p/book/", "href=\"/buy/book/\"", true},
    {"/buy/book/", "action=\"/api/order\"", true},
    {"/buy/book/", "name=\"price\" value=\"39.00 PLN\"", true},
    {"/buy/book/", "Order and pay PLN 39.00", true},
    {"/terms/", "<p>Be <em>kind</em>.</p>", true},
    {"/p/later/", "Draft", false},
    {"/p/later/", NULL, true},
    {"/buy/later/", NULL, true},
    {"/p/none/", NULL, true},
    {"/p/book", NULL, true},
    {"/p/", NULL, true},
    {"/buy/", NULL, true},
    {"/terms", NULL, true},
    {"/nothing/", NULL, true},
    {"//", NULL, true},
    {"", NULL, true},
    {"/style.css/", NULL, true},
};
/* clang-format on */

void test_site(void) {
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena *mem = arena();
        struct site site = {shop_of(mem, rows[i].live), fixture_theme(mem), own, COUNT(own)};
        str out = {0};
        str type = {0};
        err e = site_render(mem, &site, str_of(rows[i].path), &out, &type);
        CHECK_INT(rows[i].path, e.code, rows[i].has ? ERR_NONE : ERR_ABSENT);
        if (rows[i].has)
            CHECK(rows[i].has, str_find(out, str_of(rows[i].has)) < out.len);
        if (e.code == ERR_NONE)
            CHECK(rows[i].path, str_starts(type, S("text/")));
        arena_free(mem);
    }
    struct arena *mem = arena();
    struct site site = {shop_of(mem, true), fixture_theme(mem), own, COUNT(own)};
    str out = {0};
    str type = {0};
    const struct tree *paths = site_paths(mem, &site);
    CHECK_INT("paths", paths->count, 5);
    for (const struct tree *t = paths->first; t; t = t->next)
        CHECK_INT(
            str_cz(mem, t->text), site_render(mem, &site, t->text, &out, &type).code, ERR_NONE);
    arena_free(mem);
}

/* ---- what stands before addresses ---- */

/* clang-format off */
static const struct {
    const char *name;
    str url, api, pages, calls, style; /* of a static page */
    str program_pages, program_calls, program_style;
} places[] = {
    {"one origin", S_INIT("https://a.example"), S_INIT("https://a.example"),
        S_INIT(""), S_INIT(""), S_INIT(""), S_INIT(""), S_INIT(""), S_INIT("")},
    {"no api", S_INIT("https://a.example/"), S_INIT(""),
        S_INIT(""), S_INIT(""), S_INIT(""), S_INIT(""), S_INIT(""), S_INIT("")},
    {"two origins", S_INIT("https://a.example/shop/"), S_INIT("https://api.example"),
        S_INIT("/shop"), S_INIT("https://api.example"), S_INIT("/shop"),
        S_INIT("https://a.example/shop"), S_INIT(""), S_INIT("")},
};
/* clang-format on */

static void place(struct arena *mem, const char *row, const struct tree *view, const str *want) {
    const struct tree *to = tree_find(view, S("to"));
    CHECK_STR(row, tree_get(to, S("pages")), want[0]);
    CHECK_STR(row, tree_get(to, S("api")), want[1]);
    CHECK_STR(row, tree_get(to, S("style")), want[2]);
}

void test_places_of_pages(void) {
    for (size_t i = 0; i < COUNT(places); i++) {
        struct arena *mem = arena();
        struct shop *shop = fixture_shop(mem, S("en"), true);
        const struct theme *theme = fixture_theme(mem);
        shop->url = places[i].url;
        shop->api = places[i].api;
        const str fixed[] = {places[i].pages, places[i].calls, places[i].style};
        const str made[] = {
            places[i].program_pages, places[i].program_calls, places[i].program_style};
        place(mem, places[i].name, view_index(mem, shop, theme), fixed);
        place(mem, places[i].name, view_message(mem, shop, theme, S("a"), S("b")), made);
        arena_free(mem);
    }
}

/* ---- the buyer's page looks again by itself, and stops ---- */

/* clang-format off */
static const struct {
    str state, again, refresh, next;
    bool tired;
} looks[] = {
    {S_INIT("placed"), S_INIT("/o/a/b"), S_INIT("5"), S_INIT("/o/a/b?n=1"), false},
    {S_INIT("placed"), S_INIT("/o/a/b?n=3"), S_INIT("5"), S_INIT("/o/a/b?n=4"), false},
    {S_INIT("placed"), S_INIT("/o/a/b?n=12"), S_INIT(""), S_INIT(""), true},
    {S_INIT("placed"), S_INIT("/o/a/b?n=x"), S_INIT("5"), S_INIT("/o/a/b?n=1"), false},
    {S_INIT("paid"), S_INIT("/o/a/b?n=12"), S_INIT("3"), S_INIT("/o/a/b?n=13"), false},
    {S_INIT("paid"), S_INIT("/o/a/b?n=60"), S_INIT(""), S_INIT(""), true},
    {S_INIT("delivered"), S_INIT("/o/a/b"), S_INIT(""), S_INIT(""), false},
    {S_INIT("held"), S_INIT("/o/a/b"), S_INIT(""), S_INIT(""), false},
    {S_INIT("expired"), S_INIT("/o/a/b"), S_INIT(""), S_INIT(""), false},
};
/* clang-format on */

void test_refresh(void) {
    for (size_t i = 0; i < COUNT(looks); i++) {
        struct arena *mem = arena();
        const struct shop *shop = fixture_shop(mem, S("en"), true);
        const struct order *o = fixture_order(mem, shop, looks[i].state, S("Ola Nowak"));
        const struct tree *v = view_order(mem, shop, fixture_theme(mem), o, looks[i].again);
        const char *row = str_cz(mem, JOIN(mem, looks[i].state, S(" "), looks[i].again));
        CHECK_STR(row, tree_get(v, S("refresh")), looks[i].refresh);
        CHECK_STR(row, tree_get(v, S("again")), looks[i].next);
        CHECK(row, tree_get_bool(v, S("tired"), false) == looks[i].tired);
        CHECK_STR(row, tree_get(v, S("page")), S("/o/a/b"));
        arena_free(mem);
    }
}
