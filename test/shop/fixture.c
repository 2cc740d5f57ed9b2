#include "fixture.h"

#include "base/fill.h"
#include "base/yaml.h"
#include "shop/plan.h"

const char fixture_settings[] =
    "name: Academy\n"
    "currency: PLN\n"
    "lang: en\n"
    "url: http://127.0.0.1:8080\n"
    "seller: {name: Jan, country: PL, tax_id: \"5260001246\", email: jan@example.com}\n"
    "gateways:\n"
    "  pay: {use: test}\n"
    "  card: {use: test, currencies: [EUR]}\n"
    "consents:\n"
    "  - {id: terms, text: \"I accept the terms.\", required: true}\n"
    "  - {id: news, text: \"Write to me.\"}\n"
    "connectors:\n"
    "  kit: {use: http, settle: 5m}\n"
    "steps:\n"
    "  - {id: invitation, do: academy.invite}\n"
    "  - {id: purchase, do: kit.http, with: {values: {id: /id}}}\n"
    "  - id: welcome\n"
    "    do: kit.http\n"
    "    with: {body: {link: \"{{invitation.link}}\", to: \"{{buyer.email}}\"}}\n";

const char fixture_products[] =
    "- {id: guide, name: Guide, price: 499.00 PLN, tax: \"23\"}\n"
    "- {id: book, name: Book, price: 20.00 EUR, tax: \"5\", steps: [purchase]}\n"
    "- {id: soon, name: Soon, price: 10 PLN, tax: zw, draft: true}\n";

static const str gateways[] = {S_INIT("test"), S_INIT("tpay")};
static const str connectors[] = {S_INIT("academy.invite"), S_INIT("http"), S_INIT("mail")};

static const struct tree *values_of(struct arena *mem, str does, const struct tree *with) {
    struct tree *list = tree_list(mem);
    const struct tree *values = tree_find(with, S("values"));
    if (str_is(does, S("academy.invite")))
        tree_add(list, tree_text(mem, S("link")));
    for (const struct tree *v = values ? values->first : NULL; v; v = v->next)
        tree_add(list, tree_text(mem, v->name));
    return list;
}

struct shop *fixture_read(
    struct arena *mem, const char *settings, const char *products, struct report *report) {
    struct report own = report_new(mem);
    struct shop_partners partners = {.gateways = gateways,
        .gateway_count = COUNT(gateways),
        .connectors = connectors,
        .connector_count = COUNT(connectors),
        .values = values_of};
    if (!report)
        report = &own;
    const struct tree *s =
        settings ? yaml_read(mem, S("shop.yml"), str_of(settings), report) : NULL;
    const struct tree *p =
        products ? yaml_read(mem, S("_data/products.yml"), str_of(products), report) : NULL;
    struct shop *shop = shop_read(mem, s, p, &partners, report);
    shop->secret = hash_key(mem, S("0123456789abcdef0123456789abcdef"));
    return shop;
}

struct shop *fixture_shop(struct arena *mem) {
    return fixture_read(mem, fixture_settings, fixture_products, NULL);
}

struct tree *fixture_fields(struct arena *mem, const char *pairs) {
    struct tree *fields = tree_map(mem);
    str rest = str_of(pairs), pair = {0};
    while (str_cut(&rest, '&', &pair)) {
        size_t at = str_find_byte(pair, '=');
        tree_put_text(mem, fields, str_part(pair, 0, at), str_from(pair, at + 1));
    }
    return fields;
}

struct order *fixture_order(struct arena *mem, const struct shop *shop) {
    struct order *o = NULL;
    struct tree *wrong = NULL;
    struct order_wish wish = {.address_hash = S("abcd"),
        .lang = S("en"),
        .fields = fixture_fields(mem,
            "product=guide&email=anna@example.com&name=Anna&country=PL&consent_terms=on&"
            "utm_source=letter&key=k1")};
    err e = order_place(mem, shop, &wish, NOW, 77, &wrong, &o);
    return e.code == ERR_NONE ? o : NULL;
}

struct note fixture_note(const char *event, enum order_event what, int64_t minor) {
    money amount = money_of(minor, S("PLN"));
    return (struct note){.gateway = S("pay"),
        .event = str_of(event),
        .transaction = str_of(event),
        .what = what,
        .asked = money_of(49900, S("PLN")),
        .amount = amount,
        .test = true,
        .status = S("status"),
        .at = NOW + TIME_MINUTE};
}

struct order *fixture_paid(struct arena *mem, const struct shop *shop) {
    struct order *o = fixture_order(mem, shop);
    struct note n = fixture_note("p1", EVENT_PAID, 49900);
    bool paid = false;
    order_hear(mem, o, &n, &paid);
    plan_steps(mem, shop, o, n.at);
    return o;
}

struct step *fixture_step(struct order *o, int line, const char *id) {
    for (size_t i = 0; i < o->step_count; i++)
        if (o->steps[i].line == line && str_is(o->steps[i].id, str_of(id)))
            return &o->steps[i];
    return NULL;
}
