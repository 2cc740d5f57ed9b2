/* build: the pages of a loaded shop as files, by the same function that answers requests, and its
 * pictures beside them. Nothing is to be seen of a build that fails. */
#ifndef APP_BUILD_H
#define APP_BUILD_H

#include "app/load.h"
#include "io/output.h"

/* `to`: the folder, absolute or from where we are. A mistake in a template or a picture that cannot
 * be read is an error with its place. */
MUST err build(struct arena *mem, const struct house_shop *shop, str to, struct output_counts *out);

#endif
