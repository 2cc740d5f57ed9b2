/* trial: tries the loaded shop out before a buyer does: every page is rendered, every product is
 * bought by a made-up buyer (as a person and as a company), paid, and each step that is owed then
 * has its request or letter made, with made-up answers of the partners. Nobody is talked to and
 * nothing is kept. What fails is a mistake in the files, at its place.
 */
#ifndef APP_TRIAL_H
#define APP_TRIAL_H

#include "app/load.h"

/* Call only for a shop without mistakes. */
void trial(struct arena *mem, const struct house_shop *shop, struct report *report);
/* For who cannot wait: a few products only, those that differ from `before` first. A slip in a
 * theme shows on the first. */
void trial_edited(struct arena *mem, const struct house_shop *shop, const struct shop *before,
    struct report *report);

#endif
