/* data: a tree as a data block for machines, `<script type="application/ld+json">`. Browsers do not
 * run it, and a Content-Security-Policy without inline scripts lets it stand: a script of a type
 * that is no script's ends before the policy is asked (HTML standard, "prepare the script
 * element"). Templates must not have holes in scripts, so this is made here, whole, as the only
 * HTML value beside those of page/mark. */
#ifndef PAGE_DATA_H
#define PAGE_DATA_H

#include "base/tree.h"

struct tree *data_html(struct arena *mem, const struct tree *facts);

#endif
