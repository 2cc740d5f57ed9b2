#include "app/discretion.h"
#include "app/orders.h"
#include "app/silence.h"
#include "app/snapshot.h"
#include "base/limits.h"
#include "check.h"
#include "shop/matter.h"
#include "world.h"

#define FORM S("application/x-www-form-urlencoded")

static const char form_fine[] =
    "product=course&email=anna%40example.com&name=Anna+Nowak&price=499.00+PLN&consent_terms=on";

static struct response place(struct world *w, const char *form) {
    return world_ask(w, "POST", S("/api/order"), FORM, str_of(form));
}

static struct step *step_of(struct order *o, const char *key) {
    return orders_step_by_key(o, str_of(key));
}

/* ---- the happy way ---- */

TEST(first_sale) {
    struct arena *mem = arena_new(256u << 20);
    struct world *w = world_new(mem);
    struct response r = place(w, form_fine);
    CHECK_INT("303 to the payment", r.status, 303);
    str id = world_order_id(w, &r);
    struct order *o = world_order(w, id);
    CHECK_STR("placed", str_of(order_state_name(order_state(o))), S("placed"));
    CHECK_INT("price is ours", o->total.minor, 49900);
    CHECK_INT("tax inside", o->lines[0].tax_amount.minor, 9331);
    world_run(w, TIME_DAY);
    CHECK_INT("nothing is done before it is paid", w->effects[ASKABLE] + w->effects[MAILS], 0);
    r = world_pay(w, o, "pay");
    CHECK_INT("back to the shop", r.status, 303);
    world_run(w, TIME_DAY);
    o = world_order(w, id);
    CHECK_STR("fulfilled", str_of(order_state_name(order_state(o))), S("fulfilled"));
    for (int p = 0; p < MAILS; p++)
        CHECK_INT("each effect once", w->effects[p], 1);
    CHECK_INT("access to the buyer, sold to the owner", w->mails->count, 2);
    CHECK_STR("the link is kept", tree_get(step_of(o, "1/invitation")->values, S("link")),
        S("https://askable.test/i/1"));
    CHECK_STR(
        "late is not owed", str_of(step_state_name(step_of(o, "0/late")->state)), S("skipped"));
    world_free(w);
    arena_free(mem);
}

TEST(two_buyers_two_orders) {
    struct arena *mem = arena_new(256u << 20);
    struct world *w = world_new(mem);
    struct response a = place(w, form_fine), b = place(w, form_fine);
    CHECK("without a key two presses are two orders",
        !str_is(world_order_id(w, &a), world_order_id(w, &b)));
    str keyed = JOIN(mem, str_of(form_fine), S("&key=abcdefgh12345678"));
    a = world_ask(w, "POST", S("/api/order"), FORM, keyed);
    b = world_ask(w, "POST", S("/api/order"), FORM, keyed);
    CHECK_STR(
        "same key, same fields: the same order", world_order_id(w, &a), world_order_id(w, &b));
    CHECK("and it is one", world_order_id(w, &a).len == 19);
    str other =
        JOIN(mem, S("company=&"), str_of(form_fine), S("&key=abcdefgh12345678&utm_source=x"));
    b = world_ask(w, "POST", S("/api/order"), FORM, other);
    CHECK("same key, other fields: another order",
        !str_is(world_order_id(w, &a), world_order_id(w, &b)));
    world_free(w);
    arena_free(mem);
}

/* ---- what a form may not be ---- */

TEST(forms_refused) {
    static const struct {
        const char *name, *form, *says;
    } cases[] = {
        {"no e-mail", "product=course&name=A&price=499.00+PLN&consent_terms=on", "id=\"email\""},
        {"bad e-mail", "product=course&email=a%40b&name=A&price=499.00+PLN&consent_terms=on",
            "a@b"},
        {"consent not given", "product=course&email=a%40example.com&name=A&price=499.00+PLN",
            "consent_terms"},
        {"price changed since",
            "product=course&email=a%40example.com&name=A&price=399.00+PLN&consent_terms=on",
            "499.00"},
        {"no such product", "product=cuorse&email=a%40example.com&name=A&consent_terms=on", ""},
        {"a draft", "product=draft&email=a%40example.com&name=A&consent_terms=on", ""},
        {"e-mail twice",
            "product=course&email=a%40example.com&email=b%40example.com&name=A&consent_terms=on",
            "a@example.com"},
        {"honeypot",
            "product=course&email=a%40example.com&name=A&consent_terms=on&website=http%3A%2F%2Fx",
            ""},
        {"what was typed stays",
            "product=course&email=a%40b&name=%C5%81ucja+%3Cb%3E&consent_terms=on",
            "Łucja &lt;b&gt;"},
        {"a long name",
            "product=course&email=a%40example.com&consent_terms=on&name="
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "aria-invalid"},
    };
    struct arena *mem = arena_new(256u << 20);
    struct world *w = world_new(mem);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct response r = place(w, cases[i].form);
        CHECK_INT(cases[i].name, r.status, 422);
        CHECK(cases[i].name, str_find(r.body, str_of(cases[i].says)) < r.body.len);
    }
    struct row_list rows;
    struct query q = {.kind = S("order"), .limit = 10};
    err e = w->real->kind->list(w->real, mem, &q, &rows);
    CHECK("nothing was kept", e.code == ERR_NONE && rows.count == 0);
    world_free(w);
    arena_free(mem);
}

/* ---- one fault at the n-th call of a door, for every n ---- */

struct allowed {
    const char *name;
    enum fault fault;
    bool request; /* also while the order is placed and paid */
};

static const struct allowed faults[] = {
    {"commit lost", FAULT_APPLY_LOST, true},
    {"commit done, said unknown", FAULT_APPLY_DONE, true},
    {"disk full", FAULT_APPLY_FULL, true},
    {"read fails", FAULT_READ, false},
    {"connection refused", FAULT_TALK_REFUSED, false},
    {"no answer, not done", FAULT_TALK_BEFORE, false},
    {"done, answer dropped", FAULT_TALK_AFTER, false},
    {"503", FAULT_TALK_503, false},
    {"done, 500", FAULT_TALK_500, false},
    {"422", FAULT_TALK_422, false},
    {"done, nonsense", FAULT_TALK_HTML, false},
    {"the process dies", FAULT_CRASH, false},
};

/* The buyer presses again when told to; the gateway sends its note again until it is heard. */
static str place_until(struct world *w) {
    for (int i = 0; i < 5; i++) {
        struct response r = place(w, form_fine);
        if (r.status == 303)
            return world_order_id(w, &r);
        CHECK("a page that says try again", r.status == 503 || r.status == 507);
    }
    return S("");
}

static void pay_until(struct world *w, const struct order *o) {
    for (int i = 0; i < 5; i++)
        if (world_pay(w, o, "pay").status == 303)
            return;
    CHECK("the note is heard in the end", false);
}

/* Everything ends: done, or with a person, and then with the reason written down. */
static void end_check(struct world *w, const char *name, struct order *o) {
    bool person = false;
    bool refused = w->fault == FAULT_TALK_422 || w->fault == FAULT_TALK_500;
    for (size_t i = 0; i < o->step_count; i++) {
        const struct step *s = &o->steps[i];
        bool stuck = s->state == STEP_HOLD || s->state == STEP_POISON;
        person = person || stuck;
        CHECK(name, stuck || !step_is_open(s) || s->state == STEP_WAITING);
        CHECK("hold: its unknown is written down", s->state != STEP_HOLD || s->unknowns > 0);
        CHECK("poison: only after a refusal", s->state != STEP_POISON || refused);
    }
    CHECK(name, person || order_state(o) == ORDER_FULFILLED);
    CHECK("opaque: at most once", w->effects[OPAQUE] <= 1);
    CHECK("askable: once", w->effects[ASKABLE] <= 1);
    CHECK("keyed: once", w->effects[KEYED] <= 1);
    CHECK("paid once", o->payment_count == 1);
}

static bool nth_fault(const struct allowed *a, const struct pace *p, int n) {
    struct arena *mem = arena_new(256u << 20);
    struct world *w = world_new(mem);
    w->seed = (uint64_t)n;
    w->pace = p;
    if (a->request) {
        w->fault = a->fault;
        w->fault_at = n;
    }
    str id = place_until(w);
    struct order *o = world_order(w, id);
    pay_until(w, o);
    w->fault = a->fault;
    w->fault_at = n;
    world_run(w, 3 * TIME_DAY);
    bool struck = w->struck;
    end_check(w, a->name, world_order(w, id));
    world_free(w);
    arena_free(mem);
    return struck;
}

TEST(nth_failure) {
    for (size_t i = 0; i < COUNT(faults) * WORLD_PACES; i++) {
        const struct allowed *a = &faults[i / WORLD_PACES];
        int n = 1;
        while (n < 300 && nth_fault(a, &world_paces[i % WORLD_PACES], n))
            n++;
        CHECK(a->name, n > 2 && n < 300);
    }
}

/* ---- the owner is told, once per matter ---- */

/* A verified note for an order that is not here, as the gateway's door keeps it. */
static void stray_come(struct world *w) {
    struct note n = {.gateway = S("blik"),
        .event = S("e1"),
        .transaction = S("TR-1"),
        .reference = S("o0000000000000000000"),
        .what = EVENT_PAID,
        .amount = money_of(49900, S("PLN")),
        .at = w->now};
    struct put put = {.part = order_id_new(w->mem, false, 1, 7),
        .kind = S("note"),
        .key = S("blik/e1"),
        .version = PUT_ANY,
        .bytes = note_write(w->mem, &n),
        .due = w->now};
    struct change change = {.puts = &put, .count = 1};
    w->real->kind->apply(w->real, &change, 1);
    CHECK_INT("the note is kept", change.kept, KEPT_OK);
}

/* As a person does it. */
static void stray_put_away(struct world *w) {
    struct put put = {.part = S("stray"),
        .kind = S("stray"),
        .key = JOIN(w->mem, order_id_new(w->mem, false, 1, 7), S("/blik/e1")),
        .version = 1,
        .drop = true};
    struct change change = {.puts = &put, .count = 1};
    w->real->kind->apply(w->real, &change, 1);
    CHECK_INT("the stray was there", change.kept, KEPT_OK);
}

/* The only row of that kind in the store. */
static struct matter matter_only(struct world *w) {
    struct row_list rows = {0};
    struct matter m = {0};
    struct query q = {.kind = S("matter"), .limit = 10};
    err e = w->real->kind->list(w->real, w->mem, &q, &rows);
    CHECK("one matter", e.code == ERR_NONE && rows.count == 1);
    if (rows.count)
        e = matter_read(w->mem, rows.rows[0].bytes, &m);
    CHECK_STR("that reads", e.what, S(""));
    CHECK("at rest", rows.count && !rows.rows[0].due);
    return m;
}

static bool nth_stray(const struct allowed *a, int n) {
    struct arena *mem = arena_new(256u << 20);
    struct world *w = world_new(mem);
    w->seed = (uint64_t)n;
    w->fault = a->fault;
    w->fault_at = n;
    stray_come(w);
    world_run(w, 3 * TIME_DAY);
    bool struck = w->struck;
    struct matter m = matter_only(w);
    bool refused = struck && a->fault >= FAULT_TALK_500 && a->fault <= FAULT_TALK_422;
    CHECK_STR(a->name, str_of(step_state_name(m.step.state)), refused ? S("poison") : S("done"));
    CHECK(a->name, m.step.unknowns <= 1 && w->effects[MAILS] <= 1 + m.step.unknowns);
    CHECK("told", w->effects[MAILS] >= (a->fault == FAULT_TALK_422 && struck ? 0 : 1));
    int told = w->effects[MAILS];
    stray_put_away(w);
    stray_come(w);
    world_run(w, 3 * TIME_DAY);
    CHECK_INT("the same note again is the same matter", w->effects[MAILS], told);
    (void)matter_only(w);
    world_free(w);
    arena_free(mem);
    return struck;
}

TEST(stray_is_told) {
    for (size_t i = 0; i < COUNT(faults); i++) {
        int n = 1;
        while (n < 100 && nth_stray(&faults[i], n))
            n++;
        CHECK(faults[i].name, n > 1 && n < 100);
    }
}

/* ---- a gateway that is silent ---- */

/* A letter is an order, oldest first. b and B: of blik, unheard, 4 and 1 hours old; h and H: heard;
 * o: another gateway's, heard, 4 hours old. */
static void orders_keep(struct world *w, const char *orders) {
    for (size_t i = 0; orders[i]; i++) {
        bool young = orders[i] == 'B' || orders[i] == 'H';
        bool heard = orders[i] == 'h' || orders[i] == 'H' || orders[i] == 'o';
        struct remark remark = {.gateway = S("blik"), .event = S("e"), .what = S("pending")};
        struct line line = {.product = S("course"), .name = S("Course"), .quantity = 1};
        struct order o = {.mode = S("live"),
            .lines = &line,
            .line_count = 1,
            .placed_at = w->now - (young ? 1 : 4) * TIME_HOUR + (int64_t)i * 1000,
            .gateway = orders[i] == 'o' ? S("test") : S("blik"),
            .total = money_of(100, S("PLN")),
            .remarks = &remark,
            .remark_count = heard};
        o.id = order_id_new(w->mem, true, o.placed_at, i);
        struct put put = {
            .part = o.id, .kind = S("order"), .version = PUT_NEW, .bytes = order_write(w->mem, &o)};
        struct change change = {.puts = &put, .count = 1};
        w->real->kind->apply(w->real, &change, 1);
        CHECK_INT("the order is kept", change.kept, KEPT_OK);
    }
}

static size_t rows_of(struct world *w, const char *kind) {
    struct row_list rows = {0};
    struct query q = {.kind = str_of(kind), .limit = 10};
    err e = w->real->kind->list(w->real, w->mem, &q, &rows);
    return e.code == ERR_NONE ? rows.count : 99;
}

static struct world *world_live(struct arena *mem) {
    struct world *w = world_new(mem);
    w->house.shop->live = true;
    return w;
}

TEST(silence_rule) {
    static const struct {
        const char *name, *orders;
        bool test;
        size_t told;
    } cases[] = {
        {"nothing sold", "", false, 0},
        {"nine orders", "bbbbbbbbb", false, 0},
        {"ten orders", "bbbbbbbbbb", false, 1},
        {"ten, but too young", "BBBBBBBBBB", false, 0},
        {"nine old and one young", "bbbbbbbbbB", false, 0},
        {"ten old and some young", "bbbbbbbbbbBBB", false, 1},
        {"a young one was heard of", "bbbbbbbbbbHB", false, 0},
        {"one of the ten was", "bbbbhbbbbbb", false, 0},
        {"the one before the ten was", "hbbbbbbbbbb", false, 1},
        {"another gateway speaks", "obobobobobobobobobobo", false, 1},
        {"in test mode nobody waits", "bbbbbbbbbb", true, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena *mem = arena_new(256u << 20);
        struct world *w = world_live(mem);
        w->house.shop->live = !cases[i].test;
        orders_keep(w, cases[i].orders);
        err e = silence_look(mem, &w->work);
        CHECK_STR(cases[i].name, e.what, S(""));
        CHECK_INT(cases[i].name, rows_of(w, "silence"), cases[i].told);
        CHECK_INT(cases[i].name, rows_of(w, "matter"), cases[i].told);
        world_free(w);
        arena_free(mem);
    }
}

/* Looked at again and again, as the sweep does, with one fault on the way. */
static void look_until(struct world *w, size_t silences) {
    int looks = 0;
    for (bool fine = false; looks < 20 && (!fine || rows_of(w, "silence") != silences); looks++)
        fine = silence_look(w->mem, &w->work).code == ERR_NONE;
    err e = silence_look(w->mem, &w->work); /* twice is as once */
    (void)e;
    CHECK("it is noticed", looks < 20);
    world_run(w, TIME_HOUR);
}

static bool nth_silence(const struct allowed *a, int n) {
    struct arena *mem = arena_new(256u << 20);
    struct world *w = world_live(mem);
    orders_keep(w, "bbbbbbbbbb");
    w->fault = a->fault;
    w->fault_at = n;
    look_until(w, 1);
    CHECK_INT(a->name, rows_of(w, "matter"), 1);
    w->now += TIME_DAY;
    orders_keep(w, "h");
    look_until(w, 0);
    CHECK_INT("that it speaks again is no letter", rows_of(w, "matter"), 1);
    w->now += TIME_DAY;
    orders_keep(w, "bbbbbbbbbb");
    look_until(w, 1);
    CHECK_INT("a later silence is told again", rows_of(w, "matter"), 2);
    bool struck = w->struck;
    CHECK_INT("each by one letter", w->effects[MAILS], 2);
    world_free(w);
    arena_free(mem);
    return struck;
}

TEST(silence_is_told) {
    for (size_t i = 0; i < COUNT(faults); i++) {
        int n = 1;
        if (faults[i].fault >= FAULT_TALK_REFUSED)
            continue; /* a matter's letter is a matter's letter: stray_is_told */
        while (n < 100 && nth_silence(&faults[i], n))
            n++;
        CHECK(faults[i].name, n > 1 && n < 100);
    }
}

/* ---- a shop exchanged while it is used ---- */

/* ASan sees a borrower whose shop was freed; LSan one that nobody freed. */
TEST(snapshots) {
    struct snapshots all;
    struct arena *job = arena_new(1 << 16), *other = arena_new(1 << 16);
    struct snapshot *old = snapshot_new(), *new = snapshot_new();
    old->shop.dir = JOIN(old->mem, S("old"), S("er"));
    new->shop.dir = JOIN(new->mem, S("new"), S("er"));
    snapshots_open(&all, old);
    const struct house_shop *mine = snapshots_borrow(&all, job);
    snapshots_put(&all, new);
    CHECK_STR("who has the old one keeps it", mine->dir, S("older"));
    CHECK_INT("and nobody else", old->users, 1);
    CHECK_STR("who comes later has the new one", snapshots_borrow(&all, other)->dir, S("newer"));
    CHECK_INT("beside the house", new->users, 2);
    arena_reset(job);
    arena_reset(other);
    CHECK_INT("given back", new->users, 1);
    snapshots_close(&all);
    arena_free(job);
    arena_free(other);
}

/* ---- what the log may say, over reloads ---- */

/* A shop that is gone afterwards. */
static void discretion_reload(struct discretion *d, const char *wish, const char *secret) {
    struct arena *mem = arena_new(1 << 16);
    struct tree *secrets = tree_map(mem);
    tree_put_text(mem, secrets, S("NAME"), str_of(secret));
    struct shop shop = {
        .log = str_of(wish), .secret = {.bytes = S("0123456789abcdef")}, .secrets = secrets};
    discretion_follow(d, &shop);
    arena_free(mem);
}

TEST(discretion_follows) {
    struct arena *mem = arena_new(1 << 16);
    struct discretion *d = discretion_new(mem);
    CHECK_INT("none", discretion_wish(NULL), LOG_QUIET);
    discretion_reload(d, "requests", "first/one");
    CHECK_INT("as in shop.yml", discretion_wish(d), LOG_REQUESTS);
    discretion_reload(d, "quiet", "second");
    CHECK_INT("after a reload", discretion_wish(d), LOG_QUIET);
    for (int i = 0; i < 3; i++)
        discretion_reload(d, "steps", "second");
    CHECK_INT("and another", discretion_wish(d), LOG_STEPS);
    discretion_hide(d, NULL);
    size_t count = 0;
    for (const struct mask_word *w = discretion_hidden(d); w; w = w->next)
        count++;
    CHECK_INT("each word once: two secrets, one as an address has it, the shop's", count, 4);
    char out[100];
    size_t len = mask_write(out, sizeof(out),
        S("first/one first%2Fone second 30313233343536373839616263646566"), discretion_hidden(d));
    CHECK_STR("all stay hidden", ((str){out, len}), S("<secret> <secret> <secret> <secret>"));
    discretion_free(d);
    arena_free(mem);
}

static const struct check_test tests[] = {
    ROW(first_sale),
    ROW(two_buyers_two_orders),
    ROW(forms_refused),
    ROW(nth_failure),
    {"order_in_hand", suite_order_in_hand},
    {"larger_than_a_row", suite_larger_than_a_row},
    {"larger_answers", suite_larger_answers},
    {"unreadable_order", suite_unreadable_order},
    {"limits_hold", suite_limits_hold},
    ROW(stray_is_told),
    ROW(silence_rule),
    ROW(silence_is_told),
    ROW(snapshots),
    ROW(discretion_follows),
};

int main(int argc, char **argv) {
    return check_run(argc, argv, tests, COUNT(tests));
}
