#include "page/mark.h"
#include "page/view_facts.h"
#include "shop/plan.h"

/* What a letter is about; its parts are made when the template names them. */
struct about {
    const struct shop *shop;
    const struct order *order;
    const struct step *step;
    str lang, page;
};

static void texts(struct arena *mem, struct tree *map, const str (*rows)[2], size_t count) {
    for (size_t i = 0; i < count; i++)
        tree_put_text(mem, map, rows[i][0], rows[i][1]);
}

static struct tree *company(struct arena *mem, const void *of) {
    const struct company *c = &((const struct about *)of)->order->company;
    return c->name.len ? plan_company(mem, c) : tree_none(mem);
}

static struct tree *buyer(struct arena *mem, const void *of) {
    static const struct tree_row rows[] = {
        TREE_ROW(buyer, email, tree_text_at),
        TREE_ROW(buyer, name, tree_text_at),
        TREE_ROW(buyer, country, tree_text_at),
    };
    return tree_later(mem, rows, COUNT(rows), &((const struct about *)of)->order->buyer);
}

/* The text agreed to, when the shop still has exactly that one; else its name and version tell. */
static str agreed(struct arena *mem, const struct shop *shop, const struct consent_given *given) {
    for (size_t i = 0; i < shop->consent_count; i++) {
        const struct consent *c = &shop->consents[i];
        if (str_is(c->id, given->id) && str_is(c->hash, given->hash))
            return tree_str(mark_text(mem, c->text, shop->url));
    }
    return given->id;
}

static struct tree *consents(struct arena *mem, const void *of) {
    const struct about *a = of;
    const struct shop *shop = a->shop;
    const struct order *o = a->order;
    struct tree *list = tree_list(mem);
    for (size_t i = 0; i < o->consent_count; i++) {
        const struct consent_given *c = &o->consents[i];
        const str rows[][2] = {{S("id"), c->id}, {S("version"), c->version},
            {S("text"), agreed(mem, shop, c)}, {S("at"), zone_show(mem, shop->zone, c->at)}};
        texts(mem, tree_add(list, tree_map(mem)), rows, COUNT(rows));
    }
    return list;
}

static struct tree *agreed_is(struct arena *mem, const void *of) {
    return tree_bool(mem, ((const struct about *)of)->order->consent_count > 0);
}

/* The step that a letter "needs-you.<line>.<step>" is about; null for other letters. */
static const struct step *troubled(struct arena *mem, const struct order *o, const struct step *s) {
    for (size_t i = 0; i < o->step_count; i++) {
        const struct step *t = &o->steps[i];
        str line = str_int(mem, t->line + 1);
        if (str_is(s->id, JOIN(mem, S("needs-you."), line, S("."), t->id)))
            return t;
    }
    return NULL;
}

static struct tree *trouble(struct arena *mem, const struct order *o, const struct step *t) {
    struct tree *map = tree_map(mem);
    const str rows[][2] = {{S("job"), step_job(mem, o->id, t)}, {S("step"), t->id},
        {S("does"), t->does}, {S("state"), str_of(step_state_name(t->state))},
        {S("error"), t->error}, {S("attempts"), str_int(mem, t->attempts)}};
    texts(mem, map, rows, COUNT(rows));
    tree_put_bool(mem, map, S("poison"), t->state == STEP_POISON);
    tree_put_bool(mem, map, S("hold"), t->state == STEP_HOLD);
    return map;
}

static struct tree *problem(struct arena *mem, const void *of) {
    const struct about *a = of;
    const struct step *t = troubled(mem, a->order, a->step);
    return t ? trouble(mem, a->order, t) : tree_none(mem);
}

/* ---- money that needs the owner, and what is not done ---- */

static struct tree *moved(
    struct arena *mem, const struct shop *shop, const struct order *o, str lang) {
    struct tree *list = tree_list(mem);
    for (size_t i = 0; i < o->payment_count + o->refund_count; i++) {
        const struct payment *p = i < o->payment_count ? &o->payments[i] : NULL;
        const struct refund *r = p ? NULL : &o->refunds[i - o->payment_count];
        const str rows[][2] = {{S("amount"), money_show(mem, p ? p->amount : r->amount, lang)},
            {S("gateway"), p ? p->gateway : r->gateway},
            {S("transaction"), p ? p->transaction : r->transaction},
            {S("at"), zone_show(mem, shop->zone, p ? p->at : r->at)}};
        struct tree *t = tree_add(list, tree_map(mem));
        texts(mem, t, rows, COUNT(rows));
        tree_put_bool(mem, t, S("back"), !p);
    }
    return list;
}

static int64_t left_of(const struct order *o) {
    int64_t left = 0;
    for (size_t i = 0; i < o->payment_count; i++)
        left += o->payments[i].amount.minor;
    for (size_t i = 0; i < o->refund_count; i++)
        left -= o->refunds[i].dispute ? 0 : o->refunds[i].amount.minor;
    return left;
}

/* As it is for the letter "money.<mark>.<n>"; its place is there in all of them. */
static struct tree *money_matter(struct arena *mem, const void *of) {
    static const str words[] = {
        S_INIT("surplus"), S_INIT("short"), S_INIT("wrong"), S_INIT("disputed")};
    const struct about *a = of;
    const struct order *o = a->order;
    struct tree *t = tree_map(mem);
    str currency = str_of(o->total.currency);
    int64_t over = left_of(o) - o->total.minor;
    for (size_t i = 0; i < COUNT(words); i++)
        tree_put_bool(
            mem, t, words[i], str_starts(a->step->id, JOIN(mem, S("money."), words[i], S("."))));
    const str rows[][2] = {
        {S("over"), money_show(mem, money_of(over > 0 ? over : 0, currency), a->lang)},
        {S("missing"), money_show(mem, money_of(over < 0 ? -over : 0, currency), a->lang)}};
    texts(mem, t, rows, COUNT(rows));
    tree_put(t, S("payments"), moved(mem, a->shop, o, a->lang));
    struct tree *remarks = tree_put(t, S("remarks"), tree_list(mem));
    for (size_t i = 0; i < o->remark_count; i++)
        tree_add(remarks, tree_text(mem, o->remarks[i].what));
    return t;
}

static struct tree *undone(struct arena *mem, const void *of) {
    const struct order *o = ((const struct about *)of)->order;
    struct tree *list = tree_list(mem);
    for (size_t i = 0; i < o->step_count; i++)
        if (plan_hangs(&o->steps[i]))
            tree_add(list, trouble(mem, o, &o->steps[i]));
    return list;
}

/* ---- the order ---- */

static struct tree *id(struct arena *mem, const void *of) {
    return tree_text(mem, ((const struct about *)of)->order->id);
}

static struct tree *placed_at(struct arena *mem, const void *of) {
    const struct about *a = of;
    return tree_text(mem, zone_show(mem, a->shop->zone, a->order->placed_at));
}

static struct tree *paid_at(struct arena *mem, const void *of) {
    const struct about *a = of;
    return tree_text(mem, zone_show(mem, a->shop->zone, a->order->paid_at));
}

static struct tree *gateway(struct arena *mem, const void *of) {
    return tree_text(mem, ((const struct about *)of)->order->gateway);
}

static struct tree *test(struct arena *mem, const void *of) {
    return tree_bool(mem, str_is(((const struct about *)of)->order->mode, S("test")));
}

static struct tree *lines(struct arena *mem, const void *of) {
    const struct about *a = of;
    return view_line_list(mem, a->order, a->lang);
}

static struct tree *net(struct arena *mem, const void *of) {
    const struct about *a = of;
    return tree_text(mem, view_money(mem, view_net(a->order), a->lang));
}

static struct tree *tax(struct arena *mem, const void *of) {
    const struct about *a = of;
    return tree_text(mem, view_money(mem, view_tax(a->order), a->lang));
}

static struct tree *total(struct arena *mem, const void *of) {
    const struct about *a = of;
    return tree_text(mem, view_money(mem, a->order->total, a->lang));
}

static struct tree *order(struct arena *mem, const void *of) {
    static const struct tree_row rows[] = {{S_INIT("id"), id, 0},
        {S_INIT("placed_at"), placed_at, 0}, {S_INIT("paid_at"), paid_at, 0},
        {S_INIT("gateway"), gateway, 0}, {S_INIT("test"), test, 0}, {S_INIT("lines"), lines, 0},
        {S_INIT("net"), net, 0}, {S_INIT("tax"), tax, 0}, {S_INIT("total"), total, 0}};
    return tree_later(mem, rows, COUNT(rows), of);
}

/* ---- the letter ---- */

static struct tree *product(struct arena *mem, const void *of) {
    const struct order *o = ((const struct about *)of)->order;
    return tree_text(mem, o->line_count ? o->lines[0].name : S(""));
}

static struct tree *shop_of(struct arena *mem, const void *of) {
    return view_shop(mem, ((const struct about *)of)->shop);
}

static struct tree *links(struct arena *mem, const void *of) {
    return view_gifts(mem, ((const struct about *)of)->order);
}

/* Owner's letters speak the shop's language, others the buyer's; there are pl and en. */
static str language(const struct shop *shop, const struct order *o, const struct step *s) {
    return plan_is_owners(s->id) || !o->buyer.lang.len ? shop->lang : o->buyer.lang;
}

struct tree *view_letter(struct arena *mem, const struct shop *shop, const struct order *o,
    const struct step *s, str page) {
    static const struct tree_row rows[] = {{S_INIT("title"), product, 0},
        {S_INIT("product"), product, 0}, TREE_ROW(about, lang, tree_text_at),
        TREE_ROW(about, page, tree_text_at), {S_INIT("shop"), shop_of, 0},
        {S_INIT("order"), order, 0}, {S_INIT("buyer"), buyer, 0}, {S_INIT("company"), company, 0},
        {S_INIT("links"), links, 0}, {S_INIT("consents"), consents, 0},
        {S_INIT("agreed"), agreed_is, 0}, {S_INIT("money"), money_matter, 0},
        {S_INIT("undone"), undone, 0}, {S_INIT("problem"), problem, 0}};
    struct about *a = NEW(mem, struct about);
    *a = (struct about){
        .shop = shop, .order = o, .step = s, .lang = language(shop, o, s), .page = page};
    return tree_later(mem, rows, COUNT(rows), a);
}

struct tree *view_matter(struct arena *mem, const struct shop *shop, const struct tree *facts) {
    struct tree *v = facts ? tree_copy(mem, facts) : tree_map(mem);
    tree_put_text(mem, v, S("lang"), shop->lang);
    tree_put(v, S("shop"), view_shop(mem, shop));
    return v;
}
