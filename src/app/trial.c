#include "app/trial.h"

#include "app/account.h"
#include "app/call.h"
#include "base/limits.h"
#include "page/render.h"
#include "page/view.h"
#include "shop/plan.h"

enum {
    SAID_MAX = 100, /* one slip in a theme shows on every page of a catalogue */
    EDITED_MAX = 4, /* products: a millisecond each, while the owner waits */
};

struct trial {
    struct arena *mem; /* for what is remembered between products */
    struct arena *scratch;
    struct shop shop; /* the snapshot with every secret set to something */
    struct work work;
    const struct house_shop *house;
    struct report *report;
    struct tree *said;
    str lang;        /* the buyer's */
    size_t rest_for; /* so many languages have tried the rest */
};

/* What a buyer may speak. */
static const str langs[] = {S_INIT("en"), S_INIT("pl")};

static instant noon(void *self) {
    (void)self;
    return INT64_C(1800000000000);
}

/* ---- what is found ---- */

/* "buy.html:3:14: …" as render says it, else at `at`. */
static struct place place_of(str *sentence, struct place at) {
    str rest = *sentence, file = {0}, line = {0}, col = {0};
    int64_t l = 0, c = 0;
    bool placed = str_cut(&rest, ':', &file) && str_cut(&rest, ':', &line)
                  && str_cut(&rest, ':', &col) && str_number(line, &l) && str_number(col, &c);
    if (!placed)
        return at;
    *sentence = str_trim(rest);
    return (struct place){file, (int)l, (int)c};
}

static void found(struct trial *t, struct place at, str where, err e) {
    str sentence = e.what;
    struct place place = place_of(&sentence, at);
    if (!str_is(place.file, at.file)) /* as render names it */
        place.file = JOIN(t->scratch, S("theme/"), place.file);
    str line = JOIN(t->scratch, place.file, S(" "), str_int(t->scratch, place.line), sentence);
    if (tree_find(t->said, line) || t->said->count >= SAID_MAX)
        return;
    tree_put_bool(t->mem, t->said, str_copy(t->mem, line), true);
    report_add(t->report, REPORT_MISTAKE, place, JOIN(t->scratch, where, S(": "), sentence));
}

static bool fails(struct trial *t, struct place at, str where, err e) {
    if (e.code != ERR_NONE)
        found(t, at, where, e);
    return e.code != ERR_NONE;
}

/* ---- pages ---- */

static void page_try(struct trial *t, str path) {
    struct site_file file;
    struct place whole = {.file = S("theme")};
    err e = site_render(t->scratch, &t->house->site, path, &file);
    (void)fails(t, whole, JOIN(t->scratch, S("the page "), path), e);
    arena_reset(t->scratch);
}

static void view_try(struct trial *t, str name, const struct tree *view) {
    str body = {0};
    struct place whole = {.file = S("theme")};
    (void)fails(t, whole, JOIN(t->scratch, S("the page "), name),
        render(t->scratch, t->house->site.theme, name, view, &body));
}

static void order_look_try(struct trial *t, const struct order *o, const struct order_look *look) {
    view_try(t, S("order.html"), view_order(t->scratch, &t->shop, t->house->site.theme, o, look));
}

static void order_page_try(struct trial *t, const struct order *o) {
    order_look_try(t, o, &(struct order_look){.again = S("/o/x/y")});
}

/* Looked at often, after a button was pressed, after a mistake. */
static void looks_try(struct trial *t, const struct order *o) {
    order_look_try(t, o, &(struct order_look){.again = S("/o/x/y?n=999"), .said = S("said_often")});
    order_look_try(t, o,
        &(struct order_look){.again = S("/o/x/y"), .email = S("x"), .wrong = S("A sentence.")});
}

/* Unpaid for too long, and the money given back. */
static void ends_try(struct trial *t, const struct order *o) {
    struct order end = *o;
    end.paid_at = end.fulfilled_at = 0;
    end.expired_at = noon(NULL);
    order_page_try(t, &end);
    end.expired_at = 0;
    looks_try(t, &end);
    end = *o;
    end.marks |= MARK_REFUNDED;
    order_page_try(t, &end);
}

/* ---- an order ---- */

static struct tree *fields_of(struct trial *t, const struct product *p, bool company) {
    static const struct {
        str name, text;
    } person[] = {{S_INIT("email"), S_INIT("anna@example.com")},
        {S_INIT("name"), S_INIT("Anna Nowak")}, {S_INIT("country"), S_INIT("PL")}},
      firm[] = {{S_INIT("as_company"), S_INIT("on")}, {S_INIT("company"), S_INIT("Nowak")},
          {S_INIT("tax_id"), S_INIT("5260001246")}, {S_INIT("street"), S_INIT("Prosta 1")},
          {S_INIT("postcode"), S_INIT("00-001")}, {S_INIT("city"), S_INIT("Warszawa")}};
    struct tree *fields = tree_map(t->scratch);
    tree_put_text(t->scratch, fields, S("product"), p->id);
    tree_put_text(t->scratch, fields, S("lang"), t->lang);
    for (size_t i = 0; i < COUNT(person); i++)
        tree_put_text(t->scratch, fields, person[i].name, person[i].text);
    for (size_t i = 0; company && i < COUNT(firm); i++)
        tree_put_text(t->scratch, fields, firm[i].name, firm[i].text);
    for (size_t i = 0; i < t->shop.consent_count; i++)
        tree_put_text(
            t->scratch, fields, JOIN(t->scratch, S("consent_"), t->shop.consents[i].id), S("on"));
    return fields;
}

/* The form as it comes back: with what was typed, and a mistake at each field. */
static void form_try(struct trial *t, const struct product *p) {
    static const str more[] = {S_INIT("code"), S_INIT("amount"), S_INIT("price"), S_INIT("street"),
        S_INIT("postcode"), S_INIT("city"), S_INIT("company"), S_INIT("tax_id"),
        S_INIT("utm_source"), S_INIT("key")};
    const struct theme *theme = t->house->site.theme;
    struct tree *fields = fields_of(t, p, true), *wrong = tree_map(t->scratch);
    for (size_t i = 0; i < COUNT(more); i++)
        if (!tree_find(fields, more[i]))
            tree_put_text(t->scratch, fields, more[i], S("x"));
    for (const struct tree *f = fields->first; f; f = f->next)
        tree_put_text(t->scratch, wrong, f->name, S("A sentence."));
    view_try(t, S("buy.html"), view_buy(t->scratch, &t->shop, theme, p, fields, wrong));
    view_try(t, S("buy.html"), view_buy(t->scratch, &t->shop, theme, p, fields, NULL));
}

static err place(struct trial *t, const struct product *p, bool company, struct order **out) {
    struct arena *mem = t->scratch;
    struct order_wish wish = {.fields = fields_of(t, p, company), .lang = t->lang};
    struct tree *wrong = NULL;
    err e = order_place(mem, &t->shop, &wish, noon(NULL), 7, &wrong, out);
    if (e.code == ERR_INVALID && wrong)
        return err_make(e.code, JOIN(mem, wrong->first->name, S(": "), tree_str(wrong->first)));
    TRY(e);
    struct order *o = *out;
    const struct shop_gateway *g = shop_gateway(&t->shop, o->gateway);
    const struct gateway *code = g ? gateway_find(g->use) : NULL;
    struct account a;
    if (!code)
        return err_make(ERR_SETUP, S("its gateway is not in shop.yml"));
    TRY(account_new(mem, &t->shop, g, o, &a));
    o->reference = order_reference(mem, t->shop.secret, o->id);
    return code->link(mem, &a, o, &o->link);
}

static bool pay(struct trial *t, struct order *o) {
    struct note n = {.gateway = o->gateway,
        .event = S("trial"),
        .transaction = S("trial"),
        .reference = o->reference,
        .what = EVENT_PAID,
        .asked = o->total,
        .amount = o->total,
        .test = !t->shop.live,
        .at = noon(NULL)};
    bool paid = false;
    order_hear(t->scratch, o, &n, &paid);
    if (paid)
        plan_steps(t->scratch, &t->shop, o, noon(NULL));
    return paid;
}

/* ---- its steps ---- */

/* Where the owner can mend it: the step in shop.yml, or the letter's template. */
static struct place step_place(const struct trial *t, const struct step *s) {
    const struct shop_step *own = shop_step(&t->shop, s->id);
    str name = str_part(s->id, 0, str_find_byte(s->id, '.'));
    str lang = plan_is_owners(s->id) ? t->shop.lang : t->lang;
    if (own)
        return own->at;
    return (struct place){
        .file = JOIN(t->scratch, S("theme/mail/"), name, S("."), lang, S(".txt"))};
}

static err step_render(struct trial *t, const struct order *o, struct step *s) {
    struct talk_request request;
    struct call call;
    TRY(call_new(t->scratch, &t->work, o, s, &call));
    TRY(call_letter(t->scratch, &t->work, o, s, &call));
    TRY(call.connector->render(t->scratch, &call.step, &request));
    if (call.class == STEP_ASKABLE)
        TRY(call.connector->ask(t->scratch, &call.step, &request));
    return OK_ERR;
}

/* As if the partner had given every value it is asked for. */
static void step_answer(struct trial *t, struct step *s) {
    const struct connector *c = connector_find(s->does);
    const struct tree *with = connector_settings(t->scratch, &t->shop, s->does, s->with);
    const struct tree *names = c ? c->values(t->scratch, with) : NULL;
    struct tree *values = tree_map(t->scratch);
    for (const struct tree *n = names ? names->first : NULL; n; n = n->next)
        tree_put_text(t->scratch, values, tree_str(n), S("https://example.com/trial"));
    s->values = values;
    s->state = STEP_DONE;
}

static void steps_try(struct trial *t, const struct product *p, struct order *o) {
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < o->step_count; i++) {
            struct step *s = &o->steps[i];
            if (s->state != STEP_READY)
                continue;
            str where = JOIN(t->scratch, S("product `"), p->id, S("`, step `"), s->id, S("`"));
            (void)fails(t, step_place(t, s), where, step_render(t, o, s));
            step_answer(t, s);
            more = true;
        }
        step_wake(o->steps, o->step_count, noon(NULL));
    }
}

/* As if everything that the owner is told of had come to pass. */
static void alarms_raise(struct trial *t, struct order *o) {
    for (size_t i = 0; i < o->step_count; i++)
        if (str_is(o->steps[i].id, S("late")))
            o->steps[i].state = STEP_SENDING;
    o->steps[0].state = STEP_UNKNOWN;
    o->steps[0].error = S("made up");
    o->marks |= MARK_SURPLUS | MARK_SHORT | MARK_WRONG | MARK_DISPUTED;
    plan_alarms(t->scratch, &t->shop, o, noon(NULL));
}

/* The letters to the owner. */
static void alarm_try(struct trial *t, const struct product *p, struct order *o) {
    if (!o->step_count)
        return;
    alarms_raise(t, o);
    o->steps[0].state = STEP_POISON;
    plan_alarms(t->scratch, &t->shop, o, noon(NULL));
    order_settle(o, noon(NULL));
    steps_try(t, p, o);
    order_page_try(t, o);
}

/* ---- what is not of one step: all orders of an address, a lesson, the test gateway ---- */

static err links_render(struct trial *t, const struct order *o, struct step *mail,
    const struct view_orders *all, str file) {
    struct talk_request request;
    struct call call;
    struct tree *view = view_links(t->scratch, &t->shop, all);
    tree_put_text(t->scratch, view, S("belongings"), S("https://example.com/trial"));
    TRY(call_new(t->scratch, &t->work, o, mail, &call));
    TRY(render(t->scratch, t->work.theme, file, view, &call.step.letter));
    TRY(render(t->scratch, t->work.theme, S("mail/letter.html"),
        view_letter_html(t->scratch, all->lang, call.step.letter), &call.step.html));
    call.step.to = o->buyer.email;
    return call.connector->render(t->scratch, &call.step, &request);
}

static void links_try(struct trial *t, const struct order *o, const struct view_orders *all) {
    str file = JOIN(t->scratch, S("mail/links."), all->lang, S(".txt"));
    struct place at = {.file = JOIN(t->scratch, S("theme/"), file)};
    for (size_t i = 0; i < o->step_count; i++)
        if (str_is(o->steps[i].id, S("access"))) {
            err e = links_render(t, o, &o->steps[i], all, file);
            (void)fails(t, at, S("the letter `links`"), e);
        }
}

/* The one before, the one that is read, the one behind; with a file. */
static void lesson_try(struct trial *t, struct lesson l) {
    struct arena *mem = t->scratch;
    struct tree *lessons = tree_list(mem), *files = tree_list(mem);
    for (int i = 0; i < 3; i++) {
        struct tree *one = tree_add(lessons, tree_map(mem));
        tree_put_text(mem, one, S("title"), S("A lesson"));
        tree_put_text(mem, one, S("path"), S("/a/x/y/"));
        tree_put_bool(mem, one, S("here"), i == 1);
    }
    struct tree *file = tree_add(files, tree_map(mem));
    tree_put_text(mem, file, S("name"), S("file.pdf"));
    tree_put_text(mem, file, S("path"), S("/a/x/files/file.pdf"));
    l.lessons = lessons;
    l.files = files;
    view_try(t, S("lesson.html"), view_lesson(mem, &t->shop, t->house->site.theme, &l));
}

static void rest_try(struct trial *t, const struct product *p, const struct order *o) {
    const struct theme *theme = t->house->site.theme;
    struct tree *pages = tree_list(t->scratch);
    tree_add(pages, tree_text(t->scratch, S("https://example.com/trial")));
    const struct view_orders all = {&o, 1, pages, t->lang};
    view_try(t, S("belongings.html"), view_belongings(t->scratch, &t->shop, theme, &all));
    links_try(t, o, &all);
    const struct lesson l = {.order = o, .product = p, .markdown = S("Text."), .base = S("/a/x/")};
    view_try(t, S("lesson.html"), view_lesson(t->scratch, &t->shop, theme, &l));
    lesson_try(t, l);
    view_try(t, S("pay.html"),
        view_test_payment(t->scratch, &t->shop, theme, p->name, o->total, S("/pay/x")));
}

static void product_try(struct trial *t, const struct product *p, bool company) {
    struct order *o = NULL;
    str where = JOIN(t->scratch, S("product `"), p->id, S("` cannot be bought"));
    if (company)
        form_try(t, p);
    if (fails(t, p->at, where, place(t, p, company, &o)))
        return;
    order_page_try(t, o);
    if (!pay(t, o)) {
        found(t, p->at, where, err_make(ERR_FAILED, S("its payment is not taken as one")));
        return;
    }
    order_page_try(t, o);
    steps_try(t, p, o);
    order_settle(o, noon(NULL));
    order_page_try(t, o);
    if (t->rest_for < COUNT(langs) && str_is(langs[t->rest_for], t->lang)) {
        rest_try(t, p, o);
        looks_try(t, o);
        ends_try(t, o);
        t->rest_for++;
    }
    alarm_try(t, p, o);
}

/* The first product is bought by a person and a company in every language, the others by a person
 * in one language and a company in another. */
static void buyers_try(struct trial *t, const struct product *p) {
    bool first = t->rest_for < COUNT(langs);
    for (size_t i = 0; i < 2 * COUNT(langs) && !p->draft; i++) {
        if (!first && i / 2 != i % 2)
            continue;
        t->lang = langs[i / 2];
        product_try(t, p, i % 2);
        arena_reset(t->scratch);
    }
}

/* ---- the whole ---- */

/* Steps and gateways need their secrets; which they are is not looked at here. */
static const struct tree *secrets_all(struct arena *mem, const struct tree *secrets) {
    struct tree *all = tree_map(mem);
    for (const struct tree *s = secrets ? secrets->first : NULL; s; s = s->next)
        tree_put_text(mem, all, s->name, tree_str(s).len ? tree_str(s) : S("made-up"));
    return all;
}

/* The site with these products only. */
static void pages_try(struct trial *t, const struct product *products, size_t count) {
    struct arena *list = arena_new(LIMIT_COMMAND_ARENA);
    struct shop part = *t->house->shop;
    struct site some = t->house->site;
    part.products = arena_array(list, count + 1, sizeof(*part.products));
    memcpy(part.products, products, count * sizeof(*products));
    part.product_count = count;
    some.shop = &part;
    for (const struct tree *path = site_paths(list, &some)->first; path; path = path->next)
        page_try(t, tree_str(path));
    arena_free(list);
}

static void other_pages_try(struct trial *t) {
    const struct theme *theme = t->house->site.theme;
    view_try(t, S("message.html"),
        view_message(t->scratch, &t->shop, theme, S("Title"), S("A sentence.")));
    view_try(
        t, S("message.html"), view_message(t->scratch, &t->shop, theme, S(""), S("A sentence.")));
    view_try(t, S("find.html"), view_find(t->scratch, &t->shop, theme, S("x"), S("A sentence.")));
    arena_reset(t->scratch);
}

/* The letters to the owner about what belongs to no order. */
static void matter_try(struct trial *t, str row) {
    struct matter m = {0};
    struct call call;
    struct talk_request request;
    err e = matter_read(t->scratch, row, &m);
    if (e.code == ERR_NONE)
        e = call_matter(t->scratch, &t->work, &m, &call);
    if (e.code == ERR_NONE)
        e = call.connector->render(t->scratch, &call.step, &request);
    struct place at = {
        .file = JOIN(t->scratch, S("theme/mail/"), m.letter, S("."), t->shop.lang, S(".txt"))};
    (void)fails(t, at, JOIN(t->scratch, S("the letter "), m.letter), e);
}

static void matters_try(struct trial *t) {
    struct note n = {.gateway = S("trial"),
        .event = S("trial"),
        .transaction = S("trial"),
        .amount = money_of(100, t->shop.currency),
        .at = noon(NULL)};
    struct tree *found = tree_list(t->scratch), *one = tree_add(found, tree_map(t->scratch));
    static const str said[] = {S_INIT("check"), S_INIT("says"), S_INIT("mend")};
    for (size_t i = 0; i < COUNT(said); i++)
        tree_put_text(t->scratch, one, said[i], S("trial"));
    const struct silence silence = {
        .gateway = S("trial"), .key = S("trial"), .since = noon(NULL), .orders = 7};
    if (t->shop.seller.email.len) {
        matter_try(t, matter_stray(t->scratch, &t->shop, &n, S("trial/trial")));
        matter_try(t, matter_doctor(t->scratch, &t->shop, found, S("trial")));
        matter_try(t, matter_silence(t->scratch, &t->shop, &silence));
    }
    arena_reset(t->scratch);
}

static void try_products(struct arena *mem, const struct house_shop *house,
    const struct product *products, size_t count, struct report *report) {
    static const char zeros[32] = {0};
    struct doors doors = {.now = noon};
    struct trial t = {.mem = mem,
        .scratch = arena_new(LIMIT_JOB_ARENA),
        .shop = *house->shop,
        .house = house,
        .report = report,
        .said = tree_map(mem)};
    t.shop.secret = hash_key(mem, (str){zeros, sizeof(zeros)});
    t.shop.secrets = secrets_all(mem, house->shop->secrets);
    t.work = (struct work){.doors = &doors, .shop = &t.shop, .theme = house->site.theme};
    pages_try(&t, products, count);
    other_pages_try(&t);
    matters_try(&t);
    for (size_t i = 0; i < count; i++)
        buyers_try(&t, &products[i]);
    report_sort(report);
    arena_free(t.scratch);
}

void trial(struct arena *mem, const struct house_shop *house, struct report *report) {
    try_products(mem, house, house->shop->products, house->shop->product_count, report);
}

void trial_edited(struct arena *mem, const struct house_shop *house, const struct shop *before,
    struct report *report) {
    const struct shop *shop = house->shop;
    struct product some[EDITED_MAX];
    size_t count = 0;
    for (int known = 0; known < 2; known++)
        for (size_t i = 0; i < shop->product_count && count < EDITED_MAX; i++) {
            const struct product *was = shop_product(before, shop->products[i].id);
            if (known == (was && tree_is_same(was->source, shop->products[i].source)))
                some[count++] = shop->products[i];
        }
    try_products(mem, house, some, count, report);
}
