#include "base/fill.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/table.h"
#include "shop/reader.h"

/* ---- what holes may name (plan_view gives all of it) ---- */

/* clang-format off */
static const str order_keys[] = {
    S_INIT("id"), S_INIT("mode"), S_INIT("reference"), S_INIT("gateway"), S_INIT("transaction"),
    S_INIT("total"), S_INIT("total_minor"), S_INIT("currency"), S_INIT("placed_at"),
        S_INIT("paid_at"),
};
static const str line_keys[] = {
    S_INIT("number"), S_INIT("product"), S_INIT("name"), S_INIT("quantity"), S_INIT("tax"),
        S_INIT("net"),
    S_INIT("tax_amount"), S_INIT("gross"), S_INIT("gross_minor"),
};
static const str product_keys[] = {
    S_INIT("id"), S_INIT("name"), S_INIT("price"), S_INIT("currency"), S_INIT("tax"),
        S_INIT("summary"),
};
static const str buyer_keys[] = {S_INIT("email"), S_INIT("name"), S_INIT("country"),
    S_INIT("lang")};
static const str company_keys[] = {
    S_INIT("name"), S_INIT("tax_id"), S_INIT("street"), S_INIT("postcode"), S_INIT("city"),
};
static const str shop_keys[] = {
    S_INIT("name"), S_INIT("url"), S_INIT("api"), S_INIT("lang"), S_INIT("currency"),
};
static const str step_keys[] = {S_INIT("id"), S_INIT("key")};

static const struct hole_root roots[] = {
    {S_INIT("order"),   order_keys,   COUNT(order_keys)},
    {S_INIT("line"),    line_keys,    COUNT(line_keys)},
    {S_INIT("product"), product_keys, COUNT(product_keys)},
    {S_INIT("buyer"),   buyer_keys,   COUNT(buyer_keys)},
    {S_INIT("company"), company_keys, COUNT(company_keys)},
    {S_INIT("shop"),    shop_keys,    COUNT(shop_keys)},
    {S_INIT("step"),    step_keys,    COUNT(step_keys)},
};
/* The shop's own letters: no step of shop.yml may take their names. */
static const str own[] = {S_INIT("access"), S_INIT("late"), S_INIT("sold"), S_INIT("needs-you"),
    S_INIT("money"), S_INIT("undelivered"), S_INIT("links"), S_INIT("stray"), S_INIT("silence"),
    S_INIT("doctor")};
/* clang-format on */

const struct hole_root *hole_roots(size_t *count) {
    *count = COUNT(roots);
    return roots;
}

static const struct hole_root *root_find(str name) {
    for (size_t i = 0; i < COUNT(roots); i++)
        if (str_is(roots[i].name, name))
            return &roots[i];
    return NULL;
}

/* ---- connectors ---- */

/* "kit" of "kit.purchase", or the whole name. */
static bool connector_is(const struct shop_partners *p, str use) {
    for (size_t i = 0; i < p->connector_count; i++) {
        str name = p->connectors[i];
        if (str_is(str_part(name, 0, str_find_byte(name, '.')), use) || str_is(name, use))
            return true;
    }
    return false;
}

static void connector_read(struct reader *r, const struct tree *t) {
    const struct shop_partners *p = r->partners;
    r->shop->connectors[r->shop->connector_count++] =
        (struct shop_connector){.name = t->name, .settings = t, .at = reader_place(r, t)};
    if (!name_is(t->name))
        reader_mistake(r, t,
            JOIN(r->mem, S("`"), t->name,
                S("` cannot name a connector: small letters, digits, dashes and underscores")));
    if (!tree_is(t, TREE_MAP)) {
        reader_mistake(r, t, S("a connector is a map: {use: http, base: \"https://…\", …}"));
        return;
    }
    str use = reader_text(r, t, S("use"), false);
    if (!connector_is(p, use.len ? use : t->name))
        reader_mistake(r, use.len ? tree_find(t, S("use")) : t,
            JOIN(r->mem, S("there is no connector `"), use.len ? use : t->name, S("`"),
                table_guess(r->mem, use.len ? use : t->name, p->connectors, p->connector_count)));
}

void connectors_read(struct reader *r, const struct tree *settings) {
    const struct tree *t = reader_kind(r, settings, S("connectors"), TREE_MAP);
    r->shop->connectors = arena_array(r->mem, t ? t->count : 0, sizeof(*r->shop->connectors));
    for (const struct tree *c = t ? t->first : NULL; c; c = c->next)
        connector_read(r, c);
}

/* ---- one step ---- */

/* "academy.invite" itself, or "kit.http": settings of connectors.kit, spoken as http. */
static bool does_is(const struct reader *r, str does) {
    const struct shop_partners *p = r->partners;
    size_t dot = str_find_byte(does, '.');
    const struct shop_connector *c = shop_connector(r->shop, str_part(does, 0, dot));
    str verb = str_from(does, dot + 1);
    for (size_t i = 0; i < p->connector_count; i++)
        if (str_is(p->connectors[i], does) || (c && verb.len && str_is(p->connectors[i], verb)))
            return true;
    return false;
}

static void do_check(const struct reader *r, const struct tree *t, str does) {
    const struct shop_partners *p = r->partners;
    str owner = str_part(does, 0, str_find_byte(does, '.'));
    if (!does.len || does_is(r, does))
        return;
    str guess = table_guess(r->mem, does, p->connectors, p->connector_count);
    bool dotted = owner.len < does.len && !shop_connector(r->shop, owner) && !guess.len;
    str *names = arena_array(r->mem, r->shop->connector_count + 1, sizeof(*names));
    for (size_t i = 0; i < r->shop->connector_count; i++)
        names[i] = r->shop->connectors[i].name;
    if (dotted)
        guess = JOIN(r->mem, S(": there is no `"), owner, S("` in connectors"),
            table_guess(r->mem, owner, names, r->shop->connector_count));
    reader_mistake(
        r, tree_find(t, S("do")), JOIN(r->mem, S("nothing here can do `"), does, S("`"), guess));
}

static void id_check(const struct reader *r, const struct tree *t, str id) {
    const struct tree *at = tree_find(t, S("id"));
    bool taken = root_find(id) != NULL, letter = false;
    for (size_t i = 0; i < COUNT(own); i++)
        letter |= str_is(own[i], id);
    if (id.len && !name_is(id))
        reader_mistake(r, at,
            JOIN(r->mem, S("`"), id,
                S("` cannot be the id of a step: small letters, digits, dashes and underscores")));
    else if (taken)
        reader_mistake(
            r, at, JOIN(r->mem, S("`"), id, S("` is a word of this program: choose another id")));
    else if (letter)
        reader_mistake(r, at,
            JOIN(r->mem, S("`"), id,
                S("` is the name of a letter that the shop writes by itself: choose another id")));
    else if (shop_step(r->shop, id))
        reader_mistake(r, at, JOIN(r->mem, S("there are two steps `"), id, S("`")));
}

static void step_add(struct reader *r, const struct tree *t) {
    static const str keys[] = {S_INIT("id"), S_INIT("do"), S_INIT("with"), S_INIT("needs")};
    if (!tree_is(t, TREE_MAP)) {
        reader_mistake(r, t, S("a step is a map: {id: invitation, do: academy.invite}"));
        return;
    }
    reader_keys(r, t, keys, COUNT(keys));
    struct shop_step s = {.id = reader_text(r, t, S("id"), true),
        .does = reader_text(r, t, S("do"), true),
        .with = reader_kind(r, t, S("with"), TREE_MAP),
        .needs = reader_texts(r, t, S("needs")),
        .at = reader_place(r, t)};
    id_check(r, t, s.id);
    do_check(r, t, s.does);
    if (r->partners->values)
        s.gives = r->partners->values(r->mem, s.does, s.with);
    if (s.id.len)
        r->shop->steps[r->shop->step_count++] = s;
}

/* ---- holes ---- */

struct hole_place {
    struct reader *r;
    struct shop_step *step;
    struct place at;
    str name;      /* the whole, "invitation.link" */
    str root, key; /* "invitation", "link" */
};

static const str *step_ids(const struct reader *r, size_t *count) {
    const struct shop *shop = r->shop;
    str *ids = arena_array(r->mem, shop->step_count + COUNT(roots), sizeof(*ids));
    for (*count = 0; *count < shop->step_count; (*count)++)
        ids[*count] = shop->steps[*count].id;
    for (size_t i = 0; i < COUNT(roots); i++)
        ids[(*count)++] = roots[i].name;
    return ids;
}

static const str *texts_of(struct arena *mem, const struct tree *list) {
    str *out = arena_array(mem, list->count, sizeof(*out));
    size_t count = 0;
    for (const struct tree *t = list->first; t; t = t->next)
        out[count++] = tree_str(t);
    return out;
}

static void hole_says(const struct hole_place *h, str sentence) {
    report_add(h->r->report, REPORT_MISTAKE, h->at,
        JOIN(h->r->mem, S("{{"), h->name, S("}}: "), sentence));
}

static void hole_of_step(const struct hole_place *h, const struct shop_step *from) {
    struct arena *mem = h->r->mem;
    if (from == h->step)
        hole_says(h, S("a step cannot wait for itself"));
    else if (!h->key.len)
        hole_says(h, JOIN(mem, S("say which value of the step `"), h->root, S("`")));
    else if (from->gives && !tree_has(from->gives, h->key))
        hole_says(h, JOIN(mem, S("the step `"), h->root, S("` gives no `"), h->key, S("`"),
                         table_guess(mem, h->key, texts_of(mem, from->gives), from->gives->count)));
}

static void hole_of_root(const struct hole_place *h, const struct hole_root *root) {
    if (str_is(root->name, S("product")))
        return; /* each product has its own data: steps_check */
    for (size_t i = 0; i < root->count; i++)
        if (str_is(root->keys[i], h->key))
            return;
    hole_says(h, JOIN(h->r->mem, S("`"), root->name, S("` has no `"), h->key, S("`"),
                     table_guess(h->r->mem, h->key, root->keys, root->count)));
}

static void wait_add(struct arena *mem, struct tree *waits, str id) {
    if (!tree_has(waits, id))
        tree_add(waits, tree_text(mem, id));
}

static void hole_check(struct hole_place *h, struct tree *waits) {
    size_t dot = str_find_byte(h->name, '.'), count = 0;
    h->root = str_part(h->name, 0, dot);
    h->key = str_from(h->name, dot + 1);
    const struct shop_step *from = shop_step(h->r->shop, h->root);
    const struct hole_root *root = root_find(h->root);
    if (root) {
        hole_of_root(h, root);
    } else if (from) {
        hole_of_step(h, from);
        wait_add(h->r->mem, waits, h->root);
    } else {
        const str *ids = step_ids(h->r, &count);
        hole_says(h, JOIN(h->r->mem, S("there is no step and nothing else of the name `"), h->root,
                         S("`"), table_guess(h->r->mem, h->root, ids, count)));
    }
}

struct holes {
    struct reader *r;
    struct shop_step *step;
    struct tree *waits;
};

static void text_check(const struct holes *in, str text, struct place at) {
    struct tree one = {.kind = TREE_TEXT, .text = text};
    const struct tree *names = fill_names(in->r->mem, &one);
    for (const struct tree *n = names->first; n; n = n->next) {
        struct hole_place h = {.r = in->r, .step = in->step, .at = at, .name = n->text};
        hole_check(&h, in->waits);
    }
}

/* Every text of `with`, and every name in it, with its place. */
static void holes_check(const struct holes *in, const struct tree *t) {
    text_check(in, t->name, (struct place){in->r->file, t->name_line, t->name_col});
    if (t->kind == TREE_TEXT)
        text_check(in, t->text, reader_place(in->r, t));
    for (const struct tree *c = t->first; c; c = c->next)
        holes_check(in, c);
}

static void needs_check(struct reader *r, struct shop_step *s, struct tree *waits) {
    size_t count = 0;
    for (const struct tree *n = s->needs ? s->needs->first : NULL; n; n = n->next) {
        const struct shop_step *from = shop_step(r->shop, tree_str(n));
        const str *ids = step_ids(r, &count);
        if (!from)
            reader_mistake(r, n,
                JOIN(r->mem, S("there is no step `"), tree_str(n), S("`"),
                    table_guess(r->mem, tree_str(n), ids, r->shop->step_count)));
        else if (from == s)
            reader_mistake(r, n, S("a step cannot wait for itself"));
        else
            wait_add(r->mem, waits, from->id);
    }
}

/* ---- circles ---- */

struct walk {
    struct reader *r;
    enum { NEW_STEP, ON_THE_WAY, SEEN } * marks;
};

static bool circle_find(struct walk *w, size_t at, str path) {
    const struct shop *shop = w->r->shop;
    const struct shop_step *s = &shop->steps[at];
    path = path.len ? JOIN(w->r->mem, path, S(" → "), s->id) : s->id;
    if (w->marks[at] == ON_THE_WAY) {
        report_add(w->r->report, REPORT_MISTAKE, s->at,
            JOIN(w->r->mem, S("these steps wait for each other in a circle: "), path));
        return true;
    }
    if (w->marks[at] == SEEN)
        return false;
    w->marks[at] = ON_THE_WAY;
    bool found = false;
    for (const struct tree *n = s->waits->first; n && !found; n = n->next) {
        const struct shop_step *to = shop_step(shop, n->text);
        found = to && to != s && circle_find(w, (size_t)(to - shop->steps), path);
    }
    w->marks[at] = SEEN;
    return found;
}

static void circles_check(struct reader *r) {
    struct walk w = {r, arena_array(r->mem, r->shop->step_count, sizeof(*w.marks))};
    for (size_t i = 0; i < r->shop->step_count; i++)
        if (circle_find(&w, i, S("")))
            return;
}

/* An order keeps what its steps are owed with. */
static void size_check(struct reader *r, const struct tree *list) {
    size_t size = 0;
    for (size_t i = 0; i < r->shop->step_count; i++)
        if (r->shop->steps[i].with)
            size += json_write(r->mem, r->shop->steps[i].with).len;
    if (size > LIMIT_ROW / 2)
        reader_mistake(r, list,
            S("the settings of all steps together are larger than 30 KiB: put long texts into the "
              "`data` of a product and name them, like {{product.text}}"));
}

enum { STEPS_MAX = 50 }; /* with frozen rows and alarms, an order's change stays within 100 puts */

void steps_read(struct reader *r, const struct tree *settings) {
    const struct tree *list = reader_kind(r, settings, S("steps"), TREE_LIST);
    struct shop *shop = r->shop;
    if (list && list->count > STEPS_MAX) {
        reader_mistake(r, list, S("there are more than 50 steps"));
        list = NULL;
    }
    shop->steps = arena_array(r->mem, list ? list->count : 0, sizeof(*shop->steps));
    for (const struct tree *t = list ? list->first : NULL; t; t = t->next)
        step_add(r, t);
    for (size_t i = 0; i < shop->step_count; i++) {
        struct shop_step *s = &shop->steps[i];
        struct tree *waits = tree_list(r->mem);
        needs_check(r, s, waits);
        struct holes in = {r, s, waits};
        if (s->with)
            holes_check(&in, s->with);
        s->waits = waits;
    }
    circles_check(r);
    size_check(r, list);
}

/* ---- what each product's steps name ---- */

static bool product_has(const struct product *p, str path) {
    for (size_t i = 0; i < COUNT(product_keys); i++)
        if (str_is(product_keys[i], path))
            return true;
    return tree_path(p->data, path) != NULL;
}

static void product_check(struct reader *r, const struct product *p, const struct shop_step *s,
    const struct tree *names) {
    for (const struct tree *n = names->first; n; n = n->next) {
        str root = str_part(n->text, 0, str_find_byte(n->text, '.'));
        str key = str_from(n->text, root.len + 1);
        str sentence = {0};
        const struct tree *value = tree_path(p->data, key);
        if (str_is(root, S("product")) && !product_has(p, key))
            sentence = JOIN(r->mem, S("its `data` has no `"), key, S("`"));
        else if (str_is(root, S("product")) && value && value->kind == TREE_NONE)
            sentence = JOIN(r->mem, S("in its `data` nothing stands behind `"), key, S(":`"));
        else if (shop_step(r->shop, root) && !shop_owes(p, root))
            sentence = JOIN(r->mem, S("its `steps` do not have `"), root, S("`"));
        if (sentence.len)
            report_add(r->report, REPORT_MISTAKE, p->at,
                JOIN(r->mem, S("product `"), p->id, S("`: the step `"), s->id, S("` names {{"),
                    n->text, S("}}, but "), sentence));
    }
}

void steps_check(struct reader *r) {
    const struct shop *shop = r->shop;
    for (size_t k = 0; k < shop->step_count; k++) {
        const struct shop_step *s = &shop->steps[k];
        const struct tree *names = fill_names(r->mem, s->with);
        for (size_t i = 0; i < shop->product_count && names->count; i++)
            if (shop_owes(&shop->products[i], s->id))
                product_check(r, &shop->products[i], s, names);
    }
}
