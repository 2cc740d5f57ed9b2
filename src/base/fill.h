/* fill: text with holes, filled from a tree.
 *
 * `{{a.b}}` is looked up in a view; what is not there is an error that names it, never an empty
 * text. `${NAME}` stands for a secret and is filled at the last moment, so that what is kept and
 * logged never holds one; `$${` is a literal `${`. Neither is an expression language: no filters,
 * no logic.
 */
#ifndef BASE_FILL_H
#define BASE_FILL_H

#include "base/err.h"
#include "base/tree.h"

enum fill_place {
    FILL_TEXT,    /* as it is */
    FILL_PERCENT, /* percent-encoded: a hole in an address */
    FILL_SAFELY,  /* where secrets are filled later: what looks like a ${NAME} is made no one */
};

/* ERR_INVALID names the hole that the view does not have, or an unclosed one. */
MUST err fill_text(
    struct arena *mem, str text, const struct tree *view, enum fill_place place, str *out);
/* Every scalar of the tree; a scalar that is one hole alone becomes a copy of what it names, so a
 * number stays a number. Names of map entries are filled too. */
MUST err fill_tree(struct arena *mem, const struct tree *in, const struct tree *view,
    enum fill_place place, struct tree **out);
/* The names in all holes of the tree (names of entries too): a list of texts, each once. */
struct tree *fill_names(struct arena *mem, const struct tree *in);

/* `secrets` maps NAME to its value; ERR_SETUP names the one that is not set. In an address the
 * value is percent-encoded (FILL_PERCENT). */
MUST err fill_secrets(
    struct arena *mem, str text, const struct tree *secrets, enum fill_place place, str *out);
/* What is wrong with the ${NAME}s of a text as they are written; "" when nothing is. */
str fill_secret_fault(struct arena *mem, str text);
/* The NAMEs that occur in all scalars of the tree: a list of texts, each once. */
struct tree *fill_secret_names(struct arena *mem, const struct tree *in);

#endif
