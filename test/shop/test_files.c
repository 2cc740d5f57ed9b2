#include "check.h"
#include "fixture.h"
#include "suites.h"

#define HEAD  "name: A\ncurrency: PLN\nseller: {name: J, email: j@b.pl}\n"
#define GOODS "- {id: a, name: A, price: 1.00 PLN, tax: \"23\"}\n"
#define STEP  HEAD "steps:\n  - {id: one, do: academy.invite}\n"

/* The mistakes of two files; each row has all that is reported, in order, one a line. */
static const struct {
    const char *row, *settings, *products, *want;
} files[] = {
    {"good", HEAD, GOODS, ""},
    {"no settings", NULL, GOODS,
        "shop.yml: there are no settings: this file is a map that begins with `name:`\n"},
    {"no products", HEAD, NULL,
        "_data/products.yml: there are no products: this file is a list, each with id, name, "
        "price, tax\n"},
    {"products as a map", HEAD, "id: a\n",
        "_data/products.yml:1:1: this file is a list of products: `- id: …`\n"},
    {"unknown key", HEAD "curency: PLN\n", GOODS,
        "shop.yml:4:1: `curency` is not known here, did you mean `currency`?\n"},
    {"unknown key, near none", HEAD "colour: red\n", GOODS,
        "shop.yml:4:1: `colour` is not known here\n"},
    {"no name", "currency: PLN\nseller: {name: J}\n", GOODS, "shop.yml:1:1: `name` is missing\n"},
    {"currency", "name: A\ncurrency: zl\nseller: {name: J}\n", GOODS,
        "shop.yml:2:11: `zl` is not a currency that this shop knows: three capital letters, "
        "like PLN\n"},
    {"mode", HEAD "mode: life\n", GOODS, "shop.yml:4:7: `mode` is test or live\n"},
    {"url", HEAD "url: shop.example.com\n", GOODS,
        "shop.yml:4:6: `shop.example.com` is not an address: write it like "
        "https://shop.example.com\n"},
    {"url with a query", HEAD "url: https://a.pl/?x\n", GOODS,
        "shop.yml:4:6: `https://a.pl/?x` is not an address: write it like "
        "https://shop.example.com\n"},
    {"plain url in test", HEAD "url: http://a.pl\n", GOODS, ""},
    {"plain url in live",
        "name: A\ncurrency: PLN\nmode: live\nurl: http://a.pl\nseller: {name: J, address: x, "
        "email: j@b.pl}\n"
        "gateways: {pay: {use: tpay}}\nmail: {send: \"smtp://a.pl\"}\n",
        GOODS, "shop.yml:4:6: in live mode this address must begin with https://\n"},
    {"localhost in live",
        "name: A\ncurrency: PLN\nmode: live\nurl: http://localhost:80\nseller: {name: J, "
        "address: x, email: j@b.pl}\n"
        "gateways: {pay: {use: tpay}}\nmail: {send: \"smtp://a.pl\"}\n",
        GOODS, ""},
    {"live without anything", "name: A\ncurrency: PLN\nmode: live\n", GOODS,
        "shop.yml:1:1: `url` is missing: live mode needs the address of the shop\n"
        "shop.yml:1:1: `seller` is missing: {name, address, country, tax_id, email}\n"
        "shop.yml:1:1: advice: no `mail: {send: …}`: letters are only written to var/outbox, "
        "nobody gets them\n"
        "shop.yml:1:1: `gateways` is missing: live mode needs one that takes money\n"},
    {"lang", HEAD "lang: polski\n", GOODS, "shop.yml:4:7: `lang` is two small letters: pl or en\n"},
    {"other lang", HEAD "lang: de\n", GOODS,
        "shop.yml:4:7: advice: this program speaks pl and en; in other languages it speaks "
        "English\n"},
    {"timezone", HEAD "timezone: ../etc\n", GOODS,
        "shop.yml:4:11: `timezone` is a name like Europe/Warsaw\n"},
    {"store", HEAD "store: mysql:x\n", GOODS,
        "shop.yml:4:8: `store` is sqlite:<file>, like sqlite:var/shop.db\n"},
    {"seller key", "name: A\ncurrency: PLN\nseller: {name: J, nip: \"1\"}\n", GOODS,
        "shop.yml:3:19: `nip` is not known here\n"},
    {"seller email", "name: A\ncurrency: PLN\nseller: {name: J, email: j}\n", GOODS,
        "shop.yml:3:26: `j` is not an e-mail address\n"},
    {"seller NIP",
        "name: A\ncurrency: PLN\nseller: {name: J, country: PL, tax_id: \"5260001247\"}\n", GOODS,
        "shop.yml:3:40: this NIP has a mistake: it has ten digits and the last one checks the "
        "others\n"},
    {"mail", HEAD "mail: {from: \"Jan <jan>\", send: \"ftp://x\"}\n", GOODS,
        "shop.yml:4:14: `jan` is not an e-mail address\n"},
    {"good mail", HEAD "mail: {from: \"Jan <jan@b.pl>\", send: \"smtps://a:${P}@b.pl\"}\n", GOODS,
        ""},
    {"gateway", HEAD "gateways: {blik: {use: tpey}}\n", GOODS,
        "shop.yml:4:24: there is no gateway `tpey`, did you mean `tpay`?\n"},
    {"gateway's name", HEAD "gateways: {Blik: {use: tpay}}\n", GOODS,
        "shop.yml:4:18: `Blik` cannot name a gateway: small letters, digits and dashes\n"},
    {"gateway's currency", HEAD "gateways: {blik: {use: tpay, currencies: [PLN, zl]}}\n", GOODS,
        "shop.yml:4:48: `zl` is not a currency that this shop knows: three capital letters, "
        "like PLN\n"},
    {"limits", HEAD "limits: {orders_per_address: many, orders: 1}\n", GOODS,
        "shop.yml:4:36: `orders` is not known here\n"
        "shop.yml:4:30: `orders_per_address` is a whole number; 0 is no limit\n"},
    {"expire", HEAD "expire: soon\n", GOODS, "shop.yml:4:9: `expire` is a span like 7d or 12h\n"},
    {"consents",
        HEAD "consents: [{id: A B, text: x}, {id: t, text: x}, {id: t, text: z}, {id: u}]\n", GOODS,
        "shop.yml:4:17: the id of a consent has small letters, digits, dashes and underscores\n"
        "shop.yml:4:55: there are two consents `t`\n"
        "shop.yml:4:68: `text` is missing\n"},
    {"steps as a map", HEAD "steps: {id: a}\n", GOODS,
        "shop.yml:4:8: `steps` must be a list: `- entry` or [entry, …]\n"},
    {"step does nothing known", HEAD "steps: [{id: a, do: academy.invit}]\n", GOODS,
        "shop.yml:4:21: nothing here can do `academy.invit`, did you mean `academy.invite`?\n"},
    {"step of no connector", HEAD "steps: [{id: a, do: kit.http}]\n", GOODS,
        "shop.yml:4:21: nothing here can do `kit.http`: there is no `kit` in connectors\n"},
    {"connector", HEAD "connectors: {kit: {use: htp}}\n", GOODS,
        "shop.yml:4:25: there is no connector `htp`, did you mean `http`?\n"},
    {"step named as ours", HEAD "steps: [{id: access, do: http}, {id: order, do: http}]\n", GOODS,
        "shop.yml:4:14: `access` is the name of a letter that the shop writes by itself: choose "
        "another id\n"
        "shop.yml:4:38: `order` is a word of this program: choose another id\n"},
    {"two steps of one name", STEP "  - {id: one, do: http}\n", GOODS,
        "shop.yml:6:10: there are two steps `one`\n"},
    {"needs nobody", STEP "  - {id: two, do: http, needs: [oen]}\n", GOODS,
        "shop.yml:6:33: there is no step `oen`, did you mean `one`?\n"},
    {"needs itself", STEP "  - {id: two, do: http, needs: [two]}\n", GOODS,
        "shop.yml:6:33: a step cannot wait for itself\n"},
    {"names no step", STEP "  - {id: two, do: http, with: {url: \"{{onne.link}}\"}}\n", GOODS,
        "shop.yml:6:37: {{onne.link}}: there is no step and nothing else of the name `onne`, "
        "did you mean `one`?\n"},
    {"names no value", STEP "  - {id: two, do: http, with: {url: \"{{one.lnik}}\"}}\n", GOODS,
        "shop.yml:6:37: {{one.lnik}}: the step `one` gives no `lnik`, did you mean `link`?\n"},
    {"names a step alone", STEP "  - {id: two, do: http, with: {url: \"{{one}}\"}}\n", GOODS,
        "shop.yml:6:37: {{one}}: say which value of the step `one`\n"},
    {"names a fact wrongly", STEP "  - {id: two, do: http, with: {url: \"{{buyer.mail}}\"}}\n",
        GOODS, "shop.yml:6:37: {{buyer.mail}}: `buyer` has no `mail`, did you mean `email`?\n"},
    {"names in a key", STEP "  - {id: two, do: http, with: {f: {\"{{buyer.x}}\": 1}}}\n", GOODS,
        "shop.yml:6:36: {{buyer.x}}: `buyer` has no `x`\n"},
    {"names data", STEP "  - {id: two, do: http, with: {url: \"{{product.list}}\"}}\n",
        GOODS "- {id: b, name: B, price: 1.00 PLN, tax: \"23\", data: {list: 7}}\n",
        "_data/products.yml:1:3: product `a`: the step `two` names {{product.list}}, but its "
        "`data` has no `list`\n"},
    {"names a step the product does not owe",
        STEP "  - {id: two, do: http, with: {url: \"{{one.link}}\"}}\n",
        "- {id: a, name: A, price: 1.00 PLN, tax: \"23\", steps: [two]}\n",
        "_data/products.yml:1:3: product `a`: the step `two` names {{one.link}}, but its "
        "`steps` do not have `one`\n"},
    {"a circle",
        HEAD
        "steps:\n  - {id: a, do: http, needs: [b]}\n  - {id: b, do: http, needs: [c]}\n  - {id: "
        "c, do: http, needs: [a]}\n",
        GOODS, "shop.yml:5:5: these steps wait for each other in a circle: a → b → c → a\n"},
    {"no circle, two ways",
        HEAD "steps:\n  - {id: a, do: http, needs: [b, c]}\n  - {id: b, do: http, needs: [c]}\n  - "
             "{id: c, do: http}\n",
        GOODS, ""},
    {"a product of nothing", HEAD, "- {}\n",
        "_data/products.yml:1:3: `id` is missing\n_data/products.yml:1:3: `name` is missing\n"
        "_data/products.yml:1:3: `price` is missing\n"
        "_data/products.yml:1:3: `tax` is missing: the rate inside the price, like \"23\", "
        "\"5\" or \"zw\"\n"},
    {"two products", HEAD, GOODS GOODS,
        "_data/products.yml:2:3: there are two products `a`: the other one is in line 1\n"},
    {"product's id", HEAD, "- {id: A b, name: A, price: 1.00 PLN, tax: \"23\"}\n",
        "_data/products.yml:1:8: `A b` cannot be an id: it is an address, so small letters a-z, "
        "digits and dashes\n"},
    {"price with a comma", HEAD, "- {id: a, name: A, price: \"19,90 PLN\", tax: \"23\"}\n",
        "_data/products.yml:1:27: price `19,90 PLN`: an amount has a dot, not a comma: 499.00\n"},
    {"price with a sign", HEAD, "- {id: a, name: A, price: -5 PLN, tax: \"23\"}\n",
        "_data/products.yml:1:27: price `-5 PLN`: an amount has no sign: 499.00\n"},
    {"price with an underscore", HEAD, "- {id: a, name: A, price: \"1_000 PLN\", tax: \"23\"}\n",
        "_data/products.yml:1:27: price `1_000 PLN`: an amount has no underscores: 499.00\n"},
    {"price with an exponent", HEAD, "- {id: a, name: A, price: \"1e3 PLN\", tax: \"23\"}\n",
        "_data/products.yml:1:27: price `1e3 PLN`: an amount has no exponent: 499.00\n"},
    {"price with one decimal", HEAD, "- {id: a, name: A, price: 9.9 PLN, tax: \"23\"}\n",
        "_data/products.yml:1:27: price `9.9 PLN`: an amount has two decimals or none: 499.00 "
        "or 499\n"},
    {"price in an unknown currency", HEAD, "- {id: a, name: A, price: 9.90 PLX, tax: \"23\"}\n",
        "_data/products.yml:1:27: price `9.90 PLX`: a price needs a currency that this shop "
        "knows, in three capital letters: 499.00 PLN\n"},
    {"price that nobody takes", HEAD, "- {id: a, name: A, price: 9.90 EUR, tax: \"23\"}\n",
        "_data/products.yml:1:27: no gateway of shop.yml takes EUR\n"},
    {"price of nothing", HEAD, "- {id: a, name: A, price: 0.00 PLN, tax: \"23\"}\n",
        "_data/products.yml:1:27: a price of nothing cannot be paid\n"},
    {"bare price", HEAD, "- {id: a, name: A, price: 499.00, tax: \"23\"}\n",
        "_data/products.yml:1:27: advice: write `499.00 PLN`: other readers of this file print "
        "a bare number their own way (499.00 as 499.0)\n"},
    {"tax", HEAD, "- {id: a, name: A, price: 1.00 PLN, tax: 23%}\n",
        "_data/products.yml:1:42: tax `23%`: a tax rate is a number from 0 to 100 or a short "
        "word: \"23\", \"8.5\", \"zw\"\n"},
    {"product's step", STEP, "- {id: a, name: A, price: 1.00 PLN, tax: \"23\", steps: [onee]}\n",
        "_data/products.yml:1:56: shop.yml has no step `onee`, did you mean `one`?\n"},
    {"files", HEAD,
        "- {id: a, name: A, price: 1.00 PLN, tax: \"23\", files: [a.pdf, ../b, /c, d/.e]}\n",
        "_data/products.yml:1:63: `../b` must name a file below academy/a/\n"
        "_data/products.yml:1:69: `/c` must name a file below academy/a/\n"
        "_data/products.yml:1:73: `d/.e` must name a file below academy/a/\n"},
    {"image", HEAD, "- {id: a, name: A, price: 1.00 PLN, tax: \"23\", image: a.jpg}\n",
        "_data/products.yml:1:55: `image` begins with / or https://, like /images/moa.jpg\n"},
    {"a slip of the pen", HEAD, "- {id: a, name: A, price: 1.00 PLN, tax: \"23\", sumary: x}\n",
        "_data/products.yml:1:48: `sumary` is not known here, did you mean `summary`?\n"},
    {"Jekyll's own", HEAD,
        "- {id: a, name: A, price: 1.00 PLN, tax: \"23\", layout: x, date: z}\n"
        "- {id: b, name: A, price: 1.00 PLN, tax: \"23\", layout: x}\n",
        "_data/products.yml:1:48: note: `layout` is yours: pages have it as {{extra.layout}}\n"
        "_data/products.yml:1:59: note: `date` is yours: pages have it as {{extra.date}}\n"},
    {"draft", HEAD, "- {id: a, name: A, price: 1.00 PLN, tax: \"23\", draft: maybe}\n",
        "_data/products.yml:1:55: `draft` must be true or false\n"},
    {"a product as a text", HEAD, "- a\n",
        "_data/products.yml:1:3: a product is a map: `- id: …` and below it name, price, tax\n"},
};

static void test_mistakes(void) {
    for (size_t i = 0; i < COUNT(files); i++) {
        struct arena *mem = arena_new(4 << 20);
        struct report report = report_new(mem);
        struct shop *shop = fixture_read(mem, files[i].settings, files[i].products, &report);
        str got = S("");
        for (const struct report_row *r = report.first; r; r = r->next)
            got = JOIN(mem, got, report_line(mem, r), S("\n"));
        CHECK_STR(files[i].row, got, str_of(files[i].want));
        CHECK(files[i].row, shop != NULL && shop->gateway_count > 0);
        arena_free(mem);
    }
}

static void test_read(struct arena *mem) {
    struct report report = report_new(mem);
    struct shop *shop = fixture_read(mem, fixture_settings, fixture_products, &report);
    CHECK_INT("rows", report.rows, 0);
    CHECK_STR("api", shop->api, shop->url);
    CHECK_STR("from", shop->mail_from, S("jan@example.com"));
    CHECK_STR("send", shop->mail_send, S("file:var/outbox"));
    CHECK_STR("store", shop->store, S("sqlite:var/shop.db"));
    CHECK_STR("listen", tree_str(shop->listen->first), S("127.0.0.1:8080"));
    CHECK_INT("expire", shop->expire_ms, 7 * TIME_DAY);
    CHECK_INT("limits", shop->orders_per_address * 100 + shop->orders_per_email, 3010);
    CHECK("test", !shop->live);
    CHECK("product", shop_product(shop, S("book")) == &shop->products[1]);
    CHECK("no product", !shop_product(shop, S("boo")) && !shop_product(shop, S("")));
    CHECK("gateways", shop_gateway(shop, S("card")) && !shop_gateway(shop, S("cart")));
    CHECK_STR("gateway", shop_gateway_for(shop, S("PLN"))->name, S("pay"));
    CHECK_STR("gateway", shop_gateway_for(shop, S("EUR"))->name, S("card"));
    CHECK("no gateway", !shop_gateway_for(shop, S("USD")));
    CHECK("connector", shop_connector(shop, S("kit")) && !shop_connector(shop, S("kat")));
    CHECK("steps", shop_step(shop, S("welcome")) && !shop_step(shop, S("farewell")));
    shop = fixture_read(mem, HEAD "url: https://a.pl/shop//\nexpire: 12h\n", GOODS, &report);
    CHECK_STR("without the slash", shop->url, S("https://a.pl/shop"));
    CHECK_INT("expire", shop->expire_ms, 12 * TIME_HOUR);
    CHECK_STR("a shop that tries things out", shop->gateways[0].use, S("test"));
    const struct product *a = shop_product(shop, S("a"));
    struct shop *other =
        fixture_read(mem, HEAD, "- {id: a, name: A, price: 2.00 PLN, tax: \"23\"}\n", NULL);
    CHECK("another price is another text", !str_is(a->hash, shop_product(other, S("a"))->hash));
}

/* Many products: the index finds each, and nothing else. */
static void test_many(struct arena *mem) {
    str text = S("");
    for (int i = 0; i < 500; i++)
        text = JOIN(mem, text, S("- {id: p"), str_int(mem, i),
            S(", name: A, price: 1.00 PLN, tax: \"23\"}\n"));
    struct shop *shop = fixture_read(mem, HEAD, str_cz(mem, text), NULL);
    CHECK_INT("many", shop->product_count, 500);
    for (int i = 0; i < 500; i++) {
        str id = JOIN(mem, S("p"), str_int(mem, i));
        const struct product *p = shop_product(shop, id);
        CHECK("found", p && str_is(p->id, id));
        CHECK("not found", !shop_product(shop, JOIN(mem, S("q"), str_int(mem, i))));
    }
}

void suite_files(void) {
    struct arena *mem = arena_new(64 << 20);
    test_mistakes();
    test_read(mem);
    test_many(mem);
    arena_free(mem);
}
