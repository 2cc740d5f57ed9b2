#include "fixture.h"

#include "page/render.h"
#include "shop/matter.h"

#include <assert.h>

static const struct product products[] = {
    {.id = S_INIT("master-of-aggregates"),
        .name = S_INIT("Master of Aggregates"),
        .price = {49900, "PLN"},
        .tax = S_INIT("23"),
        .summary = S_INIT("A course on where to draw the line: aggregates, and nothing else."),
        .description =
            S_INIT("Twelve lessons, about *four hours*.\n\n## What is inside\n\n"
                   "- How to find a boundary\n- When **not** to have one\n\n"
                   "| part | hours |\n| --- | ---: |\n| video | 4 |\n| exercises | 6 |\n"),
        .hash = S_INIT("0f")},
    {.id = S_INIT("small-book"),
        .name = S_INIT("Small Book & Big <Ideas>"),
        .price = {3900, "PLN"},
        .tax = S_INIT("5"),
        .summary = S_INIT("An e-book of 120 pages, as PDF and EPUB."),
        .hash = S_INIT("1f")},
    {.id = S_INIT("not-yet"),
        .name = S_INIT("Not yet"),
        .price = {100000, "PLN"},
        .tax = S_INIT("zw"),
        .draft = true,
        .hash = S_INIT("2f")},
};

static const struct consent consents[] = {
    {.id = S_INIT("terms"),
        .text = S_INIT("I accept the [terms](/terms/)."),
        .required = true,
        .version = S_INIT("a1b2c3"),
        .hash = S_INIT("a1b2c3d4")},
    {.id = S_INIT("start"),
        .text =
            S_INIT("Start **now**: I know that I lose the right to withdraw from the contract once "
                   "I have got everything."),
        .required = true,
        .version = S_INIT("d4e5"),
        .hash = S_INIT("d4e5f6")},
    {.id = S_INIT("news"),
        .text = S_INIT("Write to me about new courses."),
        .version = S_INIT("e7"),
        .hash = S_INIT("e7f8")},
};

static const struct shop_gateway gateways[] = {{.name = S_INIT("test"), .use = S_INIT("test")}};

const struct theme *fixture_theme(struct arena *mem) {
    struct report report = report_new(mem);
    const struct theme *theme = theme_read(mem, theme_builtin, theme_builtin_count, &report);
    assert(report.rows == 0);
    return theme;
}

static void *copied(struct arena *mem, const void *rows, size_t count, size_t size) {
    void *copy = arena_array(mem, count, size);
    memcpy(copy, rows, count * size);
    return copy;
}

struct shop *fixture_shop(struct arena *mem, str lang, bool live) {
    struct shop *s = NEW(mem, struct shop);
    *s = (struct shop){
        .name = S("Akademia Agregatów"),
        .url = S("https://shop.example.com"),
        .api = S("https://api.example.com"),
        .lang = lang,
        .currency = S("PLN"),
        .live = live,
        .seller = {S("Jan Kowalski"), S("ul. Prosta 1, 00-001 Warszawa"), S("PL"), S("5260001246"),
            S("jan@example.com")},
        .gateways = copied(mem, gateways, 1, sizeof(gateways[0])),
        .gateway_count = 1,
        .consents = copied(mem, consents, COUNT(consents), sizeof(consents[0])),
        .consent_count = COUNT(consents),
        .products = copied(mem, products, COUNT(products), sizeof(products[0])),
        .product_count = COUNT(products),
    };
    return s;
}

struct sample {
    str name;
    enum step_state invitation, purchase, access;
    bool paid;
    unsigned marks;
};

/* clang-format off */
static const struct sample samples[] = {
    {S_INIT("placed"), STEP_WAITING, STEP_WAITING, STEP_WAITING, false, 0},
    {S_INIT("expired"), STEP_WAITING, STEP_WAITING, STEP_WAITING, false, 0},
    {S_INIT("short"), STEP_WAITING, STEP_WAITING, STEP_WAITING, false, MARK_SHORT},
    {S_INIT("paid"), STEP_SENDING, STEP_DONE, STEP_WAITING, true, 0},
    {S_INIT("delivered"), STEP_DONE, STEP_DONE, STEP_DONE, true, 0},
    {S_INIT("held"), STEP_HOLD, STEP_DONE, STEP_WAITING, true, MARK_HELD},
    {S_INIT("refused"), STEP_DONE, STEP_POISON, STEP_DONE, true, MARK_POISON},
    {S_INIT("refunded"), STEP_DONE, STEP_DONE, STEP_DONE, true, MARK_REFUNDED},
    {S_INIT("surplus"), STEP_DONE, STEP_DONE, STEP_DONE, true, MARK_SURPLUS},
};
/* clang-format on */

static const struct sample *sample_of(str name) {
    for (size_t i = 0; i < COUNT(samples); i++)
        if (str_is(samples[i].name, name))
            return &samples[i];
    assert(!"no such sample");
    return NULL;
}

enum { PLACED_MS_1000 = 1795600800 };

static struct tree *link_value(struct arena *mem) {
    struct tree *values = tree_map(mem);
    tree_put_text(mem, values, S("link"), S("https://academy.example.com/i/4f2a?t=1&u=2"));
    tree_put_text(mem, values, S("id"), S("77"));
    return values;
}

static void steps(struct arena *mem, struct order *o, const struct sample *sample, str typed) {
    const instant at = o->placed_at + 50 * TIME_SECOND;
    const struct step rows[] = {
        {.line = 0,
            .id = S("invitation"),
            .does = S("academy.invite"),
            .state = sample->invitation},
        {.line = 0, .id = S("purchase"), .does = S("kit.http"), .state = sample->purchase},
        {.line = -1, .id = S("access"), .does = S("mail"), .state = sample->access},
        {.line = -1, .id = S("late"), .does = S("mail"), .state = STEP_WAITING},
        {.line = -1, .id = S("sold"), .does = S("mail"), .state = STEP_DONE},
        {.line = -1, .id = S("needs-you.1.invitation"), .does = S("mail"), .state = STEP_READY},
        {.line = -1, .id = S("needs-you.1.purchase"), .does = S("mail"), .state = STEP_READY},
        {.line = -1, .id = S("undelivered"), .does = S("mail"), .state = STEP_READY},
        {.line = -1, .id = S("money.surplus.2"), .does = S("mail"), .state = STEP_READY},
        {.line = -1, .id = S("money.short.1"), .does = S("mail"), .state = STEP_READY},
        {.line = -1, .id = S("money.wrong.1"), .does = S("mail"), .state = STEP_READY},
        {.line = -1, .id = S("money.disputed.1"), .does = S("mail"), .state = STEP_READY},
    };
    o->step_count = sample->paid ? COUNT(rows) : 0;
    o->steps = copied(mem, rows, COUNT(rows), sizeof(rows[0]));
    for (size_t i = 0; i < o->step_count; i++) {
        struct step *s = &o->steps[i];
        s->attempts = s->state == STEP_WAITING ? 0 : 2;
        s->finished_at = s->state == STEP_DONE ? at + (instant)i * TIME_SECOND : 0;
        if (s->state == STEP_HOLD || s->state == STEP_POISON)
            s->error = JOIN(mem, S("the partner answered 422: "), typed);
    }
    if (o->step_count && o->steps[0].state == STEP_DONE)
        o->steps[0].values = link_value(mem);
}

static void paid(struct arena *mem, struct order *o, const struct sample *sample) {
    if (!sample->paid)
        return;
    o->paid_at = o->placed_at + 47 * TIME_SECOND;
    o->payments = NEW(mem, struct payment);
    *o->payments = (struct payment){.gateway = o->gateway,
        .transaction = S("TR-1"),
        .event = S("1"),
        .amount = o->total,
        .at = o->paid_at};
    o->payment_count = 1;
    if (sample->marks & MARK_SURPLUS)
        o->payments->amount.minor *= 2;
    bool done = sample->invitation == STEP_DONE && sample->purchase == STEP_DONE;
    o->fulfilled_at = done ? o->paid_at + 5 * TIME_SECOND : 0;
    if (done)
        for (size_t i = 3; i < o->step_count; i++)
            o->steps[i].state = STEP_SKIPPED;
}

static void consented(struct arena *mem, struct order *o) {
    const struct consent_given given[] = {
        {S("terms"), S("a1b2c3"), S("a1b2c3d4"), o->placed_at},
        {S("start"), S("old"), S("another text"), o->placed_at},
    };
    o->consents = copied(mem, given, COUNT(given), sizeof(given[0]));
    o->consent_count = COUNT(given);
}

struct order *fixture_order(struct arena *mem, const struct shop *shop, str state, str typed) {
    const struct sample *sample = sample_of(state);
    struct order *o = NEW(mem, struct order);
    *o = (struct order){
        .id = S("t01jd4mxn5e8h7kq2rt"),
        .mode = shop->live ? S("live") : S("test"),
        .placed_at = (instant)PLACED_MS_1000 * TIME_SECOND,
        .buyer = {typed, typed, S("PL"), S("")},
        .company = {typed, typed, typed, typed, typed},
        .total = {49900, "PLN"},
        .gateway = S("blik"),
        .link = S("https://pay.example.com/?id=1&md5sum=2"),
        .marks = sample->marks,
        .line_count = 1,
    };
    o->expires_at = o->placed_at + 7 * TIME_DAY;
    o->lines = NEW(mem, struct line);
    *o->lines = (struct line){.product = products[0].id,
        .name = products[0].name,
        .quantity = 1,
        .tax = S("23"),
        .net = {40569, "PLN"},
        .tax_amount = {9331, "PLN"},
        .gross = {49900, "PLN"}};
    if (str_is(typed, S("Ola Nowak")))
        o->buyer.email = S("ola@example.com");
    if (str_is(state, S("expired")))
        o->expired_at = o->expires_at;
    steps(mem, o, sample, typed);
    paid(mem, o, sample);
    consented(mem, o);
    if (sample->marks & MARK_REFUNDED) {
        o->refunds = NEW(mem, struct refund);
        *o->refunds = (struct refund){.gateway = o->gateway, .amount = o->total, .at = o->paid_at};
        o->refund_count = 1;
    }
    return o;
}

struct tree *fixture_fields(struct arena *mem, str typed) {
    static const str names[] = {S_INIT("email"), S_INIT("name"), S_INIT("as_company"),
        S_INIT("company"), S_INIT("tax_id"), S_INIT("street"), S_INIT("postcode"), S_INIT("city"),
        S_INIT("country"), S_INIT("code"), S_INIT("consent_start"), S_INIT("utm_source"),
        S_INIT("ref"), S_INIT("key"), S_INIT("unknown")};
    struct tree *t = tree_map(mem);
    for (size_t i = 0; i < COUNT(names); i++)
        tree_put_text(mem, t, names[i], typed);
    return t;
}

struct tree *fixture_wrong(struct arena *mem) {
    struct tree *t = tree_map(mem);
    tree_put_text(mem, t, S("email"), S("This e-mail cannot be right."));
    tree_put_text(mem, t, S("tax_id"), S("This tax number has a mistake."));
    tree_put_text(mem, t, S("consent_terms"), S("We need your consent to this."));
    tree_put_text(mem, t, S("price"), S("The price is now 499,00 zł."));
    return t;
}

/* ---- every page there is ---- */

enum kind {
    INDEX,
    PRODUCT,
    OWN,
    FIND,
    FIND_WRONG,
    BUY,
    BUY_WRONG,
    BUY_MEANT,
    PAY,
    MESSAGE,
    LESSON,
    ORDER,
    LETTER,
    LETTER_HTML,
    BELONGINGS,
    LINKS,
    CORRECTED,
    MATTER
};

/* clang-format off */
static const struct {
    str name, template;
    enum kind kind;
    str what; /* state of the order; of a letter: its step */
} pages[] = {
    {S_INIT("index"), S_INIT("index.html"), INDEX, S_INIT("")},
    {S_INIT("product"), S_INIT("product.html"), PRODUCT, S_INIT("")},
    {S_INIT("own"), S_INIT("page.html"), OWN, S_INIT("")},
    {S_INIT("find"), S_INIT("find.html"), FIND, S_INIT("")},
    {S_INIT("find-wrong"), S_INIT("find.html"), FIND_WRONG, S_INIT("")},
    {S_INIT("buy"), S_INIT("buy.html"), BUY, S_INIT("")},
    {S_INIT("buy-wrong"), S_INIT("buy.html"), BUY_WRONG, S_INIT("")},
    {S_INIT("buy-meant"), S_INIT("buy.html"), BUY_MEANT, S_INIT("")},
    {S_INIT("pay"), S_INIT("pay.html"), PAY, S_INIT("")},
    {S_INIT("message"), S_INIT("message.html"), MESSAGE, S_INIT("")},
    {S_INIT("lesson"), S_INIT("lesson.html"), LESSON, S_INIT("delivered")},
    {S_INIT("order-placed"), S_INIT("order.html"), ORDER, S_INIT("placed")},
    {S_INIT("order-expired"), S_INIT("order.html"), ORDER, S_INIT("expired")},
    {S_INIT("order-short"), S_INIT("order.html"), ORDER, S_INIT("short")},
    {S_INIT("order-paid"), S_INIT("order.html"), ORDER, S_INIT("paid")},
    {S_INIT("order-delivered"), S_INIT("order.html"), ORDER, S_INIT("delivered")},
    {S_INIT("order-held"), S_INIT("order.html"), ORDER, S_INIT("held")},
    {S_INIT("order-refused"), S_INIT("order.html"), ORDER, S_INIT("refused")},
    {S_INIT("order-refunded"), S_INIT("order.html"), ORDER, S_INIT("refunded")},
    {S_INIT("order-surplus"), S_INIT("order.html"), ORDER, S_INIT("surplus")},
    {S_INIT("order-corrected"), S_INIT("order.html"), CORRECTED, S_INIT("delivered")},
    {S_INIT("belongings"), S_INIT("belongings.html"), BELONGINGS, S_INIT("delivered")},
    {S_INIT("letter-links"), S_INIT("mail/links"), LINKS, S_INIT("delivered")},
    {S_INIT("letter-access"), S_INIT("mail/access"), LETTER, S_INIT("delivered")},
    {S_INIT("letter-late"), S_INIT("mail/late"), LETTER, S_INIT("paid")},
    {S_INIT("letter-sold"), S_INIT("mail/sold"), LETTER, S_INIT("paid")},
    {S_INIT("letter-hold"), S_INIT("mail/needs-you"), LETTER, S_INIT("held")},
    {S_INIT("letter-refused"), S_INIT("mail/needs-you"), LETTER, S_INIT("refused")},
    {S_INIT("letter-undelivered"), S_INIT("mail/undelivered"), LETTER, S_INIT("paid")},
    {S_INIT("letter-surplus"), S_INIT("mail/money"), LETTER, S_INIT("surplus")},
    {S_INIT("letter-short"), S_INIT("mail/money"), LETTER, S_INIT("paid")},
    {S_INIT("letter-wrong"), S_INIT("mail/money"), LETTER, S_INIT("held")},
    {S_INIT("letter-disputed"), S_INIT("mail/money"), LETTER, S_INIT("refunded")},
    {S_INIT("letter-stray"), S_INIT("mail/stray"), MATTER, S_INIT("")},
    {S_INIT("letter-silence"), S_INIT("mail/silence"), MATTER, S_INIT("silence")},
    {S_INIT("letter-doctor"), S_INIT("mail/doctor"), MATTER, S_INIT("doctor")},
    {S_INIT("letter-access"), S_INIT("mail/access"), LETTER_HTML, S_INIT("delivered")},
    {S_INIT("letter-sold"), S_INIT("mail/sold"), LETTER_HTML, S_INIT("paid")},
};
/* clang-format on */

size_t fixture_count(void) {
    return COUNT(pages);
}

str fixture_name(size_t i) {
    return pages[i].name;
}

str fixture_template(struct arena *mem, const struct shop *shop, size_t i) {
    if (pages[i].kind == LETTER_HTML)
        return S("mail/letter.html");
    bool letter = pages[i].kind == LETTER || pages[i].kind == LINKS || pages[i].kind == MATTER;
    if (!letter)
        return pages[i].template;
    return JOIN(mem, pages[i].template, S("."), shop->lang, S(".txt"));
}

static const struct step *letter_step(const struct order *o, size_t i) {
    str name = str_from(pages[i].template, 5);
    if (str_is(name, S("needs-you")))
        return &o->steps[str_is(pages[i].what, S("held")) ? 5 : 6];
    str matter = str_from(pages[i].name, 7); /* letter-surplus */
    for (size_t k = 0; k < o->step_count; k++)
        if (str_is(o->steps[k].id, name)
            || (str_is(name, S("money")) && str_find(o->steps[k].id, matter) < o->steps[k].id.len))
            return &o->steps[k];
    assert(!"no such letter");
    return NULL;
}

static struct tree *lessons(struct arena *mem) {
    static const str titles[] = {S_INIT("Welcome"), S_INIT("A boundary"), S_INIT("No boundary")};
    struct tree *list = tree_list(mem);
    for (size_t i = 0; i < COUNT(titles); i++) {
        struct tree *t = tree_add(list, tree_map(mem));
        tree_put_text(mem, t, S("title"), titles[i]);
        tree_put_text(
            mem, t, S("path"), JOIN(mem, S("/a/token/"), str_int(mem, (int64_t)i), S("/")));
        tree_put_bool(mem, t, S("here"), i == 1);
    }
    return list;
}

static struct tree *files(struct arena *mem) {
    struct tree *list = tree_list(mem);
    struct tree *t = tree_add(list, tree_map(mem));
    tree_put_text(mem, t, S("name"), S("moa-slides.pdf"));
    tree_put_text(mem, t, S("path"), S("/a/token/files/moa-slides.pdf"));
    return list;
}

/* As app/call does it: from the text. */
static struct tree *letter_html(
    struct arena *mem, const struct shop *shop, size_t i, const struct tree *view) {
    str text = {0};
    str name = JOIN(mem, pages[i].template, S("."), shop->lang, S(".txt"));
    err e = render(mem, fixture_theme(mem), name, view, &text);
    assert(e.code == ERR_NONE);
    return view_letter_html(mem, shop->lang, text);
}

static struct tree *orders_view_of(
    struct arena *mem, const struct shop *shop, const struct order *o, str page, bool as_page) {
    const struct order *all[] = {o, o};
    struct tree *addresses = tree_list(mem);
    tree_add(addresses, tree_text(mem, page));
    tree_add(addresses, tree_text(mem, page));
    const struct view_orders orders = {all, COUNT(all), addresses, shop->lang};
    if (as_page)
        return view_belongings(mem, shop, fixture_theme(mem), &orders);
    struct tree *view = view_links(mem, shop, &orders);
    tree_put_text(mem, view, S("belongings"), S("https://api.example.com/a/all-1-2/"));
    return view;
}

static struct tree *order_view_of(struct arena *mem, const struct shop *shop, size_t i, str typed) {
    const struct theme *theme = fixture_theme(mem);
    const struct product *p = &shop->products[0];
    struct order *o = fixture_order(mem, shop, pages[i].what, typed);
    str page = JOIN(mem, shop->api, S("/o/"), o->id, S("/key"));
    if (pages[i].kind == LETTER)
        return view_letter(mem, shop, o, letter_step(o, i), page);
    if (pages[i].kind == LETTER_HTML)
        return letter_html(mem, shop, i, view_letter(mem, shop, o, letter_step(o, i), page));
    if (pages[i].kind == BELONGINGS || pages[i].kind == LINKS)
        return orders_view_of(mem, shop, o, page, pages[i].kind == BELONGINGS);
    if (pages[i].kind == CORRECTED)
        return view_order(mem, shop, theme, o,
            &(struct order_look){.again = page,
                .said = S("said_often"),
                .email = typed,
                .wrong = S("This e-mail cannot be right.")});
    if (pages[i].kind == LESSON)
        return view_lesson(mem, shop, theme,
            &(struct lesson){.order = o,
                .product = p,
                .lessons = lessons(mem),
                .files = files(mem),
                .markdown = S("# A boundary\n\nDraw it where the *rule* ends.\n\n"
                              "```\norder.pay(note)\n```\n")});
    return view_order(mem, shop, theme, o, &(struct order_look){.again = page});
}

static str found(struct arena *mem, const struct shop *shop, str typed) {
    static const str rows[][3] = {
        {S_INIT("disk"), S_INIT("12 MiB free"), S_INIT("make room")},
        {S_INIT("queue"), S_INIT("2 jobs wait for you"), S_INIT("grosz queue list")},
    };
    struct tree *list = tree_list(mem);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct tree *t = tree_add(list, tree_map(mem));
        tree_put_text(mem, t, S("check"), rows[i][0]);
        tree_put_text(mem, t, S("says"), JOIN(mem, rows[i][1], i ? typed : S("")));
        tree_put_text(mem, t, S("mend"), rows[i][2]);
    }
    return matter_doctor(mem, shop, list, S("2026-11-25T10:00:00.000Z"));
}

static struct tree *matter_view(struct arena *mem, const struct shop *shop, str what, str typed) {
    instant at = (instant)PLACED_MS_1000 * TIME_SECOND;
    const struct silence s = {
        .gateway = S("blik"), .key = S("blik/1"), .since = at, .orders = 10};
    const struct note n = {.gateway = S("blik"),
        .transaction = S("TR-1"),
        .reference = typed,
        .status = S("TRUE"),
        .amount = {49900, "PLN"},
        .test = !shop->live,
        .at = at};
    struct matter m = {0};
    err e = matter_read(mem,
        str_is(what, S("silence"))  ? matter_silence(mem, shop, &s)
        : str_is(what, S("doctor")) ? found(mem, shop, typed)
                                    : matter_stray(mem, shop, &n, S("blik/e1")),
        &m);
    assert(e.code == ERR_NONE);
    return view_matter(mem, shop, m.facts);
}

struct tree *fixture_view(struct arena *mem, const struct shop *shop, size_t i, str typed) {
    const struct theme *theme = fixture_theme(mem);
    const struct product *p = &shop->products[0];
    switch (pages[i].kind) {
    case INDEX: return view_index(mem, shop, theme, 1);
    case PRODUCT: return view_product(mem, shop, theme, p);
    case OWN:
        return view_own(
            mem, shop, theme, S("terms"), S("Terms"), S("Be *kind*.\n\n1. Pay.\n2. Learn.\n"));
    case FIND: return view_find(mem, shop, theme, S(""), S(""));
    case FIND_WRONG: return view_find(mem, shop, theme, typed, S("This e-mail cannot be right."));
    case BUY: return view_buy(mem, shop, theme, p, NULL, NULL);
    case BUY_WRONG:
        return view_buy(mem, shop, theme, p, fixture_fields(mem, typed), fixture_wrong(mem));
    case BUY_MEANT:
        return view_buy(mem, shop, theme, p, fixture_fields(mem, S("anna@gmial.com")), NULL);
    case PAY:
        return view_test_payment(
            mem, shop, theme, p->name, p->price, S("/pay/test/?reference=a&amount=499.00"));
    case MESSAGE: return view_message(mem, shop, theme, S(""), S("There is no such page here."));
    case MATTER: return matter_view(mem, shop, pages[i].what, typed);
    case LESSON:
    case ORDER:
    case LETTER:
    case LETTER_HTML:
    case BELONGINGS:
    case LINKS:
    case CORRECTED:
    default: return order_view_of(mem, shop, i, typed);
    }
}
