#include "shop/plan.h"

#include "base/limits.h"
#include "shop/shop.h"

#define LATE_AFTER (15 * TIME_MINUTE)

static void step_add(struct arena *mem, const struct shop *shop, struct order *o, struct step s) {
    struct step *more = arena_array(mem, o->step_count + 1, sizeof(*more));
    if (o->step_count)
        memcpy(more, o->steps, o->step_count * sizeof(*more));
    s.key = step_key(mem, shop->secret, o->id, s.line, s.id);
    more[o->step_count++] = s;
    o->steps = more;
}

/* ---- what is owed for a line ---- */

/* What of `waits` this product owes as well. */
static struct tree *needs_of(
    struct arena *mem, const struct shop_step *s, const struct product *p) {
    struct tree *needs = NULL;
    for (const struct tree *n = s->waits ? s->waits->first : NULL; n; n = n->next) {
        if (!shop_owes(p, n->text))
            continue;
        if (!needs)
            needs = tree_list(mem);
        tree_add(needs, tree_text(mem, n->text));
    }
    return needs;
}

/* `settle` may stand with the connector: step.c looks for it in the step's own settings. */
static const struct tree *with_of(
    struct arena *mem, const struct shop *shop, const struct shop_step *s) {
    str owner = str_part(s->does, 0, str_find_byte(s->does, '.'));
    const struct shop_connector *c = shop_connector(shop, owner);
    const struct tree *settle = c ? tree_find(c->settings, S("settle")) : NULL;
    if (!settle || tree_find(s->with, S("settle")))
        return s->with;
    struct tree *with = s->with ? tree_copy(mem, s->with) : tree_map(mem);
    tree_put(with, S("settle"), tree_copy(mem, settle));
    return with;
}

static void line_plan(
    struct arena *mem, const struct shop *shop, struct order *o, int line, instant now) {
    const struct product *p = shop_product(shop, o->lines[line].product);
    for (size_t i = 0; i < shop->step_count; i++) {
        const struct shop_step *s = &shop->steps[i];
        if (!shop_owes(p, s->id))
            continue;
        struct tree *needs = needs_of(mem, s, p);
        step_add(mem, shop, o,
            (struct step){.line = line,
                .id = s->id,
                .does = s->does,
                .state = needs ? STEP_WAITING : STEP_READY,
                .due = needs ? 0 : now,
                .needs = needs,
                .with = with_of(mem, shop, s)});
    }
}

/* ---- the shop's own letters ---- */

/* Values that a buyer is given; page/view_facts shows the same. A partner's own numbers are not
 * among them, so that a mailing tool that refuses never holds back the letter with the access. */
static bool gives_gift(const struct shop_step *s) {
    static const str gifts[] = {
        S_INIT("link"), S_INIT("url"), S_INIT("licence"), S_INIT("license"), S_INIT("code")};
    for (size_t i = 0; s->gives && i < COUNT(gifts); i++)
        if (tree_has(s->gives, gifts[i]))
            return true;
    return !s->gives;
}

static bool is_planned(const struct order *o, str id) {
    for (size_t i = 0; i < o->step_count; i++)
        if (str_is(o->steps[i].id, id))
            return true;
    return false;
}

static struct tree *access_needs(
    struct arena *mem, const struct shop *shop, const struct order *o) {
    struct tree *needs = NULL;
    for (size_t i = 0; i < shop->step_count; i++) {
        const struct shop_step *s = &shop->steps[i];
        if (!gives_gift(s) || !is_planned(o, s->id))
            continue;
        if (!needs)
            needs = tree_list(mem);
        tree_add(needs, tree_text(mem, s->id));
    }
    return needs;
}

static void letter_add(
    struct arena *mem, const struct shop *shop, struct order *o, str id, instant due) {
    step_add(mem, shop, o,
        (struct step){.line = -1, .id = id, .does = S("mail"), .state = STEP_READY, .due = due});
}

void plan_steps(struct arena *mem, const struct shop *shop, struct order *o, instant now) {
    for (size_t i = 0; i < o->line_count; i++)
        line_plan(mem, shop, o, (int)i, now);
    struct tree *needs = access_needs(mem, shop, o);
    step_add(mem, shop, o,
        (struct step){.line = -1,
            .id = S("access"),
            .does = S("mail"),
            .state = needs ? STEP_WAITING : STEP_READY,
            .due = needs ? 0 : now,
            .needs = needs});
    letter_add(mem, shop, o, S("late"), now + LATE_AFTER);
    if (shop->seller.email.len)
        letter_add(mem, shop, o, S("sold"), now);
}

static bool is_again(const struct step *s, str name) {
    return s->line < 0 && str_starts(s->id, name) && s->id.len > name.len
           && s->id.ptr[name.len] == '.';
}

int plan_letters(const struct order *o, str name, instant now) {
    int count = 0;
    for (size_t i = 0; i < o->step_count; i++) {
        const struct step *s = &o->steps[i];
        instant at = s->first_at ? s->first_at : s->due;
        count += is_again(s, name) && (step_is_open(s) || at > now - TIME_DAY);
    }
    return count;
}

bool plan_again(
    struct arena *mem, const struct shop *shop, struct order *o, str name, instant now) {
    int64_t number = 2;
    for (size_t i = 0; i < o->step_count; i++)
        number += is_again(&o->steps[i], name);
    if (plan_letters(o, name, now) >= PLAN_LETTERS_A_DAY || number > PLAN_LETTERS)
        return false;
    /* Buyers may ask for ever; the other half is for what the order still owes. */
    if (order_write(mem, o).len > LIMIT_ROW / 2)
        return false;
    letter_add(mem, shop, o, JOIN(mem, name, S("."), str_int(mem, number)), now);
    return true;
}

/* More and disputed money is a new matter each time it comes, the others are one. */
static int64_t money_number(const struct order *o, enum order_mark mark) {
    int64_t disputes = 0;
    for (size_t i = 0; i < o->refund_count; i++)
        disputes += o->refunds[i].dispute;
    return mark == MARK_SURPLUS ? (int64_t)o->payment_count : mark == MARK_DISPUTED ? disputes : 1;
}

static void money_alarms(struct arena *mem, const struct shop *shop, struct order *o, instant now) {
    static const struct {
        enum order_mark mark;
        str word;
    } matters[] = {
        {MARK_SURPLUS, S_INIT("money.surplus.")},
        {MARK_SHORT, S_INIT("money.short.")},
        {MARK_WRONG, S_INIT("money.wrong.")},
        {MARK_DISPUTED, S_INIT("money.disputed.")},
    };
    for (size_t i = 0; i < COUNT(matters); i++) {
        if (!(o->marks & matters[i].mark))
            continue;
        str id = JOIN(mem, matters[i].word, str_int(mem, money_number(o, matters[i].mark)));
        if (!is_planned(o, id))
            letter_add(mem, shop, o, id, now);
    }
}

/* The buyer is just being told that it takes longer. What is stuck has a letter of its own. */
static void undelivered_alarm(
    struct arena *mem, const struct shop *shop, struct order *o, instant now) {
    bool late = false, hangs = false;
    for (size_t i = 0; i < o->step_count && !late; i++) {
        const struct step *s = &o->steps[i];
        late = s->state == STEP_SENDING && s->line < 0 && str_is(s->id, S("late"));
    }
    for (size_t i = 0; i < o->step_count && late && !hangs; i++)
        hangs = plan_hangs(&o->steps[i]);
    if (hangs && !is_planned(o, S("undelivered")))
        letter_add(mem, shop, o, S("undelivered"), now);
}

bool plan_hangs(const struct step *s) {
    bool buyers = s->line >= 0 || str_is(s->id, S("access"));
    return buyers
           && (s->state == STEP_READY || s->state == STEP_SENDING || s->state == STEP_UNKNOWN);
}

bool plan_is_owners(str id) {
    static const str letters[] = {
        S_INIT("sold"), S_INIT("needs-you"), S_INIT("money"), S_INIT("undelivered")};
    str name = str_part(id, 0, str_find_byte(id, '.'));
    for (size_t i = 0; i < COUNT(letters); i++)
        if (str_is(name, letters[i]))
            return true;
    return false;
}

void plan_alarms(struct arena *mem, const struct shop *shop, struct order *o, instant now) {
    size_t count = o->step_count;
    for (size_t i = 0; i < count && shop->seller.email.len; i++) {
        const struct step *s = &o->steps[i];
        bool in_need = s->state == STEP_POISON || s->state == STEP_HOLD;
        if (!in_need || str_starts(s->id, S("needs-you.")))
            continue;
        str id = JOIN(mem, S("needs-you."), str_int(mem, (int64_t)s->line + 1), S("."), s->id);
        if (!is_planned(o, id))
            letter_add(mem, shop, o, id, now);
    }
    if (shop->seller.email.len) {
        money_alarms(mem, shop, o, now);
        undelivered_alarm(mem, shop, o, now);
    }
}

const struct tree *plan_with(const struct shop *shop, const struct order *o, const struct step *s) {
    if (s->line < 0)
        return s->with;
    const struct shop_step *today = shop_step(shop, s->id);
    return today ? today->with : NULL;
}

/* ---- what holes are filled from: made when a hole names it ---- */

/* What a view is of. */
struct scene {
    const struct shop *shop;
    const struct order *order;
    const struct step *step;
    const struct line *line; /* null: the step is of the whole order */
};

static struct tree *int_of(struct arena *mem, const void *number) {
    return tree_int(mem, *(const int64_t *)number);
}

static struct tree *amount_of(struct arena *mem, const void *m) {
    return tree_number(mem, money_amount(mem, *(const money *)m));
}

static struct tree *minor_of(struct arena *mem, const void *m) {
    return tree_int(mem, ((const money *)m)->minor);
}

static struct tree *currency_of(struct arena *mem, const void *m) {
    return tree_text(mem, str_of(((const money *)m)->currency));
}

static struct tree *time_of(struct arena *mem, const void *at) {
    instant then = *(const instant *)at;
    return then ? tree_text(mem, time_iso(mem, then)) : NULL;
}

/* An erased buyer has no e-mail: a hole that names it is an error then, not an empty text. */
static struct tree *email_of(struct arena *mem, const void *text) {
    return ((const str *)text)->len ? tree_text_at(mem, text) : NULL;
}

static struct tree *transaction_of(struct arena *mem, const void *of) {
    const struct order *o = of;
    return tree_text(mem, o->payment_count ? o->payments[0].transaction : S(""));
}

/* clang-format off */
#define NAMED(name, type, member, make) {S_INIT(name), make, offsetof(struct type, member)}

static const struct tree_row order_rows[] = {
    TREE_ROW(order, id, tree_text_at),
    TREE_ROW(order, mode, tree_text_at),
    TREE_ROW(order, reference, tree_text_at),
    TREE_ROW(order, gateway, tree_text_at),
    {S_INIT("transaction"), transaction_of, 0},
    TREE_ROW(order, total, amount_of),
    NAMED("total_minor", order, total, minor_of),
    NAMED("currency", order, total, currency_of),
    TREE_ROW(order, placed_at, time_of),
    TREE_ROW(order, paid_at, time_of),
};
static const struct tree_row buyer_rows[] = {
    TREE_ROW(buyer, email, email_of),
    TREE_ROW(buyer, name, tree_text_at),
    TREE_ROW(buyer, country, tree_text_at),
    TREE_ROW(buyer, lang, tree_text_at),
};
static const struct tree_row company_rows[] = {
    TREE_ROW(company, name, tree_text_at),
    TREE_ROW(company, tax_id, tree_text_at),
    TREE_ROW(company, street, tree_text_at),
    TREE_ROW(company, postcode, tree_text_at),
    TREE_ROW(company, city, tree_text_at),
};
static const struct tree_row shop_rows[] = {
    TREE_ROW(shop, name, tree_text_at),
    TREE_ROW(shop, url, tree_text_at),
    TREE_ROW(shop, api, tree_text_at),
    TREE_ROW(shop, lang, tree_text_at),
    TREE_ROW(shop, currency, tree_text_at),
};
static const struct tree_row step_rows[] = {
    TREE_ROW(step, id, tree_text_at),
    TREE_ROW(step, key, tree_text_at),
};
static const struct tree_row line_rows[] = {
    TREE_ROW(line, product, tree_text_at),
    TREE_ROW(line, name, tree_text_at),
    TREE_ROW(line, quantity, int_of),
    TREE_ROW(line, tax, tree_text_at),
    TREE_ROW(line, net, amount_of),
    TREE_ROW(line, tax_amount, amount_of),
    TREE_ROW(line, gross, amount_of),
    NAMED("gross_minor", line, gross, minor_of),
};
/* clang-format on */

static struct tree *order_of(struct arena *mem, const void *of) {
    return tree_later(mem, order_rows, COUNT(order_rows), ((const struct scene *)of)->order);
}

static struct tree *buyer_of(struct arena *mem, const void *of) {
    return tree_later(
        mem, buyer_rows, COUNT(buyer_rows), &((const struct scene *)of)->order->buyer);
}

struct tree *plan_company(struct arena *mem, const struct company *c) {
    return tree_later(mem, company_rows, COUNT(company_rows), c);
}

static struct tree *company_of(struct arena *mem, const void *of) {
    return plan_company(mem, &((const struct scene *)of)->order->company);
}

static struct tree *shop_of(struct arena *mem, const void *of) {
    return tree_later(mem, shop_rows, COUNT(shop_rows), ((const struct scene *)of)->shop);
}

static struct tree *step_of(struct arena *mem, const void *of) {
    return tree_later(mem, step_rows, COUNT(step_rows), ((const struct scene *)of)->step);
}

static struct tree *line_of(struct arena *mem, const void *of) {
    const struct scene *s = of;
    struct tree *t = s->line ? tree_later(mem, line_rows, COUNT(line_rows), s->line) : NULL;
    if (t)
        tree_put_int(mem, t, S("number"), (int64_t)s->step->line + 1);
    return t;
}

/* The owner's data, and over it what is ours; today's catalogue, at the price of the order. */
static struct tree *product_of(struct arena *mem, const void *of) {
    const struct scene *s = of;
    const struct line *l = s->line;
    if (!l)
        return NULL;
    const struct product *p = shop_product(s->shop, l->product);
    struct tree *t = p && p->data ? tree_copy(mem, p->data) : tree_map(mem);
    tree_put_text(mem, t, S("id"), l->product);
    tree_put_text(mem, t, S("name"), l->name);
    tree_put(t, S("price"), amount_of(mem, &l->gross));
    tree_put(t, S("currency"), currency_of(mem, &l->gross));
    tree_put_text(mem, t, S("tax"), l->tax);
    tree_put_text(mem, t, S("summary"), p ? p->summary : S(""));
    return t;
}

static const struct tree_row scene_rows[] = {
    {S_INIT("order"), order_of, 0},
    {S_INIT("buyer"), buyer_of, 0},
    {S_INIT("company"), company_of, 0},
    {S_INIT("shop"), shop_of, 0},
    {S_INIT("step"), step_of, 0},
    {S_INIT("line"), line_of, 0},
    {S_INIT("product"), product_of, 0},
};

struct tree *plan_view(
    struct arena *mem, const struct shop *shop, const struct order *o, const struct step *s) {
    struct scene *scene = NEW(mem, struct scene);
    *scene = (struct scene){.shop = shop, .order = o, .step = s};
    if (s->line >= 0 && (size_t)s->line < o->line_count)
        scene->line = &o->lines[s->line];
    struct tree *view = tree_later(mem, scene_rows, COUNT(scene_rows), scene);
    for (size_t i = 0; i < o->step_count; i++) {
        const struct step *before = &o->steps[i];
        if (before->line == s->line && before->line >= 0 && before->state == STEP_DONE)
            tree_put(
                view, before->id, before->values ? tree_copy(mem, before->values) : tree_map(mem));
    }
    return view;
}
