/* silence: a gateway that tells us nothing any more, although its links are handed out.
 *
 * The usual mistakes make no noise: a notification address that was mistyped or changed, a
 * certificate that the gateway does not like, a bot check in front of the shop. So the sweep looks
 * at the latest orders of a live shop: when no note came for the ten latest ones that are older
 * than three hours, nor for any newer one, the owner gets one letter. A kept row ("silence", key:
 * the gateway) holds until a note is heard; a later silence is told again.
 */
#ifndef APP_SILENCE_H
#define APP_SILENCE_H

#include "app/work.h"

enum { SILENCE_ORDERS = 10 };

MUST err silence_look(struct arena *mem, const struct work *w);

#endif
