/* json: text to tree and back. The reading door is jansson (strict); writing is ours, so numbers
 * keep the text they came with. Nesting is limited, duplicate keys and bad UTF-8 are errors.
 * A tree borrows the bytes of the text it was read from. What was written can always be read. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/buf.h"
#include "base/err.h"
#include "base/tree.h"

/* Strangers' JSON, exact: one value and nothing behind it. ERR_INVALID with line and column. */
MUST err json_read(struct arena *mem, str text, const struct tree **out);
/* Compact, keys in the order kept; html is written as text; bytes that are not UTF-8 as U+FFFD. */
str json_write(struct arena *mem, const struct tree *t);
/* The same at the end of a buffer. */
void json_write_tree(struct buf *b, const struct tree *t);
/* One text as a JSON string, quotes and all, for a writer that has no tree. */
void json_write_text(struct buf *b, str text);

#endif
