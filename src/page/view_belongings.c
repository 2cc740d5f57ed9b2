#include "page/view_facts.h"

/* `orders` {id, name, paid, page, gifts}, each of one address. */
static struct tree *orders_of(
    struct arena *mem, const struct shop *shop, const struct view_orders *all) {
    struct tree *list = tree_list(mem);
    const struct tree *page = all->pages->first;
    for (size_t i = 0; i < all->count; i++, page = page->next) {
        const struct order *o = all->orders[i];
        struct tree *t = tree_add(list, tree_map(mem));
        tree_put_text(mem, t, S("id"), o->id);
        tree_put_text(mem, t, S("name"), o->line_count ? o->lines[0].name : S(""));
        tree_put_text(mem, t, S("paid"), zone_show(mem, shop->zone, o->paid_at));
        tree_put_text(mem, t, S("page"), page->text);
        tree_put(t, S("gifts"), view_gifts(mem, o));
    }
    return list;
}

struct tree *view_belongings(struct arena *mem, const struct shop *shop, const struct theme *theme,
    const struct view_orders *all) {
    struct view v = view_new(mem, shop, theme, VIEW_PROGRAM);
    if (all->lang.len)
        view_speak(&v, all->lang);
    view_title(&v, view_word(&v, S("belongings_title")));
    tree_put_bool(mem, v.tree, S("private"), true);
    tree_put(v.tree, S("orders"), orders_of(mem, shop, all));
    return v.tree;
}

struct tree *view_links(struct arena *mem, const struct shop *shop, const struct view_orders *all) {
    struct tree *v = tree_map(mem);
    tree_put_text(mem, v, S("lang"), all->lang.len ? all->lang : shop->lang);
    tree_put(v, S("shop"), view_shop(mem, shop));
    tree_put(v, S("orders"), orders_of(mem, shop, all));
    tree_put_text(mem, v, S("belongings"), S(""));
    return v;
}
