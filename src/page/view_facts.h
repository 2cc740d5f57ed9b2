/* view_facts: what several views show alike. Belongs to page/view*.c; nobody else needs it. */
#ifndef PAGE_VIEW_FACTS_H
#define PAGE_VIEW_FACTS_H

#include "page/view.h"

enum view_made {
    VIEW_STATIC,  /* at url; may lie on any host */
    VIEW_PROGRAM, /* by the program, at api */
};

/* One view under way. */
struct view {
    struct arena *mem;
    const struct shop *shop;
    const struct theme *theme;
    str lang;
    struct tree *tree;
};

/* With all that every view has. */
struct view view_new(
    struct arena *mem, const struct shop *shop, const struct theme *theme, enum view_made made);
/* Speaks another language than the shop, when there are words of it. */
void view_speak(struct view *v, str lang);
void view_title(struct view *v, str title);
/* A page for everybody: its canonical address, for search engines and for links sent around. */
void view_public(struct view *v, str kind, str path, str description);
/* A picture of the shop's folder: whole address, or as a page on this host shows it. */
str view_image(const struct view *v, str image, bool whole);
/* A text of the theme; "" when it has none of that name. */
str view_word(const struct view *v, str name);

/* name, address, country, tax_id, email of the seller; name, lang, url, api, test. */
struct tree *view_shop(struct arena *mem, const struct shop *shop);
/* "23%"; "" where there is no tax to be named. */
str view_tax_rate(struct arena *mem, str tax);
/* As that language writes it; "" when there is none. */
str view_money(struct arena *mem, money m, str lang);
/* A list of {name, quantity, tax, rate, net, tax_amount, gross}. */
struct tree *view_line_list(struct arena *mem, const struct order *o, str lang);
/* Of all lines. */
money view_net(const struct order *o);
money view_tax(const struct order *o);
/* What the steps obtained for the buyer: a list of {title, url, text}, one of the two none. */
struct tree *view_gifts(struct arena *mem, const struct order *o);

#endif
