/* seen: the lines of the log that are made of known fields: one for a request, one for a note, one
 * for what became of a step. Nothing that a stranger wrote and nothing personal is in them, so they
 * need no mask: routes stand for paths, ids for orders. `ref` is the request's id (the form's on a
 * step's line, `note` the one that paid), so one word finds all that belongs together. */
#ifndef APP_SEEN_H
#define APP_SEEN_H

#include "app/work.h"
#include "http/message.h"
#include "shop/order.h"

struct seen_request {
    const struct request *request; /* null: refused before it was one */
    str route, order;              /* "" when there is none */
    int status;
    int64_t took_us;
};

void seen_request(const struct doors *d, const struct seen_request *s);
void seen_note(const struct doors *d, const struct order *o, const struct note *n, bool paid);
/* took_us: of the talk; -1 when nobody was talked to. */
void seen_step(
    const struct doors *d, const struct order *o, const struct step *s, int64_t took_us);

#endif
