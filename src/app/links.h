/* links: whether an address in the owner's Markdown leads somewhere in this shop.
 *
 * Addresses of other hosts are not asked; one that no page may have (javascript:) is a mistake.
 * Where another site generator makes the pages (a _config.yml or hugo file lies in the folder),
 * addresses from the root are its own and not looked at.
 */
#ifndef APP_LINKS_H
#define APP_LINKS_H

#include "app/load.h"

struct links;

struct links *links_new(struct arena *mem, const struct house_shop *house);
bool links_are_elsewhere(const struct links *l);
/* What is wrong with it, "" when nothing; folder: where relative pictures lie, "" for none. A
 * picture of this folder that must be looked at is given in *file. */
str links_fault(struct links *l, str address, bool picture, str folder, str *file);
/* "/images/a%20b.png?v=1" to "images/a b.png"; false for what is none. */
bool links_file(struct arena *mem, str address, str *out);
/* ", did you mean …?" out of the names that lie beside it. */
str links_guess(struct arena *mem, str dir, str path);

#endif
