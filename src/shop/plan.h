/* plan: which steps an order owes once it is paid.
 *
 * For every line: the shop's steps (or those the product names), with needs taken from the holes
 * in `with` ({{invitation.link}}) and from `needs:`; for the whole order: `access` and `late` to
 * the buyer, `sold` to the owner. `access` needs the steps of all lines that it can name; `late`
 * is due 15 minutes after paying and skipped when nothing of the buyer's is open then. A step
 * that becomes poison or hold adds one `needs-you.<line>.<step>` mail to the owner, once;
 * so do money that needs a person, paid or not (`money.<mark>.<n>`), and an order whose `late` is
 * sent while something is still being tried (`undelivered`).
 */
#ifndef SHOP_PLAN_H
#define SHOP_PLAN_H

#include "shop/order.h"

struct shop;

/* Adds all steps to a just paid order. */
void plan_steps(struct arena *mem, const struct shop *shop, struct order *o, instant now);
/* Adds the letters to the owner that are due and not there yet. Call after anything changed. */
void plan_alarms(struct arena *mem, const struct shop *shop, struct order *o, instant now);
/* One letter more of that name ("access", "links"), as a step of its own: <name>.2, <name>.3 …
 * False when PLAN_LETTERS_A_DAY went out within a day (letters go to whatever address was typed),
 * or when the order's row is half full. */
enum { PLAN_LETTERS_A_DAY = 5, PLAN_LETTERS = 100 };
bool plan_again(struct arena *mem, const struct shop *shop, struct order *o, str name, instant now);
/* How many such letters more went out within a day. */
int plan_letters(const struct order *o, str name, instant now);
/* Owed to the buyer, and being tried: neither done, stuck nor waiting for another step. */
bool plan_hangs(const struct step *s);
/* Is that step of the whole order a letter to the owner? */
bool plan_is_owners(str id);
/* Today's settings of a step of that order (for --anew); null when the shop has no such step. */
const struct tree *plan_with(const struct shop *shop, const struct order *o, const struct step *s);
/* The tree that holes of a step are filled from: order, line, product (with data), buyer,
 * company, shop, step.key, and every done step of the line by its id: {{invitation.link}}. It
 * borrows shop, order and step: what no hole names is never made. */
struct tree *plan_view(
    struct arena *mem, const struct shop *shop, const struct order *o, const struct step *s);
/* Its `company`, which letters have too. */
struct tree *plan_company(struct arena *mem, const struct company *c);

#endif
