/* yaml: the owner's data files to trees, with the place of every value.
 *
 * Only what YAML 1.1 (Jekyll) and 1.2 read alike: anchors, tags, `<<`, duplicate keys and a second
 * document are mistakes, and so is a plain scalar that the two read differently (no, on, 12:30,
 * 0123, ~ …): "put quotes". Scalars stay text as written; a plain integer or decimal is a number,
 * plain true/false a bool, an empty value none. UTF-8 only; LIMIT_YAML and LIMIT_YAML_DEPTH hold.
 */
#ifndef BASE_YAML_H
#define BASE_YAML_H

#include "base/report.h"
#include "base/tree.h"

/* The tree as far as it could be read (null when nothing could); mistakes go to the report. */
const struct tree *yaml_read(struct arena *mem, str file, str text, struct report *report);

#endif
