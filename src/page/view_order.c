#include "base/buf.h"
#include "base/encode.h"
#include "page/view_facts.h"

enum {
    LOOK_S = 5, /* seconds between two looks while the payment is not there */
    LOOKS = 12, /* after a minute the page leaves it to the buyer */
    WORK_S = 3, /* while steps are worked off */
    WORK_LOOKS = 60,
};

/* ---- words ---- */

/* "j***@example.com": enough to know it again, too little for who looks over a shoulder. */
static str masked(struct arena *mem, str email) {
    size_t at = str_find_byte(email, '@');
    if (at == 0 || at == email.len)
        return S("");
    str first = utf8_prefix(email, 4);
    size_t size = 1;
    while (size < first.len && ((unsigned char)first.ptr[size] & 0xc0) == 0x80)
        size++;
    return JOIN(mem, str_part(email, 0, size), S("***"), str_from(email, at));
}

/* By what it does, by its own name (the owner may add `step_<id>` to the words), else the name
 * itself. */
static str step_label(const struct view *v, const struct step *s) {
    struct buf name = buf_new(v->mem, 200);
    buf_add(&name, S("step_"));
    str what = str_is(s->does, S("mail")) ? S("mail_") : s->does;
    for (size_t i = 0; i < what.len; i++)
        buf_byte(&name, what.ptr[i] == '.' ? '_' : what.ptr[i]);
    if (str_is(s->does, S("mail")))
        buf_add(&name, s->id);
    str label = view_word(v, buf_str(&name));
    if (!label.len)
        label = view_word(v, JOIN(v->mem, S("step_"), s->id));
    return label.len ? label : s->id;
}

/* ---- steps ---- */

/* Letters to the owner, and the one that only says "late", are no part of what was bought. */
static bool is_buyers(const struct step *s) {
    return s->line >= 0 || str_is(s->id, S("access"));
}

static bool is_stuck(const struct step *s) {
    return s->state == STEP_HOLD || s->state == STEP_POISON;
}

static void step_add(
    const struct view *v, struct tree *list, const struct order *o, const struct step *s) {
    str state = str_of(step_state_name(s->state));
    struct tree *t = tree_add(list, tree_map(v->mem));
    bool many = o->line_count > 1 && s->line >= 0 && (size_t)s->line < o->line_count;
    tree_put_text(v->mem, t, S("label"), step_label(v, s));
    tree_put_text(v->mem, t, S("product"), many ? o->lines[s->line].name : S(""));
    tree_put_text(v->mem, t, S("state"), state);
    tree_put_text(v->mem, t, S("words"), view_word(v, JOIN(v->mem, S("state_"), state)));
    tree_put_bool(v->mem, t, S("done"), s->state == STEP_DONE);
    tree_put_text(v->mem, t, S("time"), zone_show(v->mem, v->shop->zone, s->finished_at));
    tree_put_text(v->mem, t, S("iso"), s->finished_at ? time_iso(v->mem, s->finished_at) : S(""));
}

/* How far the buyer's steps are. */
struct progress {
    bool moving;  /* something is to be done now or soon */
    bool looking; /* something waits for a person */
    bool sent;    /* the letter with the access is out */
};

static struct progress steps(struct view *v, const struct order *o) {
    struct progress p = {0};
    struct tree *list = tree_put(v->tree, S("steps"), tree_list(v->mem));
    for (size_t i = 0; i < o->step_count; i++) {
        const struct step *s = &o->steps[i];
        if (!is_buyers(s))
            continue;
        step_add(v, list, o, s);
        p.looking = p.looking || is_stuck(s);
        p.sent = p.sent || (str_is(s->id, S("access")) && s->state == STEP_DONE);
        p.moving = p.moving || (step_is_open(s) && !is_stuck(s) && s->state != STEP_WAITING);
    }
    tree_put_bool(v->mem, v->tree, S("sent"), p.sent);
    return p;
}

/* ---- stages ---- */

struct stage {
    str name;
    instant at;
    enum order_state state;
};

static void stages(struct view *v, const struct order *o, enum order_state now) {
    const struct stage rows[] = {
        {S("stage_placed"), o->placed_at, ORDER_PLACED},
        {S("stage_paid"), o->paid_at, ORDER_PAID},
        {S("stage_delivered"), o->fulfilled_at, ORDER_FULFILLED},
    };
    struct tree *list = tree_put(v->tree, S("stages"), tree_list(v->mem));
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct tree *t = tree_add(list, tree_map(v->mem));
        bool done = rows[i].state <= now && now != ORDER_EXPIRED;
        tree_put_text(v->mem, t, S("label"), view_word(v, rows[i].name));
        tree_put_bool(v->mem, t, S("done"), done || !i);
        tree_put_bool(v->mem, t, S("here"), rows[i].state == now);
        tree_put_text(v->mem, t, S("time"),
            done || !i ? zone_show(v->mem, v->shop->zone, rows[i].at) : S(""));
        tree_put_text(
            v->mem, t, S("iso"), (done || !i) && rows[i].at ? time_iso(v->mem, rows[i].at) : S(""));
    }
}

/* What became of the money, when that is not plain. */
static str remark(const struct view *v, const struct order *o, bool unpaid) {
    static const struct {
        unsigned mark;
        str name;
        bool unpaid; /* said only while the order is not paid */
    } marks[] = {
        {MARK_SURPLUS, S_INIT("mark_surplus"), false},
        {MARK_SHORT, S_INIT("mark_short"), true},
        {MARK_WRONG, S_INIT("mark_wrong"), true},
    };
    for (size_t i = 0; i < COUNT(marks); i++)
        if ((o->marks & marks[i].mark) && (unpaid || !marks[i].unpaid))
            return view_word(v, marks[i].name);
    return S("");
}

/* The name of the sentences at the top. */
static str sentences(const struct order *o, enum order_state state, struct progress p) {
    static const str states[] = {
        [ORDER_PLACED] = S_INIT("checking"),
        [ORDER_PAID] = S_INIT("paid"),
        [ORDER_FULFILLED] = S_INIT("delivered"),
        [ORDER_EXPIRED] = S_INIT("expired"),
    };
    if (o->marks & MARK_REFUNDED)
        return S("refunded");
    if (state != ORDER_PAID)
        return states[state];
    return p.sent ? S("access") : p.looking ? S("stuck") : states[state];
}

static void say(struct view *v, const struct order *o, enum order_state state, struct progress p) {
    str name = sentences(o, state, p);
    bool unpaid = state == ORDER_PLACED || state == ORDER_EXPIRED;
    view_title(v, view_word(v, JOIN(v->mem, S("title_"), name)));
    tree_put_text(v->mem, v->tree, S("about"), view_word(v, JOIN(v->mem, S("about_"), name)));
    tree_put_text(v->mem, v->tree, S("remark"), remark(v, o, unpaid));
    tree_put_bool(v->mem, v->tree, S("looking"), p.looking && !str_is(name, S("refunded")));
}

/* The page looks again by itself while that can help; each look counts itself in its address. */
static void refresh(struct view *v, str again, int64_t seconds, int64_t looks) {
    size_t mark = str_find(again, S("?n="));
    str address = str_part(again, 0, mark);
    int64_t n = 0;
    str_number(str_from(again, mark + 3), &n);
    tree_put_text(v->mem, v->tree, S("page"), address);
    tree_put_bool(v->mem, v->tree, S("tired"), seconds && n >= looks);
    if (!seconds || n >= looks)
        return;
    tree_put_int(v->mem, v->tree, S("refresh"), seconds);
    tree_put_text(
        v->mem, v->tree, S("again"), JOIN(v->mem, address, S("?n="), str_int(v->mem, n + 1)));
}

static void facts(struct view *v, const struct order *o, enum order_state state) {
    struct tree *t = tree_put(v->tree, S("order"), tree_map(v->mem));
    bool unpaid = state == ORDER_PLACED;
    tree_put_text(v->mem, t, S("id"), o->id);
    tree_put_text(v->mem, t, S("state"), str_of(order_state_name(state)));
    tree_put_text(v->mem, t, S("placed"), zone_show(v->mem, v->shop->zone, o->placed_at));
    tree_put_text(v->mem, t, S("email"), masked(v->mem, o->buyer.email));
    tree_put_text(v->mem, t, S("link"), unpaid ? o->link : S(""));
    tree_put(t, S("lines"), view_line_list(v->mem, o, v->lang));
    tree_put_text(v->mem, t, S("net"), view_money(v->mem, view_net(o), v->lang));
    tree_put_text(v->mem, t, S("tax"), view_money(v->mem, view_tax(o), v->lang));
    tree_put_text(v->mem, t, S("total"), view_money(v->mem, o->total, v->lang));
}

struct tree *view_order(struct arena *mem, const struct shop *shop, const struct theme *theme,
    const struct order *o, const struct order_look *look) {
    struct view v = view_new(mem, shop, theme, VIEW_PROGRAM);
    enum order_state state = order_state(o);
    bool gone = (o->marks & MARK_REFUNDED) != 0;
    if (o->buyer.lang.len)
        view_speak(&v, o->buyer.lang);
    struct progress p = steps(&v, o);
    say(&v, o, state, p);
    facts(&v, o, state);
    stages(&v, o, state);
    tree_put_bool(mem, v.tree, S("private"), true);
    tree_put_text(mem, v.tree, S("said"), look->said.len ? view_word(&v, look->said) : S(""));
    tree_put_text(mem, v.tree, S("typed_email"), look->email);
    tree_put_text(mem, v.tree, S("wrong_email"), look->wrong);
    tree_put_bool(mem, v.tree, S("may_write"), state != ORDER_EXPIRED && !gone);
    tree_put(v.tree, S("gifts"), gone ? tree_list(mem) : view_gifts(mem, o));
    if (state == ORDER_PLACED)
        refresh(&v, look->again, LOOK_S, LOOKS);
    else
        refresh(&v, look->again, state == ORDER_PAID && p.moving ? WORK_S : 0, WORK_LOOKS);
    return v.tree;
}
