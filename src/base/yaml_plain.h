/* yaml_plain: what a plain (unquoted) scalar means, and which may not stand without quotes.
 *
 * The owner's files are read by us and by Jekyll, and YAML 1.1, YAML 1.2 and Ruby's reader differ
 * about many innocent-looking words. What all of them read alike is let through: a decimal number,
 * true, false, an empty value, and text. Everything else needs quotes, and each kind says why.
 */
#ifndef BASE_YAML_PLAIN_H
#define BASE_YAML_PLAIN_H

#include "base/tree.h"

/* none, bool, number or text, borrowing the bytes. */
struct tree *yaml_plain(struct arena *mem, str text);
/* The sentence that asks for quotes; "" when the scalar may stand as it is. */
str yaml_plain_mistake(struct arena *mem, str text);

#endif
