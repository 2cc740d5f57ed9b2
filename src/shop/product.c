#include "shop/product.h"

#include "base/hash.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/table.h"
#include "shop/reader.h"

/* clang-format off */
static const str known[] = {
    S_INIT("id"), S_INIT("name"), S_INIT("price"), S_INIT("tax"), S_INIT("summary"),
    S_INIT("description"), S_INIT("image"), S_INIT("files"), S_INIT("steps"), S_INIT("data"),
    S_INIT("draft"),
};
/* Keys that Jekyll's own pages use: never a slip of the pen for one of ours, however near. */
static const str jekyll[] = {
    S_INIT("date"), S_INIT("dates"), S_INIT("title"), S_INIT("tag"), S_INIT("tags"), S_INIT("lang"),
    S_INIT("path"), S_INIT("file"), S_INIT("page"), S_INIT("slug"), S_INIT("names"),
        S_INIT("images"),
    S_INIT("sort"), S_INIT("link"), S_INIT("size"), S_INIT("type"), S_INIT("prices"),
};
/* clang-format on */

static bool is_among(str name, const str *names, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (str_is(names[i], name))
            return true;
    return false;
}

/* ---- keys that are the owner's ---- */

static void extra_note(struct reader *r, const struct tree *t, struct tree *noted) {
    struct place at = {r->file, t->name_line, t->name_col};
    str near = table_near(t->name, known, COUNT(known));
    if (near.len && !is_among(t->name, jekyll, COUNT(jekyll))) {
        report_add(r->report, REPORT_MISTAKE, at,
            JOIN(r->mem, S("`"), t->name, S("` is not known here, did you mean `"), near, S("`?")));
        return;
    }
    if (tree_find(noted, t->name) || str_is(t->name, S("<<"))) /* a merge: a mistake already */
        return; /* said once: a catalogue of thousands would say nothing else */
    tree_put_bool(r->mem, noted, t->name, true);
    report_add(r->report, REPORT_NOTE, at,
        JOIN(
            r->mem, S("`"), t->name, S("` is yours: pages have it as {{extra."), t->name, S("}}")));
}

static const struct tree *extra_read(struct reader *r, const struct tree *t, struct tree *noted) {
    struct tree *extra = NULL;
    for (const struct tree *c = t->first; c; c = c->next) {
        if (is_among(c->name, known, COUNT(known)))
            continue;
        extra_note(r, c, noted);
        if (!extra)
            extra = tree_map(r->mem);
        tree_put(extra, c->name, tree_copy(r->mem, c));
    }
    return extra;
}

/* ---- price and tax ---- */

static void price_read(struct reader *r, const struct tree *t, struct product *p) {
    const struct tree *price = tree_find(t, S("price"));
    str text = reader_text(r, t, S("price"), true);
    p->price = money_of(0, r->shop->currency);
    if (!text.len)
        return;
    err e = money_read(text, r->shop->currency, &p->price);
    if (e.code != ERR_NONE) {
        reader_mistake(r, price, JOIN(r->mem, S("price `"), text, S("`: "), e.what));
        return;
    }
    if (p->price.minor == 0)
        reader_mistake(r, price, S("a price of nothing cannot be paid"));
    if (price->kind == TREE_NUMBER)
        reader_advice(r, price,
            JOIN(r->mem, S("write `"), money_write(r->mem, p->price),
                S("`: other readers of this file print a bare number their own way (499.00 as "
                  "499.0)")));
    if (!r->blind && !shop_gateway_for(r->shop, str_of(p->price.currency)))
        reader_mistake(r, price,
            JOIN(r->mem, S("no gateway of shop.yml takes "),
                str_copy(r->mem, str_of(p->price.currency))));
}

static void tax_read(struct reader *r, const struct tree *t, struct product *p) {
    const struct tree *tax = tree_find(t, S("tax"));
    money amount;
    p->tax = reader_text(r, t, S("tax"), false);
    if (!p->tax.len) {
        reader_mistake(r, tax ? tax : t,
            S("`tax` is missing: the rate inside the price, like \"23\", \"5\" or \"zw\""));
        p->tax = S("0");
        return;
    }
    err e = money_tax(p->price, p->tax, &amount);
    if (e.code == ERR_NONE)
        return;
    reader_mistake(r, tax, JOIN(r->mem, S("tax `"), p->tax, S("`: "), e.what));
    p->tax = S("0");
}

/* ---- the rest ---- */

static bool file_name_is(str name) {
    if (!name.len || name.len > 255 || name.ptr[0] == '/' || name.ptr[0] == '.')
        return false;
    for (size_t i = 0; i < name.len; i++)
        if ((unsigned char)name.ptr[i] < 0x20 || name.ptr[i] == '\\')
            return false;
    return str_find(name, S("/.")) == name.len && str_find(name, S("//")) == name.len;
}

static void files_read(struct reader *r, const struct tree *t, struct product *p) {
    p->files = reader_texts(r, t, S("files"));
    for (const struct tree *f = p->files ? p->files->first : NULL; f; f = f->next)
        if (!file_name_is(tree_str(f)))
            reader_mistake(r, f,
                JOIN(r->mem, S("`"), tree_str(f), S("` must name a file below academy/"), p->id,
                    S("/")));
}

static void steps_named(struct reader *r, const struct tree *t, struct product *p) {
    const struct shop *shop = r->shop;
    str *ids = arena_array(r->mem, shop->step_count + 1, sizeof(*ids));
    for (size_t i = 0; i < shop->step_count; i++)
        ids[i] = shop->steps[i].id;
    p->steps = reader_texts(r, t, S("steps"));
    for (const struct tree *s = p->steps ? p->steps->first : NULL; s; s = s->next)
        if (!r->blind && !is_among(tree_str(s), ids, shop->step_count))
            reader_mistake(r, s,
                JOIN(r->mem, S("shop.yml has no step `"), tree_str(s), S("`"),
                    table_guess(r->mem, tree_str(s), ids, shop->step_count)));
}

static void image_read(struct reader *r, const struct tree *t, struct product *p) {
    p->image = reader_text(r, t, S("image"), false);
    bool rooted = str_starts(p->image, S("/")) && !str_starts(p->image, S("//"));
    if (p->image.len && !rooted && !str_starts(p->image, S("https://"))
        && !str_starts(p->image, S("http://")))
        reader_mistake(r, tree_find(t, S("image")),
            S("`image` begins with / or https://, like /images/moa.jpg"));
}

/* What was offered, in one text that an order can name by its hash for ever. */
static void text_keep(struct reader *r, struct product *p) {
    struct tree *t = tree_map(r->mem);
    tree_put_text(r->mem, t, S("id"), p->id);
    tree_put_text(r->mem, t, S("name"), p->name);
    tree_put_text(r->mem, t, S("price"), money_write(r->mem, p->price));
    tree_put_text(r->mem, t, S("tax"), p->tax);
    tree_put_text(r->mem, t, S("summary"), p->summary);
    tree_put_text(r->mem, t, S("description"), p->description);
    tree_put(t, S("files"), p->files ? tree_copy(r->mem, p->files) : tree_list(r->mem));
    p->text = json_write(r->mem, t);
    p->hash = hash_sha256_hex(r->mem, p->text);
    if (p->text.len > LIMIT_ROW)
        report_add(r->report, REPORT_MISTAKE, p->at,
            JOIN(r->mem, S("product `"), p->id,
                S("` says too much: name, summary and description together are 60 KiB at most; put "
                  "the rest on a page of its own")));
}

static void product_read(
    struct reader *r, const struct tree *t, struct product *p, struct tree *noted) {
    *p = (struct product){.at = reader_place(r, t),
        .source = t,
        .id = reader_text(r, t, S("id"), true),
        .name = reader_line(r, t, S("name"), 200),
        .summary = reader_text(r, t, S("summary"), false),
        .description = reader_text(r, t, S("description"), false),
        .data = reader_kind(r, t, S("data"), TREE_MAP),
        .draft = reader_yes(r, t, S("draft"), false)};
    if (p->id.len && !id_is(p->id))
        reader_mistake(r, tree_find(t, S("id")),
            JOIN(r->mem, S("`"), p->id,
                S("` cannot be an id: it is an address, so small letters a-z, digits and dashes")));
    price_read(r, t, p);
    tax_read(r, t, p);
    image_read(r, t, p);
    files_read(r, t, p);
    steps_named(r, t, p);
    p->extra = extra_read(r, t, noted);
    text_keep(r, p);
}

/* ---- the index: open addressing, at most half full; 0 is empty, else place in the catalogue +
 * 1 ---- */

struct index {
    size_t mask;
    uint32_t *slots;
};

static size_t slot_of(const struct index *x, str id) {
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
    for (size_t i = 0; i < id.len; i++)
        hash = (hash ^ (unsigned char)id.ptr[i]) * UINT64_C(1099511628211);
    return (size_t)(hash ^ (hash >> 32)) & x->mask;
}

static const struct product *index_find(const struct shop *shop, str id, size_t *slot) {
    const struct index *x = shop->index;
    for (*slot = slot_of(x, id); x->slots[*slot]; *slot = (*slot + 1) & x->mask) {
        const struct product *p = &shop->products[x->slots[*slot] - 1];
        if (str_is(p->id, id))
            return p;
    }
    return NULL;
}

const struct product *shop_product(const struct shop *shop, str id) {
    size_t slot = 0;
    return shop->index && id.len ? index_find(shop, id, &slot) : NULL;
}

static void index_make(struct reader *r, const struct tree *products) {
    struct shop *shop = r->shop;
    struct index *x = NEW(r->mem, struct index);
    size_t size = 16;
    while (size < 2 * shop->product_count + 2)
        size *= 2;
    *x = (struct index){size - 1, arena_array(r->mem, size, sizeof(*x->slots))};
    shop->index = x;
    for (size_t i = 0; i < shop->product_count; i++) {
        const struct product *p = &shop->products[i];
        size_t slot = 0;
        const struct product *before = index_find(shop, p->id, &slot);
        if (before && p->id.len)
            report_add(r->report, REPORT_MISTAKE, p->at,
                JOIN(r->mem, S("there are two products `"), p->id,
                    S("`: the other one is in line "), str_int(r->mem, before->at.line)));
        else if (p->id.len)
            x->slots[slot] = (uint32_t)i + 1;
    }
}

void products_read(struct reader *r, const struct tree *products) {
    struct shop *shop = r->shop;
    struct tree *noted = tree_map(r->mem);
    bool list = tree_is(products, TREE_LIST);
    if (!products || products->kind == TREE_NONE)
        reader_mistake(r, NULL,
            S("there are no products: this file is a list, each with id, name, price, tax"));
    else if (!list)
        reader_mistake(r, products, S("this file is a list of products: `- id: …`"));
    if (list && products->count > LIMIT_PRODUCTS) {
        reader_mistake(r, products, S("these are more than 200,000 products"));
        list = false;
    }
    shop->products = arena_array(r->mem, list ? products->count : 0, sizeof(*shop->products));
    for (const struct tree *t = list ? products->first : NULL; t; t = t->next) {
        if (tree_is(t, TREE_MAP))
            product_read(r, t, &shop->products[shop->product_count++], noted);
        else
            reader_mistake(r, t, S("a product is a map: `- id: …` and below it name, price, tax"));
    }
    index_make(r, products);
}
