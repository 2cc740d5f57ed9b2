/* inventory: whether what the shop's files name is really there: pictures, course files, lessons,
 * the pages that a text links to. The rules of the data files themselves are shop's; here their
 * names meet the folder. Adds its findings to the report and changes nothing.
 * before: null, or the shop as it was when all this was so; pictures and courses of products that
 * are as they were are not looked at again.
 */
#ifndef APP_INVENTORY_H
#define APP_INVENTORY_H

#include "app/load.h"

void inventory(struct arena *mem, const struct house_shop *shop, const struct shop *before,
    struct report *report);

#endif
