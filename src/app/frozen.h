/* frozen: the request of a step as it was rendered once, kept as a row beside its order.
 *
 * Kind "sent", in the order's part, key <line>/<step>/<round>; `${NAME}` stands in it for secrets.
 * Every attempt of a round sends these bytes; the step has their digest.
 */
#ifndef APP_FROZEN_H
#define APP_FROZEN_H

#include "http/talk.h"
#include "shop/step.h"
#include "store/store.h"

/* Its row, and the digest into the step. ERR_TOO_BIG: more than a row takes. */
MUST err frozen_put(
    struct arena *mem, struct step *s, const struct talk_request *r, struct put *out);
MUST err frozen_get(struct arena *mem, struct store *store, str order, const struct step *s,
    struct talk_request *out);

#endif
