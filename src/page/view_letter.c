#include "page/mark.h"
#include "page/view_facts.h"
#include "shop/plan.h"

static void texts(struct arena *mem, struct tree *map, const str (*rows)[2], size_t count) {
    for (size_t i = 0; i < count; i++)
        tree_put_text(mem, map, rows[i][0], rows[i][1]);
}

static struct tree *company(struct arena *mem, const struct company *c) {
    if (!c->name.len)
        return tree_none(mem);
    const str rows[][2] = {{S("name"), c->name}, {S("tax_id"), c->tax_id}, {S("street"), c->street},
        {S("postcode"), c->postcode}, {S("city"), c->city}};
    struct tree *t = tree_map(mem);
    texts(mem, t, rows, COUNT(rows));
    return t;
}

static struct tree *buyer(struct arena *mem, const struct buyer *b) {
    const str rows[][2] = {
        {S("email"), b->email}, {S("name"), b->name}, {S("country"), b->country}};
    struct tree *t = tree_map(mem);
    texts(mem, t, rows, COUNT(rows));
    return t;
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

static struct tree *consents(struct arena *mem, const struct shop *shop, const struct order *o) {
    struct tree *list = tree_list(mem);
    for (size_t i = 0; i < o->consent_count; i++) {
        const struct consent_given *c = &o->consents[i];
        const str rows[][2] = {{S("id"), c->id}, {S("version"), c->version},
            {S("text"), agreed(mem, shop, c)}, {S("at"), zone_show(mem, shop->zone, c->at)}};
        texts(mem, tree_add(list, tree_map(mem)), rows, COUNT(rows));
    }
    return list;
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

static struct tree *problem(struct arena *mem, const struct order *o, const struct step *t) {
    if (!t)
        return tree_none(mem);
    struct tree *map = tree_map(mem);
    const str rows[][2] = {{S("job"), step_job(mem, o->id, t)}, {S("step"), t->id},
        {S("does"), t->does}, {S("state"), str_of(step_state_name(t->state))},
        {S("error"), t->error}, {S("attempts"), str_int(mem, t->attempts)}};
    texts(mem, map, rows, COUNT(rows));
    tree_put_bool(mem, map, S("poison"), t->state == STEP_POISON);
    tree_put_bool(mem, map, S("hold"), t->state == STEP_HOLD);
    return map;
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
static struct tree *money_matter(struct arena *mem, const struct shop *shop, const struct order *o,
    const struct step *s, str lang) {
    static const str words[] = {
        S_INIT("surplus"), S_INIT("short"), S_INIT("wrong"), S_INIT("disputed")};
    struct tree *t = tree_map(mem);
    str currency = str_of(o->total.currency);
    int64_t over = left_of(o) - o->total.minor;
    for (size_t i = 0; i < COUNT(words); i++)
        tree_put_bool(
            mem, t, words[i], str_starts(s->id, JOIN(mem, S("money."), words[i], S("."))));
    const str rows[][2] = {
        {S("over"), money_show(mem, money_of(over > 0 ? over : 0, currency), lang)},
        {S("missing"), money_show(mem, money_of(over < 0 ? -over : 0, currency), lang)}};
    texts(mem, t, rows, COUNT(rows));
    tree_put(t, S("payments"), moved(mem, shop, o, lang));
    struct tree *remarks = tree_put(t, S("remarks"), tree_list(mem));
    for (size_t i = 0; i < o->remark_count; i++)
        tree_add(remarks, tree_text(mem, o->remarks[i].what));
    return t;
}

static struct tree *undone(struct arena *mem, const struct order *o) {
    struct tree *list = tree_list(mem);
    for (size_t i = 0; i < o->step_count; i++)
        if (plan_hangs(&o->steps[i]))
            tree_add(list, problem(mem, o, &o->steps[i]));
    return list;
}

/* Owner's letters speak the shop's language, others the buyer's; there are pl and en. */
static str language(const struct shop *shop, const struct order *o, const struct step *s) {
    return plan_is_owners(s->id) || !o->buyer.lang.len ? shop->lang : o->buyer.lang;
}

struct tree *view_letter(struct arena *mem, const struct shop *shop, const struct order *o,
    const struct step *s, str page) {
    struct tree *v = tree_map(mem);
    str lang = language(shop, o, s);
    struct tree *order = tree_map(mem);
    const str rows[][2] = {{S("id"), o->id},
        {S("placed_at"), zone_show(mem, shop->zone, o->placed_at)},
        {S("paid_at"), zone_show(mem, shop->zone, o->paid_at)}, {S("gateway"), o->gateway}};
    texts(mem, order, rows, COUNT(rows));
    tree_put_bool(mem, order, S("test"), str_is(o->mode, S("test")));
    view_lines(mem, order, o, lang);
    str what = o->line_count ? o->lines[0].name : S("");
    tree_put_text(mem, v, S("title"), what);
    tree_put_text(mem, v, S("product"), what);
    tree_put_text(mem, v, S("lang"), lang);
    tree_put_text(mem, v, S("page"), page);
    tree_put(v, S("shop"), view_shop(mem, shop));
    tree_put(v, S("order"), order);
    tree_put(v, S("buyer"), buyer(mem, &o->buyer));
    tree_put(v, S("company"), company(mem, &o->company));
    tree_put(v, S("links"), view_gifts(mem, o));
    tree_put(v, S("consents"), consents(mem, shop, o));
    tree_put_bool(mem, v, S("agreed"), o->consent_count > 0);
    tree_put(v, S("money"), money_matter(mem, shop, o, s, lang));
    tree_put(v, S("undone"), undone(mem, o));
    tree_put(v, S("problem"), problem(mem, o, troubled(mem, o, s)));
    return v;
}

struct tree *view_matter(struct arena *mem, const struct shop *shop, const struct tree *facts) {
    struct tree *v = facts ? tree_copy(mem, facts) : tree_map(mem);
    tree_put_text(mem, v, S("lang"), shop->lang);
    tree_put(v, S("shop"), view_shop(mem, shop));
    return v;
}
