#include "page/view.h"

#include "page/mark.h"
#include "page/view_facts.h"
#include "shop/words.h"

static bool is_shown(const struct shop *shop, const struct product *p) {
    return !p->draft || !shop->live;
}

/* What a list and the page of a product have in common. */
static struct tree *product_facts(const struct view *v, const struct product *p) {
    struct arena *mem = v->mem;
    str pages = tree_get(tree_find(v->tree, S("to")), S("pages"));
    struct tree *t = tree_map(mem);
    tree_put_text(mem, t, S("id"), p->id);
    tree_put_text(mem, t, S("name"), p->name);
    tree_put_text(mem, t, S("price"), money_show(mem, p->price, v->lang));
    tree_put_text(mem, t, S("amount"), money_amount(mem, p->price));
    tree_put_text(mem, t, S("currency"), str_of(p->price.currency));
    tree_put_text(mem, t, S("rate"), view_tax_rate(mem, p->tax));
    tree_put_text(mem, t, S("summary"), p->summary);
    bool rooted = str_starts(p->image, S("/")) && !str_starts(p->image, S("//"));
    tree_put_text(mem, t, S("image"), rooted ? JOIN(mem, pages, p->image) : p->image);
    tree_put_bool(mem, t, S("draft"), p->draft);
    tree_put_text(mem, t, S("path"), JOIN(mem, pages, S("/p/"), p->id, S("/")));
    tree_put_text(mem, t, S("buy"), JOIN(mem, pages, S("/buy/"), p->id, S("/")));
    return t;
}

static size_t shown(const struct shop *shop) {
    size_t count = 0;
    for (size_t i = 0; i < shop->product_count; i++)
        count += is_shown(shop, &shop->products[i]);
    return count;
}

size_t view_index_pages(const struct shop *shop) {
    size_t count = shown(shop);
    return count ? (count + VIEW_PRODUCTS - 1) / VIEW_PRODUCTS : 1;
}

/* Where its neighbours are; the first page is the shop's own address. */
static void turns(const struct view *v, size_t number) {
    str pages = tree_get(tree_find(v->tree, S("to")), S("pages"));
    str before = JOIN(v->mem, pages, S("/"));
    if (number > 2)
        before = JOIN(v->mem, before, S("page/"), str_int(v->mem, (int64_t)number - 1), S("/"));
    tree_put_text(v->mem, v->tree, S("before"), number > 1 ? before : S(""));
    str after = JOIN(v->mem, pages, S("/page/"), str_int(v->mem, (int64_t)number + 1), S("/"));
    bool more = number < view_index_pages(v->shop);
    tree_put_text(v->mem, v->tree, S("after"), more ? after : S(""));
}

struct tree *view_index(
    struct arena *mem, const struct shop *shop, const struct theme *theme, size_t number) {
    struct view v = view_new(mem, shop, theme, VIEW_STATIC);
    struct tree *products = tree_put(v.tree, S("products"), tree_list(mem));
    size_t at = 0, from = (number - 1) * VIEW_PRODUCTS;
    for (size_t i = 0; i < shop->product_count && at < from + VIEW_PRODUCTS; i++)
        if (is_shown(shop, &shop->products[i]) && at++ >= from)
            tree_add(products, product_facts(&v, &shop->products[i]));
    turns(&v, number);
    return v.tree;
}

static struct tree *owners(struct arena *mem, const struct tree *t) {
    return t ? tree_copy(mem, t) : tree_map(mem);
}

struct tree *view_product(struct arena *mem, const struct shop *shop, const struct theme *theme,
    const struct product *p) {
    struct view v = view_new(mem, shop, theme, VIEW_STATIC);
    struct tree *t = tree_put(v.tree, S("product"), product_facts(&v, p));
    tree_put(t, S("html"), mark_html(mem, p->description));
    tree_put(t, S("files"), p->files ? tree_copy(mem, p->files) : tree_list(mem));
    tree_put(t, S("data"), owners(mem, p->data));
    tree_put(t, S("extra"), owners(mem, p->extra));
    view_title(&v, p->name);
    tree_put_text(mem, v.tree, S("description"), p->summary);
    return v.tree;
}

struct tree *view_own(struct arena *mem, const struct shop *shop, const struct theme *theme,
    str title, str markdown) {
    struct view v = view_new(mem, shop, theme, VIEW_STATIC);
    view_title(&v, title);
    tree_put(v.tree, S("html"), mark_html(mem, markdown));
    return v.tree;
}

/* Static hosts show it at any address, so no link in it may be relative to where it is. */
struct tree *view_absent(struct arena *mem, const struct shop *shop, const struct theme *theme) {
    struct view v = view_new(mem, shop, theme, VIEW_STATIC);
    view_title(&v, words(shop->lang, S("no_page")));
    tree_put_bool(mem, v.tree, S("noindex"), true);
    tree_put(v.tree, S("sentence"), tree_none(mem));
    return v.tree;
}

struct tree *view_test_payment(struct arena *mem, const struct shop *shop,
    const struct theme *theme, str product, money amount, str action) {
    struct view v = view_new(mem, shop, theme, VIEW_PROGRAM);
    view_title(&v, view_word(&v, S("pay_title")));
    tree_put_text(mem, v.tree, S("product"), product);
    tree_put_text(mem, v.tree, S("amount"), money_show(mem, amount, v.lang));
    tree_put_text(mem, v.tree, S("action"), action);
    return v.tree;
}

struct tree *view_message(struct arena *mem, const struct shop *shop, const struct theme *theme,
    str title, str sentence) {
    struct view v = view_new(mem, shop, theme, VIEW_PROGRAM);
    view_title(&v, title.len ? title : sentence);
    tree_put_text(mem, v.tree, S("sentence"), title.len ? sentence : S(""));
    return v.tree;
}

/* Adds `previous` and `next` (title, path, or none), the neighbours of the lesson that is here. */
static void neighbours(struct view *v, const struct tree *lessons) {
    const struct tree *before = NULL;
    const struct tree *here = lessons ? lessons->first : NULL;
    while (here && !tree_get_bool(here, S("here"), false)) {
        before = here;
        here = here->next;
    }
    const struct tree *after = here ? here->next : NULL;
    before = here ? before : NULL;
    tree_put(v->tree, S("previous"), before ? tree_copy(v->mem, before) : tree_none(v->mem));
    tree_put(v->tree, S("next"), after ? tree_copy(v->mem, after) : tree_none(v->mem));
}

struct tree *view_lesson(
    struct arena *mem, const struct shop *shop, const struct theme *theme, const struct lesson *l) {
    struct view v = view_new(mem, shop, theme, VIEW_PROGRAM);
    if (l->order->buyer.lang.len)
        view_speak(&v, l->order->buyer.lang);
    view_title(&v, l->product->name);
    tree_put_bool(mem, v.tree, S("private"), true);
    tree_put_text(mem, v.tree, S("product"), l->product->name);
    tree_put(v.tree, S("html"), mark_html(mem, l->markdown));
    tree_put(v.tree, S("lessons"), l->lessons ? tree_copy(mem, l->lessons) : tree_list(mem));
    tree_put(v.tree, S("files"), l->files ? tree_copy(mem, l->files) : tree_list(mem));
    neighbours(&v, l->lessons);
    return v.tree;
}
