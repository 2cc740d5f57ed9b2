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
    {S_INIT("o nas"), S_INIT("O nas"), S_INIT("My.")},
    {S_INIT("terms"), S_INIT("Terms & more"), S_INIT("Be *kind*.")},
};

/* clang-format off */
static const struct {
    const char *path, *has; /* null: there is no such page */
    bool live;
} rows[] = {
    {"/", "href=\"/p/book/\"", true},
    {"/", "href=\"/p/later/\"", false},
    {"/", "<a href=\"/terms/\">Terms &amp; more</a>", true},
    {"/page/2/", NULL, true},
    {"/page/1/", NULL, true},
    {"/style.css", ":root {", true},
    {"/style.0123456789ab.css", ":root {", true},
    {"/style.0123456789xy.css", NULL, true},
    {"/style..css", NULL, true},
    {"/style.0123456789ab0.css", NULL, true},
    {"/404.html", "There is no such page here.", true},
    {"/404.html", "content=\"noindex\"", true},
    {"/robots.txt", "Sitemap: https://shop.example.com/sitemap.xml\n", true},
    {"/robots.txt", "Disallow: /\n", false},
    {"/sitemap.xml", "<loc>https://shop.example.com/</loc>", true},
    {"/sitemap.xml", "<loc>https://shop.example.com/p/book/</loc>", false},
    {"/sitemap.xml", "<loc>https://shop.example.com/o%20nas/</loc>", true},
    {"/sitemap-1.xml", NULL, true},
    {"/", "<a href=\"/o%20nas/\">", true},
    {"/o%20nas/", "<p>My.</p>", true},
    {"/o nas/", "<p>My.</p>", true},
    {"/o%2/", NULL, true},
    {"/p/book/", "<h1 class=\"display\">A book</h1>", true},
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

static bool is_of_theme(str path) {
    return str_ends(path, S(".css")) || str_ends(path, S(".js")) || str_ends(path, S(".svg"));
}

void test_site(void) {
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena *mem = arena();
        struct site site = {shop_of(mem, rows[i].live), fixture_theme(mem), own, COUNT(own)};
        struct site_file out = {0};
        err e = site_render(mem, &site, str_of(rows[i].path), &out);
        CHECK_INT(rows[i].path, e.code, rows[i].has ? ERR_NONE : ERR_ABSENT);
        if (rows[i].has)
            CHECK(rows[i].has, str_find(out.bytes, str_of(rows[i].has)) < out.bytes.len);
        if (e.code == ERR_NONE)
            CHECK(rows[i].path,
                (out.type.len > 0) == !is_of_theme(str_of(rows[i].path)) && !out.lasting);
        arena_free(mem);
    }
}

static bool is_path(const struct tree *paths, str path) {
    for (const struct tree *t = paths->first; t; t = t->next)
        if (str_is(t->text, path))
            return true;
    return false;
}

/* Every path answers, the index is the last, what browsers keep for ever is named by its bytes. */
static void paths_answer(struct arena *mem, const struct site *site) {
    struct site_file out = {0};
    const struct tree *paths = site_paths(mem, site);
    size_t lasting = 0, assets = 0;
    for (const struct tree *t = paths->first; t; t = t->next) {
        struct arena_mark mark = arena_mark(mem);
        CHECK_INT(str_cz(mem, t->text), site_render(mem, site, t->text, &out).code, ERR_NONE);
        lasting += out.lasting;
        arena_back(mem, mark);
    }
    (void)theme_assets(site->theme, &assets);
    CHECK("there are assets", assets > 0);
    CHECK_INT("all under their lasting names too", lasting, assets);
    CHECK_STR("the index comes last", paths->last->text, S("/"));
    CHECK("the terms are there", is_path(paths, S("/terms/")));
    CHECK("a draft is not", !is_path(paths, S("/p/later/")));
}

void test_site_paths(void) {
    struct arena *mem = arena();
    struct site site = {shop_of(mem, true), fixture_theme(mem), own, COUNT(own)};
    paths_answer(mem, &site);
    arena_free(mem);
}

/* ---- a large shop: the index and the sitemap in parts ---- */

enum { MANY = 2 * 10000 + 150 };

static struct shop *shop_of_many(struct arena *mem) {
    struct shop *shop = shop_of(mem, true);
    struct product *many = arena_array(mem, MANY, sizeof(*many));
    for (size_t i = 0; i < MANY; i++) {
        many[i] = shop->products[0];
        many[i].id = JOIN(mem, S("p"), str_int(mem, (int64_t)i));
        many[i].draft = i == 3;
    }
    shop->products = many;
    shop->product_count = MANY;
    return shop;
}

/* clang-format off */
static const struct {
    const char *path, *has, *not;
} parts[] = {
    {"/", "/p/p0/", "/p/p3/"},
    {"/", "/p/p100/", "/p/p101/"}, /* one is a draft */
    {"/", "href=\"/page/2/\"", "rel=\"prev\""},
    {"/page/2/", "/p/p101/", "/p/p100/"},
    {"/page/2/", "href=\"/\" rel=\"prev\"", "href=\"/page/2/\""},
    {"/page/3/", "href=\"/page/2/\" rel=\"prev\"", "href=\"/page/3/\""},
    {"/page/202/", "/p/p20149/", "rel=\"next\""},
    {"/page/203/", NULL, NULL},
    {"/page/02/", NULL, NULL},
    {"/page/1/", NULL, NULL},
    {"/sitemap.xml", "<loc>https://shop.example.com/sitemap-3.xml</loc>", "sitemap-4.xml"},
    {"/sitemap-1.xml", "<loc>https://shop.example.com/</loc>", "/p/p20149/"},
    {"/sitemap-1.xml", "/p/p2/", "/p/p3/"},
    {"/sitemap-3.xml", "/p/p20149/", "/p/p1/"},
    {"/sitemap-4.xml", NULL, NULL},
    {"/sitemap-0.xml", NULL, NULL},
};
/* clang-format on */

void test_site_of_many(void) {
    struct arena *mem = arena();
    struct site site = {shop_of_many(mem), fixture_theme(mem), own, COUNT(own)};
    for (size_t i = 0; i < COUNT(parts); i++) {
        struct site_file out = {0};
        err e = site_render(mem, &site, str_of(parts[i].path), &out);
        CHECK_INT(parts[i].path, e.code, parts[i].has ? ERR_NONE : ERR_ABSENT);
        if (!parts[i].has)
            continue;
        CHECK(parts[i].has, str_find(out.bytes, str_of(parts[i].has)) < out.bytes.len);
        CHECK(parts[i].not, str_find(out.bytes, str_of(parts[i].not )) == out.bytes.len);
    }
    const struct tree *paths = site_paths(mem, &site);
    CHECK("every part of the index", is_path(paths, S("/page/202/")));
    CHECK("and of the sitemap", is_path(paths, S("/sitemap-3.xml")));
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
    size_t count = 0;
    const struct theme_asset *assets = theme_assets(fixture_theme(mem), &count);
    for (size_t i = 0; i < count; i++)
        CHECK_STR(row, tree_get(to, assets[i].stem), JOIN(mem, want[2], S("/"), assets[i].hashed));
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
        place(mem, places[i].name, view_index(mem, shop, theme, 1), fixed);
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
        const struct order_look look = {.again = looks[i].again};
        const struct tree *v = view_order(mem, shop, fixture_theme(mem), o, &look);
        const char *row = str_cz(mem, JOIN(mem, looks[i].state, S(" "), looks[i].again));
        CHECK_STR(row, tree_get(v, S("refresh")), looks[i].refresh);
        CHECK_STR(row, tree_get(v, S("again")), looks[i].next);
        CHECK(row, tree_get_bool(v, S("tired"), false) == looks[i].tired);
        CHECK_STR(row, tree_get(v, S("page")), S("/o/a/b"));
        arena_free(mem);
    }
}
