/* discretion: what the log may say: how much of it (`log:` in shop.yml), and the values of secrets
 * that must stand in no line. Both follow a reload; a secret that was one before stays hidden: a
 * talk that is under way may still say it. Any thread reads; one thread at a time writes. */
#ifndef APP_DISCRETION_H
#define APP_DISCRETION_H

#include "base/mask.h"
#include "shop/shop.h"

/* `log:` in shop.yml; each says what the one before says, and more. */
enum log_wish { LOG_QUIET, LOG_STEPS, LOG_REQUESTS };

struct discretion;

struct discretion *discretion_new(struct arena *mem);
void discretion_free(struct discretion *d);
/* From now on hidden, beside what is: the secrets of that shop, which may have mistakes. */
void discretion_hide(struct discretion *d, const struct shop *shop);
void discretion_follow(struct discretion *d, const struct shop *shop);

/* Null is none: nothing is known to be secret, and nothing but warnings is said. */
const struct mask_word *discretion_hidden(const struct discretion *d);
enum log_wish discretion_wish(const struct discretion *d);

#endif
