#include "app/call.h"

#include "app/belongings.h"
#include "base/mask.h"
#include "page/render.h"
#include "page/view.h"
#include "partner/mail.h"
#include "shop/plan.h"

str call_page(struct arena *mem, const struct shop *shop, const struct order *o) {
    return JOIN(mem, shop->api, S("/o/"), o->id, S("/"),
        order_key(mem, shop->secret, o->id, o->turn, S("page")));
}

str call_access(struct arena *mem, const struct shop *shop, const struct order *o, int line) {
    return JOIN(mem, shop->api, S("/a/"), access_token(mem, shop->secret, o, line), S("/"));
}

err call_new(struct arena *mem, const struct work *w, const struct order *o, struct step *s,
    struct call *out) {
    const struct connector *c = connector_find(s->does);
    if (!c)
        return err_make(ERR_SETUP, JOIN(mem, S("this program knows no `"), s->does, S("`")));
    const struct tree *with = connector_settings(mem, w->shop, s->does, step_with(mem, s));
    bool letter = str_is(s->does, S("mail")); /* is filled from a view of its own */
    *out = (struct call){
        .connector = c,
        .class = c->class(with),
        .step =
            {
                .shop = w->shop,
                .step = s,
                .with = with,
                .view = letter ? tree_map(mem) : plan_view(mem, w->shop, o, s),
                .access = s->line >= 0 && c->access ? call_access(mem, w->shop, o, s->line) : S(""),
                .now = w->doors->now(w->doors->self),
            },
    };
    return OK_ERR;
}

/* "needs-you.1.invitation" is the letter "needs-you". */
static str letter_name(str id) {
    str name = {0};
    str rest = id;
    return str_cut(&rest, '.', &name) ? name : id;
}

/* In that language, else in English; once more as HTML. */
static err letter_render(struct arena *mem, const struct work *w, str name, str lang,
    const struct tree *view, struct step_call *out) {
    str file = JOIN(mem, S("mail/"), name, S("."), lang, S(".txt"));
    if (!theme_find(w->theme, file))
        file = JOIN(mem, S("mail/"), name, S(".en.txt"));
    TRY(render(mem, w->theme, file, view, &out->letter));
    if (theme_find(w->theme, S("mail/letter.html")))
        TRY(render(mem, w->theme, S("mail/letter.html"), view_letter_html(mem, lang, out->letter),
            &out->html));
    return OK_ERR;
}

err call_letter(struct arena *mem, const struct work *w, const struct order *o,
    const struct step *s, struct call *out) {
    if (!str_is(s->does, S("mail")))
        return OK_ERR;
    str name = letter_name(s->id);
    bool owner = plan_is_owners(name);
    str lang = owner || !o->buyer.lang.len ? w->shop->lang : o->buyer.lang;
    const struct tree *view = NULL;
    if (str_is(name, S("links")))
        TRY(belongings_letter(mem, w, o, &view));
    else
        view = view_letter(mem, w->shop, o, s, call_page(mem, w->shop, o));
    out->step.to = owner ? w->shop->seller.email : o->buyer.email;
    return letter_render(mem, w, name, lang, view, &out->step);
}

err call_matter(struct arena *mem, const struct work *w, const struct matter *m, struct call *out) {
    const struct connector *c = connector_find(S("mail"));
    *out = (struct call){
        .connector = c,
        .class = c->class(tree_map(mem)),
        .step = {.shop = w->shop,
            .step = &m->step,
            .with = tree_map(mem),
            .view = tree_map(mem),
            .to = w->shop->seller.email,
            .now = w->doors->now(w->doors->self)},
    };
    return letter_render(
        mem, w, m->letter, w->shop->lang, view_matter(mem, w->shop, m->facts), &out->step);
}

/* ---- the conversation ---- */

enum { WAIT_MS = 20000 };

/* False when the lease would run out before the answer could be written. */
static bool in_time(const struct work *w, const struct row *job, const struct talk_request *r) {
    int64_t wait = r->wait_ms > 0 ? r->wait_ms : WAIT_MS;
    return w->doors->now(w->doors->self) + wait + 5 * TIME_SECOND < job->due;
}

void call_say(struct arena *mem, const struct work *w, const struct row *job,
    struct talk_request *request, struct talk_answer *answer) {
    struct doors const *d = w->doors;
    *answer = (struct talk_answer){.sent = TALK_NOT_SENT};
    /* A letter is its bytes; who carries it may have been mended since they were frozen. */
    if (request->kind == TALK_MAIL)
        mail_request_way(mem, w->shop, request);
    err e = talk_request_fill(mem, request, w->shop->secrets);
    if (e.code != ERR_NONE)
        answer->why = e.what;
    else if (!in_time(w, job, request))
        answer->why = S("the lease was too short for this partner");
    else
        d->talk->say(d->talk, mem, request, answer);
    d->crash(d->self, CRASH_ANSWERED);
}

/* Values are links and codes that a buyer uses: a short secret hides too much of them. */
static const struct tree *values_hide(
    struct arena *mem, const struct tree *secrets, const struct tree *values) {
    struct tree *hidden = tree_map(mem);
    for (const struct tree *v = values->first; v; v = v->next)
        tree_put_text(mem, hidden, v->name, mask_names(mem, tree_str(v), secrets, MASK_VALUES));
    return hidden;
}

void call_hide(struct arena *mem, const struct work *w, struct step_outcome *outcome) {
    const struct tree *secrets = w->shop->secrets;
    outcome->why = mask_names(mem, outcome->why, secrets, MASK_WORDS);
    outcome->receipt = mask_names(mem, outcome->receipt, secrets, MASK_WORDS);
    if (outcome->values)
        outcome->values = values_hide(mem, secrets, outcome->values);
}
