#include "app/call.h"

#include "app/belongings.h"
#include "page/render.h"
#include "page/view.h"
#include "shop/plan.h"

str call_page(struct arena *mem, const struct shop *shop, const struct order *o) {
    return JOIN(mem, shop->api, S("/o/"), o->id, S("/"),
        order_key(mem, shop->secret, o->id, o->turn, S("page")));
}

str call_access(struct arena *mem, const struct shop *shop, const struct order *o, int line) {
    return JOIN(mem, shop->api, S("/a/"), access_token(mem, shop->secret, o, line), S("/"));
}

err call_new(struct arena *mem, const struct work *w, const struct order *o, const struct step *s,
    struct call *out) {
    const struct connector *c = connector_find(s->does);
    if (!c)
        return err_make(ERR_SETUP, JOIN(mem, S("this program knows no `"), s->does, S("`")));
    const struct tree *with = connector_settings(mem, w->shop, s->does, s->with);
    *out = (struct call){
        .connector = c,
        .class = c->class(with),
        .step =
            {
                .shop = w->shop,
                .step = s,
                .with = with,
                .view = plan_view(mem, w->shop, o, s),
                .access = s->line >= 0 ? call_access(mem, w->shop, o, s->line) : S(""),
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

static bool is_for_owner(str name) {
    return str_is(name, S("sold")) || str_is(name, S("needs-you"));
}

err call_letter(struct arena *mem, const struct work *w, const struct order *o,
    const struct step *s, struct call *out) {
    if (!str_is(s->does, S("mail")))
        return OK_ERR;
    str name = letter_name(s->id);
    bool owner = is_for_owner(name);
    str lang = owner || !o->buyer.lang.len ? w->shop->lang : o->buyer.lang;
    const struct tree *view = NULL;
    if (str_is(name, S("links")))
        TRY(belongings_letter(mem, w, o, &view));
    else
        view = view_letter(mem, w->shop, o, s, call_page(mem, w->shop, o));
    str file = JOIN(mem, S("mail/"), name, S("."), lang, S(".txt"));
    if (!theme_find(w->theme, file))
        file = JOIN(mem, S("mail/"), name, S(".en.txt"));
    TRY(render(mem, w->theme, file, view, &out->step.letter));
    if (theme_find(w->theme, S("mail/letter.html")))
        TRY(render(mem, w->theme, S("mail/letter.html"),
            view_letter_html(mem, lang, out->step.letter), &out->step.html));
    out->step.to = owner ? w->shop->seller.email : o->buyer.email;
    return OK_ERR;
}
