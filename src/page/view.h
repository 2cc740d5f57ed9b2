/* view: facts to the trees that templates are made from: one function per page. Chooses which
 * facts are shown, never how they look. Every view has `shop` (name, lang, url, api, test,
 * seller), `t` (the texts of the language, from theme/words.<lang>.txt), `title`, `description`,
 * `noindex`, `private`, `refresh`, `canonical` with `kind`, `locale` and `picture` (pages for
 * everybody), `pages` (own pages to link to), `find` ("send me my links") and `to` (pages, api,
 * files: what stands before /p/…, /api/… and /images/…; style and every other asset of the theme:
 * its address). What is not there is none, never left out: templates are strict about names.
 */
#ifndef PAGE_VIEW_H
#define PAGE_VIEW_H

#include "base/tree.h"
#include "page/template.h"
#include "shop/order.h"
#include "shop/shop.h"

/* The index shows so many products at a time: a page of thousands would be no page. */
enum { VIEW_PRODUCTS = 100 };
size_t view_index_pages(const struct shop *shop);
/* The number-th of them, from 1, with `before` and `after`, the addresses of its neighbours. Drafts
 * are shown in test mode only. */
struct tree *view_index(
    struct arena *mem, const struct shop *shop, const struct theme *theme, size_t number);
/* What a static host shows where there is nothing. */
struct tree *view_absent(struct arena *mem, const struct shop *shop, const struct theme *theme);
struct tree *view_product(
    struct arena *mem, const struct shop *shop, const struct theme *theme, const struct product *p);
/* A page of the owner's own, at /<name>/: title and Markdown. */
struct tree *view_own(struct arena *mem, const struct shop *shop, const struct theme *theme,
    str name, str title, str markdown);
/* The form of POST /api/find. `wrong`: what is wrong with the typed e-mail; "". */
struct tree *view_find(
    struct arena *mem, const struct shop *shop, const struct theme *theme, str email, str wrong);
/* The order form. `fields`: what was typed (null: nothing), `wrong`: field -> sentence (null:
 * none). Has `meant`, the e-mail that was probably meant. */
struct tree *view_buy(struct arena *mem, const struct shop *shop, const struct theme *theme,
    const struct product *p, const struct tree *fields, const struct tree *wrong);
/* The buyer's page: each step as it is, in words; access links when done. refresh (seconds) is
 * there while something is still on its way, for about a minute when no money came. */
struct order_look {
    str again; /* the address of this page, with ?n=<times looked> when it looked by itself */
    str said;  /* name of a text: what the button just pressed did; "" */
    str email, wrong; /* a correction as typed, and what is wrong with it; "" */
};
struct tree *view_order(struct arena *mem, const struct shop *shop, const struct theme *theme,
    const struct order *o, const struct order_look *look);
/* The test gateway's page; action: where its buttons post. */
struct tree *view_test_payment(struct arena *mem, const struct shop *shop,
    const struct theme *theme, str product, money amount, str action);
/* A page that only says something. Without a title the sentence is the title. */
struct tree *view_message(
    struct arena *mem, const struct shop *shop, const struct theme *theme, str title, str sentence);
/* A lesson of the built-in academy. */
struct lesson {
    const struct order *order;
    const struct product *product;
    str markdown;
    str base; /* where its pictures and the other lessons are: "/a/…/" */
    const struct tree *lessons; /* {title, path, here} */
    const struct tree *files;   /* {name, path} */
};
struct tree *view_lesson(
    struct arena *mem, const struct shop *shop, const struct theme *theme, const struct lesson *l);
/* All orders of one e-mail: its page, and the letter mail/links.<lang>.txt (which has no `t`). */
struct view_orders {
    const struct order *const *orders;
    size_t count;
    const struct tree *pages; /* of each, its address */
    str lang;
};
struct tree *view_belongings(struct arena *mem, const struct shop *shop, const struct theme *theme,
    const struct view_orders *all);
struct tree *view_links(struct arena *mem, const struct shop *shop, const struct view_orders *all);
/* Letters: mail/<name>.<lang>.txt, first line "Subject: …". name: access late sold needs-you money
 * undelivered. They bring their own words: `t` is not there. page: the whole address of the buyer's
 * page. Made as the template names it, so order and step must live as long. */
struct tree *view_letter(struct arena *mem, const struct shop *shop, const struct order *o,
    const struct step *s, str page);
/* The letter of a matter: its facts, `shop`, `lang`. */
struct tree *view_matter(struct arena *mem, const struct shop *shop, const struct tree *facts);
/* The same letter once more, for mail/letter.html: made from the rendered text (head, blank line,
 * body). */
struct tree *view_letter_html(struct arena *mem, str lang, str letter);

#endif
