/* ask: what a buyer asks for without buying: the letter again, a corrected e-mail, "send me my
 * links". The request only keeps that it was asked, as a row of kind "ask" with a due time; a
 * worker does it (ask_work) by adding a step, so that the letter goes the way of all letters. */
#ifndef APP_ASK_H
#define APP_ASK_H

#include "app/flow.h"
#include "app/work.h"
#include "http/route.h"

/* POST /api/find: the same answer and the same write, whether anything was bought or not. */
void ask_find(const struct flow *f, const struct route_match *m, struct reply *reply);
/* POST /o/<order>/<key>/resend and …/email */
void ask_order(const struct flow *f, const struct route_match *m, struct reply *reply);
/* What was asked; job: the leased row. */
MUST err ask_work(struct arena *mem, const struct work *w, struct row *job);

#endif
