/* shelf: pages that were made before, compressed: one for each loaded shop, so that a new shop
 * begins with an empty one.
 *
 * Only for pages that are the same for everybody. Holds no more than its ceiling: when that is
 * reached it is emptied and fills again with what is asked for. Belongs to the event thread.
 */
#ifndef APP_SHELF_H
#define APP_SHELF_H

#include "app/flow.h"

struct shelf;

/* Goes away with mem. */
struct shelf *shelf_new(struct arena *mem);
/* The page at the request's path, with ETag and Vary, compressed for those who take it, 304 for
 * those who have it. Errors are site_render's. */
MUST err shelf_answer(const struct flow *f, struct response *out);

#endif
