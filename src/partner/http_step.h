/* http_step: the `http` step in its four parts: what is wrong in its settings, the request it
 * makes, what an answer means, and how the partner is asked. The language is described in
 * partner/connector.h. */
#ifndef PARTNER_HTTP_STEP_H
#define PARTNER_HTTP_STEP_H

#include "partner/connector.h"

void http_check(const struct shop_step *s, const struct shop *shop, struct report *report);
enum step_class http_class(const struct tree *with);

err http_render(struct arena *mem, const struct step_call *call, struct talk_request *out);
/* What every request of the step has: address joined to `base`, headers (those of `more` over the
 * step's), ca, time-out. */
err http_begin(struct arena *mem, const struct step_call *call, str url, const struct tree *more,
    struct talk_request *out);

void http_read(struct arena *mem, const struct step_call *call, const struct talk_answer *answer,
    struct step_outcome *out);
/* What a refused or unclear answer said, for the owner: one line, no secrets, at most 300
 * characters. */
str http_why(struct arena *mem, const struct step_call *call, const struct talk_answer *answer);
/* Values go into pages and letters, and are kept: one line of text, not empty, at most LIMIT_FIELD.
 * What is wrong, as it follows its name; empty when nothing is. */
str http_value_fault(str s);
/* name -> text, by pointers into a body. ERR_PARTNER: "unexpected reply: …". */
err http_values(struct arena *mem, const struct step_call *call, const struct tree *pointers,
    const struct tree *body, const struct tree **out);

err http_ask(struct arena *mem, const struct step_call *call, struct talk_request *out);
enum step_found http_asked(struct arena *mem, const struct step_call *call,
    const struct talk_answer *answer, struct step_outcome *out, struct talk_request *next);

/* Header names compare without case. */
const struct tree *http_header_find(const struct tree *headers, str name);

#endif
