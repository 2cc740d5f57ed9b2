/* trial: tries the loaded shop out before a buyer does: every page is rendered, every product is
 * bought by a made-up buyer (as a person and as a company), paid, and each step that is owed then
 * has its request or letter made, with made-up answers of the partners. Nobody is talked to and
 * nothing is kept. What fails is a mistake in the files, at its place.
 */
#ifndef APP_TRIAL_H
#define APP_TRIAL_H

#include "app/load.h"

/* Call only for a shop without mistakes. products_max: so many, for who cannot wait; a slip in a
 * theme shows on the first. */
void trial(
    struct arena *mem, const struct house_shop *shop, size_t products_max, struct report *report);

#endif
