/* archive: a folder with one backup a day, "shop-2026-11-27.db" (UTC).
 *
 * The newest so many stay, however old they are: only a new one that is made and verified lets an
 * older one go, so a clock that is wrong or a shop that lay still for a month costs none. What has
 * another name is not ours and is not touched.
 */
#ifndef APP_ARCHIVE_H
#define APP_ARCHIVE_H

#include "base/err.h"
#include "base/time.h"
#include "base/tree.h"

enum { ARCHIVE_KEEP_MAX = 10000 };

/* The folder is made if need be; *file is its whole path in it. */
MUST err archive_file(struct arena *mem, str folder, instant now, str *file);
/* Of the folder of this file, which was just made: all but the newest `keep` go, and what earlier
 * days left half written; their names into `gone`. */
MUST err archive_prune(struct arena *mem, str file, size_t keep, struct tree *gone);

#endif
