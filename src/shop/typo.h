/* typo: what a buyer who slipped in an e-mail's domain probably meant. Only a hint: who says the
 * same address twice has it. Nobody is asked; the domains that most buyers have are a table.
 */
#ifndef SHOP_TYPO_H
#define SHOP_TYPO_H

#include "base/tree.h"

/* "anna@gmail.com" for "anna@gmial.com"; "" when nothing is near, or when it is right. */
str typo_guess(struct arena *mem, str email);

/* The same of a form's e-mail: `asked`, its sender was shown the guess, and says the address twice
 * (the page gives it back in this field). */
#define TYPO_ASKED S("email_asked")
struct typo {
    str meant;
    bool asked;
};
struct typo typo_of(struct arena *mem, str email, const struct tree *fields);

#endif
