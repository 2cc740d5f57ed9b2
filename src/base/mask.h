/* mask: free words for the log, without what must not stand there: the given secrets, e-mail
 * addresses, network addresses, what stands behind ? in an address, and words that look like a key
 * (24 letters and digits or more). Names cannot be told from other words: whoever logs, leaves
 * them out. A job's and an order's id stay. */
#ifndef BASE_MASK_H
#define BASE_MASK_H

#include "base/tree.h"

/* A secret; those shorter than 4 bytes hide too much and are not looked for. */
struct mask_word {
    str word;
    const struct mask_word *next;
};

/* hidden: may be null. Writes at most `room` bytes and gives how many. */
size_t mask_write(char *out, size_t room, str words, const struct mask_word *hidden);

/* Words that are kept and shown to the owner: the values of `secrets` (NAME -> value, may be null)
 * become ${NAME} again, nothing else goes. A partner that repeats our credentials must not put them
 * into the shop's rows. Those shorter than `least` stay. */
enum { MASK_WORDS = 4, MASK_VALUES = 8 };
str mask_names(struct arena *mem, str words, const struct tree *secrets, size_t least);

#endif
