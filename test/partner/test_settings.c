#include "base/json.h"
#include "partner/mail.h"
#include "partners.h"

/* ---- gateways ---- */

static const struct {
    const char *name;
    str settings;
    bool live;
    str rows;
} gateway_settings_cases[] = {
    {"fine",
        S_INIT("use: tpay\nmerchant: 12345\ncode: \"${C}\"\ncode_previous: \"${P}\"\nbase: "
               "https://x\ncurrencies: [PLN]\n"),
        true, S_INIT("")},
    {"demo in test", S_INIT("use: tpay\nmerchant: \"1010\"\ncode: demo\n"), false, S_INIT("")},
    {"demo in live", S_INIT("use: tpay\nmerchant: \"1010\"\ncode: demo\n"), true,
        S_INIT("shop.yml:2:11: merchant 1010 and code `demo` are published: in live mode anybody "
               "could pay with them\n")},
    {"merchant of the demo in live", S_INIT("use: tpay\nmerchant: 1010\ncode: \"${C}\"\n"), true,
        S_INIT("shop.yml:2:11: merchant 1010 and code `demo` are published: in live mode anybody "
               "could pay with them\n")},
    {"nothing", S_INIT("use: tpay\n"), false,
        S_INIT("shop.yml:1:1: `merchant` is missing\nshop.yml:1:1: `code` is missing\n")},
    {"typo", S_INIT("use: tpay\nmerchant: 1\ncod: x\ncode: \"${C}\"\n"), false,
        S_INIT("shop.yml:3:1: unknown setting `cod`, did you mean `code`?\n")},
    {"letters", S_INIT("use: tpay\nmerchant: x1\ncode: \"${C}\"\n"), false,
        S_INIT("shop.yml:2:11: `merchant` is tpay's number of you: digits only\n")},
    {"code with blanks", S_INIT("use: tpay\nmerchant: 1\ncode: \" ${C}\"\n"), true,
        S_INIT("shop.yml:3:7: advice: `code` has blanks around it: copied from the panel?\n")},
    {"http", S_INIT("use: tpay\nmerchant: 1\ncode: \"${C}\"\nbase: http://127.0.0.1:1\n"), false,
        S_INIT("shop.yml:4:7: `base` is not https; for a stand-in put `allow_private: true` "
               "beside it\n")},
    {"http allowed",
        S_INIT("use: tpay\nmerchant: 1\ncode: \"${C}\"\nbase: http://127.0.0.1:1\nallow_private: "
               "true\n"),
        false, S_INIT("")},
    {"no address", S_INIT("use: tpay\nmerchant: 1\ncode: \"${C}\"\nbase: secure.tpay.com\n"), false,
        S_INIT("shop.yml:4:7: `base` must begin with https://\n")},
    {"euro", S_INIT("use: tpay\nmerchant: 1\ncode: \"${C}\"\ncurrencies: [PLN, EUR]\n"), false,
        S_INIT("shop.yml:4:19: tpay takes PLN only\n")},
    {"test", S_INIT("use: test\n"), false, S_INIT("")},
    {"test in live", S_INIT("use: test\n"), true,
        S_INIT("shop.yml:9:3: the test gateway takes no money: `mode: live` refuses it\n")},
    {"test, typo", S_INIT("use: test\ncurrencie: [PLN]\n"), false,
        S_INIT("shop.yml:2:1: unknown setting `currencie`, did you mean `currencies`?\n")},
};

TEST(gateway_settings) {
    struct arena *mem = arena_new(8 << 20);
    for (size_t i = 0; i < COUNT(gateway_settings_cases); i++) {
        const struct tree *settings = yaml_of(mem, gateway_settings_cases[i].settings);
        struct shop_gateway g = {.name = S("blik"),
            .use = tree_get(settings, S("use")),
            .settings = settings,
            .currencies = tree_find(settings, S("currencies")),
            .at = {S("shop.yml"), 9, 3}};
        struct report report = report_new(mem);
        gateway_find(g.use)->check(&g, gateway_settings_cases[i].live, &report);
        CHECK_STR(gateway_settings_cases[i].name, report_text(mem, &report),
            gateway_settings_cases[i].rows);
    }
    struct report report = report_new(mem);
    const struct tree *settings = yaml_of(mem, S("use: tpay\nmerchant: 1\ncode: written-out\n"));
    struct shop_gateway g = {.settings = settings, .at = {S("shop.yml"), 9, 3}};
    gateway_find(S("tpay"))->check(&g, false, &report);
    CHECK("a secret written out: advice", report.rows == 1 && report.mistakes == 0);
    gateway_find(S("tpay"))->check(&g, true, &report);
    CHECK("a secret written out, live: a mistake", report.rows == 2 && report.mistakes == 1);
    arena_free(mem);
}

/* ---- steps ---- */

static struct shop_connector connectors[1];

static struct shop shop_of(struct arena *mem) {
    connectors[0] = (struct shop_connector){.name = S("kit"),
        .at = {S("shop.yml"), 3, 3},
        .settings = yaml_of(mem,
            S("use: http\nbase: https://api.kit.com\nheaders: {X-Kit-Api-Key: \"${K}\", X-A: a}\n"
              "class: natural\n"))};
    return (struct shop){
        .connectors = connectors, .connector_count = 1, .mail_from = S("Jan <jan@example.com>")};
}

static const struct {
    const char *name;
    str does, with, rows;
} step_settings_cases[] = {
    {"fine", S_INIT("http"),
        S_INIT("url: https://a/x\nbody: {a: {$number: \"{{order.total}}\"}}\nvalues: {link: /a}\n"
               "ok: [200]\ntimeout: 20s\nsettle: 5m\n"),
        S_INIT("")},
    {"by a connector", S_INIT("kit.http"), S_INIT("url: /v4/purchases\nbody: {}\n"), S_INIT("")},
    {"no such connector", S_INIT("kid.http"), S_INIT("url: https://a\n"),
        S_INIT("")}, /* shop says that, and nothing else may follow from it */
    {"no url", S_INIT("http"), S_INIT("body: {}\n"), S_INIT("t:1:1: `url` is missing\n")},
    {"nothing at all", S_INIT("http"), S_INIT(""), S_INIT("shop.yml:7:5: `url` is missing\n")},
    {"typo", S_INIT("http"), S_INIT("url: https://a\nheader: {a: b}\n"),
        S_INIT("t:2:1: unknown setting `header`, did you mean `headers`?\n")},
    {"http", S_INIT("http"), S_INIT("url: http://a\n"),
        S_INIT("t:1:6: `url` is not https; for a stand-in put `allow_private: true` beside it\n")},
    {"http allowed", S_INIT("http"), S_INIT("url: http://a\nallow_private: true\n"), S_INIT("")},
    {"path without a base", S_INIT("http"), S_INIT("url: /x\n"),
        S_INIT("t:1:6: `url` must begin with https://\n")},
    {"both bodies", S_INIT("http"), S_INIT("url: https://a\nbody: {}\nform: {a: b}\n"),
        S_INIT("t:3:7: either `body` (JSON) or `form`, not both\n")},
    {"form with a map", S_INIT("http"), S_INIT("url: https://a\nform: {a: {b: c}}\n"),
        S_INIT("t:2:11: `a` of `form` must be text\n")},
    {"method", S_INIT("http"), S_INIT("url: https://a\nmethod: TRACE\n"),
        S_INIT("t:2:9: `method` is one of GET, POST, PUT, PATCH, DELETE\n")},
    {"codes", S_INIT("http"), S_INIT("url: https://a\nok: [2xx]\n"),
        S_INIT("t:2:5: `ok` must be a list of HTTP statuses such as [200, 201]\n")},
    {"pointer", S_INIT("http"), S_INIT("url: https://a\nvalues: {a: b}\n"),
        S_INIT("t:2:13: a JSON pointer begins with `/`: /purchase/id\n")},
    {"receipt", S_INIT("http"), S_INIT("url: https://a\nreceipt: id\n"),
        S_INIT("t:2:10: a JSON pointer begins with `/`: /purchase/id\n")},
    {"expect", S_INIT("http"), S_INIT("url: https://a\nexpect: {a: b}\n"),
        S_INIT("t:2:13: `expect` has JSON pointers on its left: /subscriber/fields/x\n")},
    {"class", S_INIT("http"), S_INIT("url: https://a\nclass: safe\n"),
        S_INIT("t:2:8: `class` is keyed, natural, askable or opaque\n")},
    {"keyed, no key", S_INIT("http"), S_INIT("url: https://a\nclass: keyed\n"),
        S_INIT("t:2:8: a keyed step sends its key: `key: {header: Idempotency-Key}` or "
               "{{step.key}} in the body\n")},
    {"keyed, key in the body", S_INIT("http"),
        S_INIT("url: https://a\nclass: keyed\nbody: {k: [\"{{step.key}}\"]}\n"), S_INIT("")},
    {"askable, no ask", S_INIT("http"), S_INIT("url: https://a\nclass: askable\n"),
        S_INIT("t:2:8: an askable step needs `ask`: how to find out whether it was done\n")},
    {"ask, not askable", S_INIT("http"), S_INIT("url: https://a\nask: {url: https://b}\n"),
        S_INIT("t:2:6: `ask` is looked at with `class: askable` only\n")},
    {"ask, list without match", S_INIT("http"),
        S_INIT("url: https://a\nclass: askable\nask: {url: https://b, list: /x}\n"),
        S_INIT("t:3:6: `list` needs `match`: which of the records is this step's\n")},
    {"ask, value missing", S_INIT("http"),
        S_INIT("url: https://a\nclass: askable\nvalues: {l: /l}\nask: {url: https://b}\n"),
        S_INIT("t:4:6: `ask` must give `l` in its `values` too\n")},
    {"ask, typo", S_INIT("http"),
        S_INIT("url: https://a\nclass: askable\nask: {url: https://b, nxt: x}\n"),
        S_INIT("t:3:23: unknown setting `nxt`, did you mean `next`?\n")},
    {"$number beside others", S_INIT("http"),
        S_INIT("url: https://a\nbody: {a: {$number: 1, b: 2}}\n"),
        S_INIT("t:2:11: `$number` stands alone in its map: total: {$number: "
               "\"{{order.total}}\"}\n")},
    {"header name", S_INIT("http"), S_INIT("url: https://a\nheaders: {\"a b\": c}\n"),
        S_INIT("t:2:18: `a b` is no name of a header\n")},
    {"too slow", S_INIT("http"), S_INIT("url: https://a\ntimeout: 2m\n"),
        S_INIT("t:2:10: `timeout` is at most 60s\n")},
    {"no time", S_INIT("http"), S_INIT("url: https://a\ntimeout: soon\n"),
        S_INIT("t:2:10: `timeout` must be a time such as 20s, 5m or 1h\n")},
    {"academy", S_INIT("academy.invite"), S_INIT(""), S_INIT("")},
    {"academy with", S_INIT("academy.invite"), S_INIT("a: b\n"),
        S_INIT("t:1:1: `academy.invite` takes no settings\n")},
    {"mail", S_INIT("mail"), S_INIT(""), S_INIT("")},
    {"mail with", S_INIT("mail"), S_INIT("to: b\n"),
        S_INIT("t:1:1: `mail` takes no settings: it sends mail/<step>\n")},
};

TEST(step_settings) {
    struct arena *mem = arena_new(8 << 20);
    struct shop shop = shop_of(mem);
    for (size_t i = 0; i < COUNT(step_settings_cases); i++) {
        struct shop_step s = {.id = S("x"),
            .does = step_settings_cases[i].does,
            .with = yaml_of(mem, step_settings_cases[i].with),
            .at = {S("shop.yml"), 7, 5}};
        struct report report = report_new(mem);
        if (s.with)
            s.at.file = S("t");
        connector_find(s.does)->check(&s, &shop, &report);
        CHECK_STR(
            step_settings_cases[i].name, report_text(mem, &report), step_settings_cases[i].rows);
    }
    arena_free(mem);
}

TEST(connector_settings) {
    static const struct {
        const char *name;
        str does, with, want;
    } cases[] = {
        {"own", S_INIT("http"), S_INIT("url: /x\n"), S_INIT("{\"url\":\"/x\"}")},
        {"none", S_INIT("mail"), S_INIT(""), S_INIT("{}")},
        {"under", S_INIT("kit.http"), S_INIT("url: /x\n"),
            S_INIT(
                "{\"base\":\"https://api.kit.com\",\"headers\":{\"X-Kit-Api-Key\":\"${K}\",\"X-A\""
                ":\"a\"},\"class\":\"natural\",\"url\":\"/x\"}")},
        {"over", S_INIT("kit.http"), S_INIT("class: opaque\nheaders: {x-a: b, X-C: c}\n"),
            S_INIT(
                "{\"base\":\"https://api.kit.com\",\"headers\":{\"x-a\":\"b\",\"X-C\":\"c\",\"X-Ki"
                "t-Api-Key\":\"${K}\"},\"class\":\"opaque\"}")},
        {"unknown connector", S_INIT("no.http"), S_INIT("url: /x\n"), S_INIT("{\"url\":\"/x\"}")},
        {"a name with a dot of its own", S_INIT("academy.invite"), S_INIT(""), S_INIT("{}")},
    };
    struct arena *mem = arena_new(8 << 20);
    struct shop shop = shop_of(mem);
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct tree *with =
            connector_settings(mem, &shop, cases[i].does, yaml_of(mem, cases[i].with));
        CHECK_STR(cases[i].name, json_write(mem, with), cases[i].want);
    }
    arena_free(mem);
}

TEST(connectors) {
    static const struct {
        str does;
        const char *found;
    } cases[] = {
        {S_INIT("http"), "http"},
        {S_INIT("mail"), "mail"},
        {S_INIT("academy.invite"), "academy.invite"},
        {S_INIT("kit.http"), "http"},
        {S_INIT("a.b.http"), "http"},
        {S_INIT("kit.mail"), NULL},
        {S_INIT("invite"), NULL},
        {S_INIT("kit.purchase"), NULL},
        {S_INIT(".http"), NULL},
        {S_INIT("http."), NULL},
        {S_INIT(""), NULL},
    };
    struct arena *mem = arena_new(1 << 20);
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct connector *c = connector_find(cases[i].does);
        CHECK_STR(str_cz(mem, cases[i].does), str_of(c ? c->name : NULL), str_of(cases[i].found));
    }
    size_t count = 0;
    const str *names = connector_names(&count);
    for (size_t i = 0; i < count; i++)
        CHECK("every name is found", connector_find(names[i]) != NULL);
    CHECK_INT("as many as there are", count, 3);
    static const struct {
        str class;
        enum step_class want;
    } classes[] = {{S_INIT("keyed"), STEP_KEYED}, {S_INIT("natural"), STEP_NATURAL},
        {S_INIT("askable"), STEP_ASKABLE}, {S_INIT("opaque"), STEP_OPAQUE},
        {S_INIT(""), STEP_OPAQUE}};
    const struct connector *http = connector_find(S("http"));
    for (size_t i = 0; i < COUNT(classes); i++) {
        struct tree *with = tree_map(mem);
        tree_put_text(mem, with, S("class"), classes[i].class);
        CHECK_INT("class", http->class(with), classes[i].want);
    }
    CHECK_INT("no settings", http->class(NULL), STEP_OPAQUE);
    CHECK_STR("values",
        json_write(mem, http->values(mem, yaml_of(mem, S("values: {a: /a, b: /b}\n")))),
        S("[\"a\",\"b\"]"));
    CHECK_STR("no values", json_write(mem, http->values(mem, NULL)), S("[]"));
    arena_free(mem);
}

#define ONE   "send: \"smtps://jan@a.pl:${P}@mail.a.pl\"\n"
#define PLAIN "send: \"smtp://127.0.0.1:2525\"\n"
#define NOBODY                                                                                \
    "who answers a letter reaches nobody: `mail: {reply_to: …}` or `seller: {email: …}` " \
    "is missing"

/* clang-format off */
static const struct {
    const char *name;
    str mail, reply_to;
    bool live;
    const char *says; /* the start of the only row, without its place; "": none */
} mail_rows[] = {
    {"a server", S_INIT(ONE), S_INIT("a@b.pl"), true, ""},
    {"STARTTLS", S_INIT("send: \"smtp://mail.a.pl:587\"\n"), S_INIT("a@b.pl"), true, ""},
    {"a folder", S_INIT("send: \"file:var/outbox\"\n"), S_INIT(""), false, ""},
    {"a folder, live", S_INIT("send: \"file:var/outbox\"\n"), S_INIT(""), true, "1:1: " NOBODY},
    {"no answer", S_INIT(ONE), S_INIT(""), false, "1:1: " NOBODY},
    {"nobody there", S_INIT(ONE "reply_to: No-Reply@a.pl\n"), S_INIT("No-Reply@a.pl"), false,
        "2:11: `No-Reply@a.pl` reads as if nobody answered there"},
    {"scheme", S_INIT("send: \"smpt://a.pl\"\n"), S_INIT("a@b.pl"), false,
        "1:7: `send`: mail goes to smtps://"},
    {"no host", S_INIT("send: \"smtps://jan:${P}@\"\n"), S_INIT("a@b.pl"), false,
        "1:7: `send`: the mail server's name is missing"},
    {"a port that is none", S_INIT("send: \"smtps://a.pl:99999\"\n"), S_INIT("a@b.pl"), false,
        "1:7: `send`: the mail server's port"},
    {"no password", S_INIT("send: \"smtps://jan@a.pl\"\n"), S_INIT("a@b.pl"), false,
        "1:7: `send`: before the @ stand a name and a password"},
    {"a secret written out", S_INIT("send: \"smtps://jan:hunter2@a.pl\"\n"), S_INIT("a@b.pl"),
        true, "1:7: the password is written out"},
    {"written out in test", S_INIT("send: \"smtps://jan:hunter2@a.pl\"\n"), S_INIT("a@b.pl"),
        false, "1:7: advice: the password is written out"},
    {"all of it a secret", S_INIT("send: \"${SMTP}\"\n"), S_INIT("a@b.pl"), false,
        "1:7: only name, password and host"},
    {"plain, live", S_INIT(PLAIN "allow_plain: true\n"), S_INIT("a@b.pl"), true,
        "2:14: without TLS"},
    {"plain, inside", S_INIT(PLAIN "allow_plain: true\nallow_private: true\n"),
        S_INIT("a@b.pl"), true, ""},
    {"plain TLS", S_INIT(ONE "allow_plain: true\nallow_private: true\n"), S_INIT("a@b.pl"), true,
        "2:14: `allow_plain` and smtps:// contradict"},
    {"no truth", S_INIT(ONE "allow_private: maybe\n"), S_INIT("a@b.pl"), true,
        "2:16: `allow_private` must be true or false"},
    {"port 25", S_INIT("send: \"smtp://a.pl:25\"\n"), S_INIT("a@b.pl"), true,
        "1:7: advice: port 25"},
};
/* clang-format on */

TEST(mail_settings) {
    for (size_t i = 0; i < COUNT(mail_rows); i++) {
        struct arena *mem = arena_new(8 << 20);
        struct report report = report_new(mem);
        const struct tree *mail = yaml_of(mem, mail_rows[i].mail);
        struct tree *settings = tree_map(mem);
        struct tree *copy = tree_put(settings, S("mail"), tree_copy(mem, mail));
        copy->line = copy->col = 1;
        struct shop shop = {.settings = settings,
            .live = mail_rows[i].live,
            .mail_send = tree_get(mail, S("send")),
            .mail_reply_to = mail_rows[i].reply_to};
        mail_settings_check(&shop, &report);
        str got = report_text(mem, &report), want = str_of(mail_rows[i].says);
        got = str_from(got, got.len ? S("shop.yml:").len : 0);
        if (!want.len || !str_starts(got, want) || str_find_byte(got, '\n') + 1 != got.len)
            CHECK_STR(mail_rows[i].name, got, want);
        arena_free(mem);
    }
}

const struct check_test settings_tests[SETTINGS_TESTS] = {
    ROW(gateway_settings),
    ROW(step_settings),
    ROW(connector_settings),
    ROW(connectors),
    ROW(mail_settings),
};
