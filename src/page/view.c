#include "page/view.h"

#include "base/buf.h"
#include "base/encode.h"
#include "base/limits.h"
#include "page/data.h"
#include "page/mark.h"
#include "page/view_facts.h"
#include "shop/words.h"

enum { DESCRIPTION_MAX = 160 };

static bool is_shown(const struct shop *shop, const struct product *p) {
    return !p->draft || !shop->live;
}

/* For the cover of a product without a picture. */
static str first_letter(str name) {
    size_t size = name.len ? 1 : 0;
    while (size < name.len && ((unsigned char)name.ptr[size] & 0xc0) == 0x80)
        size++;
    return str_part(name, 0, size);
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
    tree_put_text(mem, t, S("image"), view_image(v, p->image, false));
    tree_put_text(mem, t, S("initial"), first_letter(p->name));
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
    tree_put_bool(v->mem, v->tree, S("turning"), more || number > 1);
}

struct tree *view_index(
    struct arena *mem, const struct shop *shop, const struct theme *theme, size_t number) {
    struct view v = view_new(mem, shop, theme, VIEW_STATIC);
    struct tree *products = tree_put(v.tree, S("products"), tree_list(mem));
    size_t at = 0, from = (number - 1) * VIEW_PRODUCTS;
    struct buf names = buf_new(mem, LIMIT_PAGE);
    for (size_t i = 0; i < shop->product_count && at < from + VIEW_PRODUCTS; i++) {
        if (!is_shown(shop, &shop->products[i]) || at++ < from)
            continue;
        tree_add(products, product_facts(&v, &shop->products[i]));
        if (buf_str(&names).len < DESCRIPTION_MAX) {
            buf_add(&names, products->count > 1 ? S(", ") : S(""));
            buf_add(&names, shop->products[i].name);
        }
    }
    str part = JOIN(mem, S("/page/"), str_int(mem, (int64_t)number), S("/"));
    view_public(&v, S("website"), number > 1 ? part : S("/"),
        utf8_prefix(buf_str(&names), DESCRIPTION_MAX));
    turns(&v, number);
    return v.tree;
}

/* What search engines read of a product: schema.org's words. */
static struct tree *machine_facts(const struct view *v, const struct product *p, str url) {
    struct arena *mem = v->mem;
    bool open = shop_gateway_for(v->shop, str_of(p->price.currency)) && !p->draft;
    struct tree *t = tree_map(mem);
    tree_put_text(mem, t, S("@context"), S("https://schema.org"));
    tree_put_text(mem, t, S("@type"), S("Product"));
    tree_put_text(mem, t, S("name"), p->name);
    tree_put_text(mem, t, S("sku"), p->id);
    tree_put_text(mem, t, S("url"), url);
    if (p->summary.len)
        tree_put_text(mem, t, S("description"), p->summary);
    if (p->image.len)
        tree_put_text(mem, t, S("image"), view_image(v, p->image, true));
    struct tree *offer = tree_put(t, S("offers"), tree_map(mem));
    tree_put_text(mem, offer, S("@type"), S("Offer"));
    tree_put_text(mem, offer, S("url"), url);
    tree_put_text(mem, offer, S("price"), money_amount(mem, p->price));
    tree_put_text(mem, offer, S("priceCurrency"), str_copy(mem, str_of(p->price.currency)));
    tree_put_text(mem, offer, S("availability"),
        open ? S("https://schema.org/InStock") : S("https://schema.org/OutOfStock"));
    struct tree *seller = tree_put(offer, S("seller"), tree_map(mem));
    tree_put_text(mem, seller, S("@type"), S("Organization"));
    tree_put_text(mem, seller, S("name"), v->shop->seller.name);
    return t;
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
    tree_put_bool(mem, t, S("open"), shop_gateway_for(shop, str_of(p->price.currency)) != NULL);
    view_title(&v, p->name);
    view_public(&v, S("product"), JOIN(mem, S("/p/"), p->id, S("/")), p->summary);
    tree_put_text(mem, v.tree, S("picture"), view_image(&v, p->image, true));
    tree_put(t, S("facts"), data_html(mem, machine_facts(&v, p, tree_get(v.tree, S("canonical")))));
    return v.tree;
}

struct tree *view_own(struct arena *mem, const struct shop *shop, const struct theme *theme,
    str name, str title, str markdown) {
    struct view v = view_new(mem, shop, theme, VIEW_STATIC);
    str words = str_trim(tree_str(mark_text(mem, markdown, shop->url)));
    view_title(&v, title);
    view_public(
        &v, S("website"), JOIN(mem, S("/"), name, S("/")), utf8_prefix(words, DESCRIPTION_MAX));
    tree_put(v.tree, S("html"), mark_html(mem, markdown));
    return v.tree;
}

/* Static hosts show it at any address, so no link in it may be relative to where it is. */
struct tree *view_absent(struct arena *mem, const struct shop *shop, const struct theme *theme) {
    struct view v = view_new(mem, shop, theme, VIEW_STATIC);
    view_title(&v, words(shop->lang, S("no_page")));
    tree_put_bool(mem, v.tree, S("noindex"), true);
    tree_put(v.tree, S("sentence"), tree_none(mem));
    tree_put_text(mem, v.tree, S("ref"), S(""));
    tree_put_bool(mem, v.tree, S("ask"), false);
    return v.tree;
}

struct tree *view_find(
    struct arena *mem, const struct shop *shop, const struct theme *theme, str email, str wrong) {
    struct view v = view_new(mem, shop, theme, wrong.len ? VIEW_PROGRAM : VIEW_STATIC);
    view_title(&v, view_word(&v, S("find_title")));
    tree_put_bool(mem, v.tree, S("noindex"), true);
    tree_put(v.tree, S("find"), tree_none(mem));
    tree_put_text(mem, v.tree, S("email"), email);
    tree_put_text(mem, v.tree, S("wrong"), wrong);
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
    tree_put_text(mem, v.tree, S("ref"), S(""));
    tree_put_bool(mem, v.tree, S("ask"), false);
    return v.tree;
}

/* Adds `number` of `count`, `previous` and `next` (title, path, or none): the lesson that is here
 * and its neighbours. */
static void neighbours(struct view *v, const struct tree *lessons) {
    const struct tree *before = NULL;
    const struct tree *here = lessons ? lessons->first : NULL;
    int64_t number = 1;
    for (; here && !tree_get_bool(here, S("here"), false); number++) {
        before = here;
        here = here->next;
    }
    tree_put_text(v->mem, v->tree, S("number"), here ? str_int(v->mem, number) : S(""));
    tree_put_int(v->mem, v->tree, S("count"), lessons ? (int64_t)lessons->count : 0);
    const struct tree *after = here ? here->next : NULL;
    before = here ? before : NULL;
    tree_put(v->tree, S("previous"), before ? tree_copy(v->mem, before) : tree_none(v->mem));
    tree_put(v->tree, S("next"), after ? tree_copy(v->mem, after) : tree_none(v->mem));
    tree_put_bool(v->mem, v->tree, S("turning"), before || after);
}

struct tree *view_lesson(
    struct arena *mem, const struct shop *shop, const struct theme *theme, const struct lesson *l) {
    struct view v = view_new(mem, shop, theme, VIEW_PROGRAM);
    if (l->order->buyer.lang.len)
        view_speak(&v, l->order->buyer.lang);
    view_title(&v, l->product->name);
    tree_put_bool(mem, v.tree, S("private"), true);
    tree_put_text(mem, v.tree, S("product"), l->product->name);
    tree_put(v.tree, S("html"), mark_lesson(mem, l->markdown, l->base));
    tree_put(v.tree, S("lessons"), l->lessons ? tree_copy(mem, l->lessons) : tree_list(mem));
    tree_put(v.tree, S("files"), l->files ? tree_copy(mem, l->files) : tree_list(mem));
    tree_put_bool(mem, v.tree, S("lessons_any"), l->lessons && l->lessons->count);
    tree_put_bool(mem, v.tree, S("files_any"), l->files && l->files->count);
    neighbours(&v, l->lessons);
    return v.tree;
}
