/* table: find a row by name, and guess what was meant. */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include "base/arena.h"

/* The nearest of `names` within edit distance 2 (1 for words of up to 4 letters; a swap of
 * neighbours counts 1); "" when none is near. */
str table_near(str word, const str *names, size_t count);
/* ", did you mean `x`?" or "": ready to be joined to a sentence. */
str table_guess(struct arena *mem, str word, const str *names, size_t count);

#endif
