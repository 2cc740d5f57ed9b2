/* shelf: pages and text files that were compressed before: one for each loaded shop, so that a new
 * shop begins with an empty one. A file is known by its mark, so a replaced one is compressed anew.
 *
 * Only for what is the same for everybody. Holds no more than its ceiling: when that is
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
/* r is to send a file (r->file in r->file_in): makes it the compressed copy, for those who take it
 * and want no part of it, where that is smaller. Adds Vary where it could be. */
void shelf_file(const struct flow *f, struct response *r);

#endif
