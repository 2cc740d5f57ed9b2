/* call: what a connector is handed for one step: its settings, the view its holes are filled
 * from, the
 * letter it carries. Made anew from the order whenever it is needed; nothing here is kept. */
#ifndef APP_CALL_H
#define APP_CALL_H

#include "app/work.h"
#include "partner/connector.h"
#include "shop/matter.h"

struct call {
    const struct connector *connector;
    struct step_call step;
    enum step_class class;
};

/* ERR_SETUP: today's program has no such connector. The letter is made by call_letter only: it is
 * needed once,
 * when the request is frozen. */
MUST err call_new(struct arena *mem, const struct work *w, const struct order *o, struct step *s,
    struct call *out);
MUST err call_letter(struct arena *mem, const struct work *w, const struct order *o,
    const struct step *s, struct call *out);

/* The same for a matter, its letter made. */
MUST err call_matter(
    struct arena *mem, const struct work *w, const struct matter *m, struct call *out);
/* One request and its answer, secrets filled in; nothing is sent that the job's lease is too short
 * for. */
void call_say(struct arena *mem, const struct work *w, const struct row *job,
    struct talk_request *request, struct talk_answer *answer);

/* What the connector read in that answer, without our secrets: it is kept and shown. */
void call_hide(struct arena *mem, const struct work *w, struct step_outcome *outcome);

/* Whole addresses, from `api` in shop.yml, never from a Host header. */
str call_page(struct arena *mem, const struct shop *shop, const struct order *o);
str call_access(struct arena *mem, const struct shop *shop, const struct order *o, int line);

#endif
