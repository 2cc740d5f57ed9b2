/* mask: free words for the log, without what must not stand there: the given secrets, e-mail
 * addresses, network addresses, what stands behind ? in an address, and words that look like a key
 * (24 letters and digits or more). Names cannot be told from other words: whoever logs, leaves
 * them out. A job's and an order's id stay. */
#ifndef BASE_MASK_H
#define BASE_MASK_H

#include "base/tree.h"

/* hidden: map or list of texts, or null; those shorter than 4 bytes hide too much and are not
 * looked for. Writes at most `room` bytes and gives how many. */
size_t mask_write(char *out, size_t room, str words, const struct tree *hidden);

#endif
