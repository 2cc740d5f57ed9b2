/* typo: what a buyer who slipped in an e-mail's domain probably meant. Only a hint: who says the
 * same address twice has it. Nobody is asked; the domains that most buyers have are a table.
 */
#ifndef SHOP_TYPO_H
#define SHOP_TYPO_H

#include "base/arena.h"

/* "anna@gmail.com" for "anna@gmial.com"; "" when nothing is near, or when it is right. */
str typo_guess(struct arena *mem, str email);

#endif
