#include "app/flow.h"

#include "app/work.h"
#include "page/render.h"
#include "page/view.h"

struct work flow_work(const struct flow *f) {
    return (struct work){.doors = f->doors, .shop = f->shop, .theme = f->theme};
}

void flow_refused(const struct flow *f, enum meter_count why) {
    meter_add(f->doors->meter, why, 1);
}

struct response flow_page(const struct flow *f, int status, str name, const struct tree *view) {
    str html = {0};
    err e = render(f->mem, f->theme, name, view, &html);
    if (e.code == ERR_NONE)
        return f->shop->live ? response_page(f->mem, status, html)
                             : response_page_local(f->mem, status, html);
    doors_log(f->doors, S("error"), e.what);
    return response_text(500, S("This page cannot be shown just now; the shop owner sees why. "
                                "Nothing was charged by this page.\n"));
}

struct response flow_gone(const struct flow *f, err e, str sentence) {
    if (e.code != ERR_ABSENT || request_wants_json(f->request))
        return flow_error(f, e, sentence);
    struct tree *view = view_message(f->mem, f->shop, f->theme, S(""), sentence);
    tree_put_bool(f->mem, view, S("ask"), true);
    return flow_page(f, err_rules[e.code].status, S("message.html"), view);
}

struct response flow_error(const struct flow *f, err e, str sentence) {
    const struct err_rule *rule = &err_rules[e.code];
    str what = sentence.len ? sentence : str_of(rule->stranger);
    if (request_wants_json(f->request))
        return response_problem(f->mem, err_make(e.code, what), NULL, f->request->ref);
    struct tree *view = view_message(f->mem, f->shop, f->theme, S(""), what);
    tree_put_text(f->mem, view, S("ref"), f->request->ref);
    return flow_page(f, rule->status, S("message.html"), view);
}
