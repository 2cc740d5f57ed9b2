/* words: the sentences that rules say to buyers, in the shop's languages (pl, en), by name.
 * Pages and mails have their own texts in theme/. */
#ifndef SHOP_WORDS_H
#define SHOP_WORDS_H

#include "base/str.h"

/* An unknown language speaks English; an unknown name is a broken promise (assert). */
str words(str lang, str name);
/* "%s" in the sentence is replaced by what. */
str words_with(struct arena *mem, str lang, str name, str what);

#endif
