#include "app/web.h"

#include "app/ask.h"
#include "app/buyer.h"
#include "app/checkout.h"
#include "app/facts.h"
#include "app/notify.h"
#include "app/shelf.h"
#include "http/route.h"
#include "io/files.h"
#include "io/world.h"
#include "page/view.h"
#include "shop/wish.h"
#include "shop/words.h"

typedef void answer(const struct flow *f, const struct route_match *m, struct reply *reply);

static void no_page(const struct flow *f, struct reply *reply) {
    flow_refused(f, METER_NO_PAGE);
    reply->response =
        flow_error(f, err_make(ERR_ABSENT, S("")), words(f->shop->lang, S("no_page")));
}

static void answer_order(const struct flow *f, const struct route_match *m, struct reply *reply) {
    checkout(f, reply);
}

static void answer_note(const struct flow *f, const struct route_match *m, struct reply *reply) {
    notify(f, m->parts[0], reply);
}

/* Wakes a sleeping host up to and including its store. */
static void answer_warm(const struct flow *f, const struct route_match *m, struct reply *reply) {
    struct row row;
    struct store *s = f->doors->store;
    err e = s->kind->get(s, f->mem, S("shop"), S("boot"), S(""), &row);
    bool fine = e.code == ERR_NONE || e.code == ERR_ABSENT;
    reply->response = response_text(fine ? 200 : 503, fine ? S("warm\n") : S("cold\n"));
    response_header(&reply->response, S("Cache-Control"), S("no-store"));
}

static void answer_health(const struct flow *f, const struct route_match *m, struct reply *reply) {
    const struct facts *facts = f->doors->facts;
    answer_warm(f, m, reply);
    bool ill = reply->response.status != 200 || (facts && facts_ill(facts, clock_steady()));
    reply->response.status = ill ? 503 : 200;
    reply->response.body = ill ? S("red\n") : S("green\n");
}

/* Fields in the address fill the form: ?email=…&name=…&utm_source=… */
static struct tree *prefill(const struct flow *f) {
    static const str names[] = {S_INIT("email"), S_INIT("name"), S_INIT("company"), S_INIT("code"),
        S_INIT("utm_source"), S_INIT("utm_medium"), S_INIT("utm_campaign"), S_INIT("utm_term"),
        S_INIT("utm_content"), S_INIT("ref")};
    struct tree *t = tree_map(f->mem);
    for (size_t i = 0; i < COUNT(names); i++) {
        str value = request_query(f->mem, f->request, names[i]);
        if (value.len && value.len <= 254)
            tree_put_text(f->mem, t, names[i], value);
    }
    return t;
}

/* A code of the address is judged before anything is typed: whoever counts on it sees the price. */
static const struct tree *unknown(const struct flow *f, const struct tree *fields) {
    if (wish_code_is(tree_get(fields, S("code"))))
        return NULL;
    struct tree *wrong = tree_map(f->mem);
    tree_put_text(f->mem, wrong, S("code"), words(f->shop->lang, S("code_unknown")));
    return wrong;
}

static void answer_buy(const struct flow *f, const struct route_match *m, struct reply *reply) {
    const struct product *p = shop_product(f->shop, m->parts[0]);
    if (!p || p->draft) {
        no_page(f, reply);
        return;
    }
    const struct tree *fields = prefill(f);
    const struct tree *view = view_buy(f->mem, f->shop, f->theme, p, fields, unknown(f, fields));
    reply->response = flow_page(f, 200, S("buy.html"), view);
}

static void answer_page(const struct flow *f, const struct route_match *m, struct reply *reply) {
    err e = shelf_answer(f, &reply->response);
    if (e.code == ERR_NONE)
        return;
    if (e.code == ERR_ABSENT) {
        no_page(f, reply);
        return;
    }
    doors_log(f->doors, S("error"), e.what);
    reply->response = flow_error(f, e, S(""));
}

static bool has_dot_file(str path) {
    str rest = path, part = {0};
    while (str_cut(&rest, '/', &part))
        if (str_starts(part, S(".")))
            return true;
    return false;
}

/* The folders of the shop whose files anybody may have; the name is the first part of the address.
 */
static void answer_image(const struct flow *f, const struct route_match *m, struct reply *reply) {
    str folder = JOIN(f->mem, f->dir, S("/images"));
    if (has_dot_file(m->parts[0]) || !files_is(folder, m->parts[0])) {
        no_page(f, reply);
        return;
    }
    reply->response = (struct response){.status = 200, .file = m->parts[0], .file_in = folder};
    /* A picture opened by itself (SVG) is a document: it may show itself and do nothing. */
    response_header(&reply->response, S("Content-Security-Policy"),
        S("default-src 'none'; style-src 'unsafe-inline'; sandbox"));
    response_header(&reply->response, S("X-Content-Type-Options"), S("nosniff"));
    response_header(&reply->response, S("Cache-Control"),
        f->shop->live ? S("public, max-age=3600") : S("no-cache"));
    shelf_file(f, &reply->response);
}

/* clang-format off */
enum { WARM, HEALTH, BUY, ORDER, NOTE, PAGE_ORDER, ASK, FIND, PAY, PAID, LESSON, IMAGE, PAGE };
static const struct route routes[] = {
    {S_INIT("GET"),  S_INIT("/api/warm"),       WARM},
    {S_INIT("GET"),  S_INIT("/healthz"),        HEALTH},
    {S_INIT("GET"),  S_INIT("/api/buy/:"),      BUY},
    {S_INIT("POST"), S_INIT("/api/order"),      ORDER},
    {S_INIT("POST"), S_INIT("/api/payment/:"),  NOTE},
    {S_INIT("GET"),  S_INIT("/o/:/:"),          PAGE_ORDER},
    {S_INIT("POST"), S_INIT("/o/:/:/:"),        ASK},
    {S_INIT("POST"), S_INIT("/api/find"),       FIND},
    {S_INIT("GET"),  S_INIT("/pay/test/:"),     PAY},
    {S_INIT("POST"), S_INIT("/pay/test/:"),     PAID},
    {S_INIT("GET"),  S_INIT("/a/:/*"),          LESSON},
    {S_INIT("GET"),  S_INIT("/images/*"),       IMAGE},
    {S_INIT("GET"),  S_INIT("/*"),              PAGE},
};
static answer *const answers[] = {
    [WARM] = answer_warm, [HEALTH] = answer_health, [BUY] = answer_buy, [ORDER] = answer_order,
    [NOTE] = answer_note, [PAGE_ORDER] = buyer_page, [ASK] = ask_order,
    [FIND] = ask_find, [PAY] = buyer_pay, [PAID] = buyer_paid,
    [LESSON] = buyer_lesson, [IMAGE] = answer_image, [PAGE] = answer_page,
};
/* clang-format on */

/* ---- other origins ---- */

/* What pages on another host may ask by script. */
static bool is_shared(str path) {
    return str_is(path, S("/api/order")) || str_is(path, S("/api/find"))
           || str_starts(path, S("/api/buy/"));
}

/* "https://shop.example.com" of "https://shop.example.com/pl/". */
static str origin_of(str url) {
    size_t host = str_find(url, S("://")) + 3;
    return str_part(url, 0, host + str_find_byte(str_from(url, host), '/'));
}

/* Only the shop's own pages, wherever they live; never `*`, never what the header says. */
static void share(const struct flow *f, struct response *r) {
    str ours = origin_of(f->shop->url);
    if (!is_shared(f->request->path))
        return;
    response_header(r, S("Vary"), S("Origin"));
    if (str_is(request_header(f->request, S("Origin")), ours))
        response_header(r, S("Access-Control-Allow-Origin"), ours);
}

void web_guard(const struct flow *f, struct response *r) {
    share(f, r);
    if (f->shop->live && f->request->secure)
        response_header(r, S("Strict-Transport-Security"), S("max-age=31536000"));
}

static void answer_options(const struct flow *f, str allow, struct reply *reply) {
    struct response *r = &reply->response;
    *r = response_text(204, S(""));
    r->type = S("");
    response_header(r, S("Allow"), JOIN(f->mem, allow, S(", OPTIONS")));
    if (!request_header(f->request, S("Access-Control-Request-Method")).len
        || !is_shared(f->request->path))
        return;
    response_header(r, S("Access-Control-Allow-Methods"), allow);
    response_header(r, S("Access-Control-Allow-Headers"), S("Content-Type"));
    response_header(r, S("Access-Control-Max-Age"), S("600"));
}

static str pattern_of(int name) {
    for (size_t i = 0; i < COUNT(routes); i++)
        if (routes[i].name == name)
            return routes[i].pattern;
    return S("");
}

void web(const struct flow *f, struct reply *reply) {
    struct route_match m = {0};
    bool options = str_is(f->request->method, S("OPTIONS"));
    if (options && str_is(f->request->path, S("*"))) {
        answer_options(f, S("GET, HEAD, POST"), reply);
        return;
    }
    err e = route_find(f->mem, routes, COUNT(routes), f->request->method, f->request->path, &m);
    if (e.code == ERR_NONE) {
        reply->route = pattern_of(m.name);
        answers[m.name](f, &m, reply);
        return;
    }
    if (e.code == ERR_USAGE && options) {
        answer_options(f, m.allow, reply);
        return;
    }
    if (e.code == ERR_USAGE) {
        reply->response = flow_error(f, e, S("This address does not take that method."));
        reply->response.status = 405;
        response_header(&reply->response, S("Allow"), JOIN(f->mem, m.allow, S(", OPTIONS")));
        flow_refused(f, METER_NO_METHOD);
        return;
    }
    no_page(f, reply);
}
