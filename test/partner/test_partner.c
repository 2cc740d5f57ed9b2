#include "base/yaml.h"
#include "partners.h"

/* ---- shared ---- */

const struct tree *yaml_of(struct arena *mem, str text) {
    struct report report = report_new(mem);
    const struct tree *t = text.len ? yaml_read(mem, S("test.yml"), text, &report) : NULL;
    CHECK_STR("the YAML of a test", report_text(mem, &report), S(""));
    return t;
}

str report_text(struct arena *mem, const struct report *report) {
    str text = S("");
    for (const struct report_row *r = report->first; r; r = r->next)
        text = JOIN(mem, text, report_line(mem, r), S("\n"));
    return text;
}

struct request note_request(str body) {
    return (struct request){.method = S("POST"), .body = body};
}

/* ---- the table of gateways and the test gateway ---- */

static struct account account_new(struct arena *mem) {
    return (struct account){
        .name = S("try"),
        .settings = tree_map(mem),
        .secret = S("0123456789abcdef0123456789abcdef"),
        .back = S("http://127.0.0.1:8080/o/t1/k?x=1&y=2"),
        .notify = S("http://127.0.0.1:8080/api/payment/try"),
        .api = S("http://127.0.0.1:8080"),
    };
}

static struct line lines[] = {{.name = S_INIT("Kurs „Żółw” & spółka")}, {.name = S_INIT("E-book")}};

static struct order order_new(void) {
    return (struct order){.id = S("t1"),
        .reference = S("t1234567890abcdefghijklmnop"),
        .total = money_of(49900, S("PLN")),
        .lines = lines,
        .line_count = 2};
}

TEST(gateways) {
    size_t count = 0;
    const str *names = gateway_names(&count);
    CHECK("none of that name", !gateway_find(S("tpai")));
    CHECK("empty name", !gateway_find(S("")));
    for (size_t i = 0; i < count; i++) {
        const struct gateway *g = gateway_find(names[i]);
        CHECK("every name is found", g && str_is(str_of(g->name), names[i]));
    }
    CHECK_INT("as many as there are", count, 2);
}

TEST(gateway_event) {
    static const struct {
        const char *name;
        str parts;
        bool kept;
    } cases[] = {
        {"plain", S_INIT("TR-1|TRUE|78.00"), true},
        {"64", S_INIT("0123456789012345678901234567890123456789012345678901234567890123"), true},
        {"65", S_INIT("01234567890123456789012345678901234567890123456789012345678901234"), false},
        {"slash", S_INIT("a/b"), false},
        {"blank", S_INIT("a b"), false},
        {"NUL", S_INIT("a\0b"), false},
        {"letter beyond ASCII", S_INIT("ż"), false},
        {"nothing", S_INIT(""), false},
    };
    struct arena *mem = arena_new(1 << 20);
    for (size_t i = 0; i < COUNT(cases); i++) {
        str event = gateway_event(mem, cases[i].parts);
        CHECK(cases[i].name, str_is(event, cases[i].parts) == cases[i].kept);
        CHECK(cases[i].name, cases[i].kept || event.len == 64);
    }
    arena_free(mem);
}

TEST(words) {
    static const struct {
        const char *name;
        str gateway;
        enum gateway_said said;
        int status;
        str body;
    } cases[] = {
        {"tpay heard", S_INIT("tpay"), GATEWAY_HEARD, 200, S_INIT("TRUE")},
        {"tpay forged", S_INIT("tpay"), GATEWAY_FORGED, 403, S_INIT("not verified\n")},
        {"tpay broken", S_INIT("tpay"), GATEWAY_BROKEN, 400, S_INIT("not readable\n")},
        {"tpay not now", S_INIT("tpay"), GATEWAY_NOT_NOW, 503, S_INIT("not now\n")},
        {"test heard", S_INIT("test"), GATEWAY_HEARD, 200, S_INIT("OK")},
        {"test forged", S_INIT("test"), GATEWAY_FORGED, 403, S_INIT("not verified\n")},
        {"test broken", S_INIT("test"), GATEWAY_BROKEN, 400, S_INIT("not readable\n")},
        {"test not now", S_INIT("test"), GATEWAY_NOT_NOW, 503, S_INIT("not now\n")},
    };
    struct arena *mem = arena_new(1 << 20);
    struct account a = account_new(mem);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct response r = gateway_find(cases[i].gateway)->word(&a, cases[i].said);
        CHECK_INT(cases[i].name, r.status, cases[i].status);
        CHECK_STR(cases[i].name, r.body, cases[i].body);
        CHECK(cases[i].name, str_starts(r.type, S("text/plain")));
    }
    arena_free(mem);
}

static err payment_of(
    struct arena *mem, const struct account *a, str link, struct test_payment *out) {
    return gateway_test_payment(mem, a, str_from(link, str_find_byte(link, '?') + 1), out);
}

TEST(test_link) {
    struct arena *mem = arena_new(64 << 20);
    struct account a = account_new(mem);
    struct order o = order_new();
    struct test_payment p = {0};
    str link = S("");
    CHECK_STR("link", gateway_find(S("test"))->link(mem, &a, &o, &link).what, S(""));
    CHECK("address",
        str_starts(link, S("http://127.0.0.1:8080/pay/test/try?ref=t1234567890abcdefghijklmnop"
                           "&amount=499.00&currency=PLN&product=Kurs%20")));
    CHECK_STR("reads", payment_of(mem, &a, link, &p).what, S(""));
    CHECK_STR("reference", p.reference, o.reference);
    CHECK_STR("back", p.back, a.back);
    CHECK_STR("product", p.product, S("Kurs „Żółw” & spółka, E-book"));
    CHECK("amount", money_is(p.amount, o.total));
    struct account other = a;
    other.secret = S("another");
    CHECK_INT("another account", payment_of(mem, &other, link, &p).code, ERR_REFUSED);
    other.secret = S("");
    CHECK_INT("no secret", payment_of(mem, &other, link, &p).code, ERR_REFUSED);
    str twice = JOIN(mem, link, S("&amount=1.00"));
    CHECK_INT("amount twice", payment_of(mem, &a, twice, &p).code, ERR_INVALID);
    /* The bound of one field moved by a letter: the same letters, another meaning. */
    size_t at = str_find(link, S("k&back="));
    str moved = JOIN(mem, str_part(link, 0, at), S("&back=k"), str_from(link, at + 7));
    CHECK("there is such a bound", at < link.len);
    CHECK_INT("moved", payment_of(mem, &a, moved, &p).code, ERR_REFUSED);
    arena_free(mem);
}

/* Whatever byte is changed, the payment is refused or still says the same. */
TEST(test_link_flips) {
    struct arena *mem = arena_new(256 << 20);
    struct account a = account_new(mem);
    struct order o = order_new();
    str link = S("");
    CHECK_STR("link", gateway_find(S("test"))->link(mem, &a, &o, &link).what, S(""));
    char *bytes = arena_take(mem, link.len);
    for (size_t i = str_find_byte(link, '?') + 1; i < link.len; i++)
        for (int bit = 0; bit < 8; bit++) {
            struct test_payment p = {0};
            memcpy(bytes, link.ptr, link.len);
            bytes[i] = (char)(bytes[i] ^ (1 << bit));
            err e = payment_of(mem, &a, (str){bytes, link.len}, &p);
            bool same = str_is(p.reference, o.reference) && money_is(p.amount, o.total)
                        && str_is(p.back, a.back);
            if (e.code == ERR_NONE && !same)
                CHECK(str_cz(mem, (str){bytes, link.len}), !"forged");
        }
    CHECK("ran", link.len > 100);
    arena_free(mem);
}

TEST(test_note) {
    struct arena *mem = arena_new(64 << 20);
    const struct gateway *g = gateway_find(S("test"));
    struct account a = account_new(mem);
    struct test_payment p = {
        .reference = S("t1234567890abcdefghijklmnop"), .amount = money_of(49900, S("PLN"))};
    struct note n = {0};
    struct request r = note_request(gateway_test_note(mem, &a, &p, true, 1));
    CHECK_STR("paid", g->read(mem, &a, &r, &n).what, S(""));
    CHECK_INT("paid: what", n.what, EVENT_PAID);
    CHECK("paid: amount", money_is(n.amount, p.amount) && money_is(n.asked, p.amount));
    CHECK("paid: a test", n.test);
    CHECK_STR("paid: reference", n.reference, p.reference);
    CHECK_STR("paid: event", n.event, S("test-t1234567890abcdefghijklmnop-1|paid|499.00"));
    CHECK_INT("at is the caller's", n.at, 0);
    CHECK_STR("raw", n.raw, r.body);
    str first = n.event;
    r.body = gateway_test_note(mem, &a, &p, true, 2);
    CHECK_STR("again", g->read(mem, &a, &r, &n).what, S(""));
    CHECK("paid twice: another event", !str_is(first, n.event));
    r.body = gateway_test_note(mem, &a, &p, false, 1);
    CHECK_STR("refused", g->read(mem, &a, &r, &n).what, S(""));
    CHECK_INT("refused: what", n.what, EVENT_FAILED);
    CHECK("refused: another event", !str_is(first, n.event));

    str body = gateway_test_note(mem, &a, &p, true, 1);
    struct header mac = {S("x-grosz-mac"), str_from(body, body.len - 64)};
    r = (struct request){
        .body = str_part(body, 0, body.len - 69), .headers = &mac, .header_count = 1};
    CHECK_STR("signed in the header", g->read(mem, &a, &r, &n).what, S(""));
    CHECK_STR("header: event", n.event, first);
    static const str broken[] = {S_INIT(""), S_INIT("a=b"), S_INIT("&mac="),
        S_INIT("status=paid&mac=0000000000000000000000000000000000000000000000000000000000000000")};
    for (size_t i = 0; i < COUNT(broken); i++) {
        r = note_request(broken[i]);
        CHECK("no note", g->read(mem, &a, &r, &n).code != ERR_NONE);
    }
    arena_free(mem);
}

TEST(test_note_flips) {
    struct arena *mem = arena_new(256 << 20);
    const struct gateway *g = gateway_find(S("test"));
    struct account a = account_new(mem);
    struct test_payment p = {
        .reference = S("t1234567890abcdefghijklmnop"), .amount = money_of(49900, S("PLN"))};
    str body = gateway_test_note(mem, &a, &p, true, 1);
    char *bytes = arena_take(mem, body.len);
    size_t passed = 0;
    for (size_t i = 0; i < body.len; i++)
        for (int bit = 0; bit < 8; bit++) {
            struct note n = {0};
            memcpy(bytes, body.ptr, body.len);
            bytes[i] = (char)(bytes[i] ^ (1 << bit));
            struct request r = note_request((str){bytes, body.len});
            passed += g->read(mem, &a, &r, &n).code == ERR_NONE;
        }
    /* Only hex digits of the signature in the other case may pass: bit 5 of a-f. */
    size_t letters = 0;
    for (size_t i = body.len - 64; i < body.len; i++)
        letters += body.ptr[i] >= 'a';
    CHECK_INT("forged notes that pass", passed, letters);
    arena_free(mem);
}

static const struct check_test tests[] = {
    ROW(gateways),
    ROW(gateway_event),
    ROW(words),
    ROW(test_link),
    ROW(test_link_flips),
    ROW(test_note),
    ROW(test_note_flips),
};

static size_t add(struct check_test *all, size_t at, const struct check_test *more, size_t count) {
    memcpy(all + at, more, count * sizeof(*more));
    return at + count;
}

int main(int argc, char **argv) {
    struct check_test all[COUNT(tests) + TPAY_TESTS + MAIL_TESTS + STEP_TESTS + SETTINGS_TESTS];
    size_t count = add(all, 0, tests, COUNT(tests));
    count = add(all, count, tpay_tests, TPAY_TESTS);
    count = add(all, count, mail_tests, MAIL_TESTS);
    count = add(all, count, step_tests, STEP_TESTS);
    count = add(all, count, settings_tests, SETTINGS_TESTS);
    return check_run(argc, argv, all, count);
}
