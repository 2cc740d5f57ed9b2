/* connector: a partner service that does steps. Pure: renders a request, reads an answer; whoever
 * calls it holds the talk and the protocol (shop/step.h).
 *
 * render is called once per round; its request is frozen with ${NAME} in place of secrets. read
 * says what an answer means: definite success, later, refused or unclear; only what surely did not
 * execute may be `later`.
 */
#ifndef PARTNER_CONNECTOR_H
#define PARTNER_CONNECTOR_H

#include "base/report.h"
#include "http/talk.h"
#include "shop/shop.h"
#include "shop/step.h"

struct step_call {
    const struct shop *shop;
    const struct step *step;
    const struct tree *with; /* the step's settings, holes unfilled */
    const struct tree *view; /* what holes are filled from (plan_view) */
    str letter; /* mail: "Subject: …\n[Reply-To: …\n]\nbody", rendered by the caller; else "" */
    str html;   /* mail: the same body for readers of HTML, a whole document; "" is none */
    str to;     /* mail: the address it goes to */
    str access; /* of a connector with `access`: the address of the line's private lessons */
    instant now; /* of the rendering: the Date of a mail */
};

struct connector {
    const char *name; /* "http", "academy.invite", "mail" */
    bool access;      /* it gives away step_call.access */
    /* Mistakes of a step's `with`, each at its place. */
    void (*check)(const struct shop_step *s, const struct shop *shop, struct report *report);
    enum step_class (*class)(const struct tree *with);
    /* kind TALK_NONE: done by computing; read is then called with a TALK_ANSWERED of status 200. */
    err (*render)(struct arena *mem, const struct step_call *call, struct talk_request *out);
    void (*read)(struct arena *mem, const struct step_call *call, const struct talk_answer *answer,
        struct step_outcome *out);
    /* Askable only; others give ERR_ABSENT. */
    err (*ask)(struct arena *mem, const struct step_call *call, struct talk_request *out);
    /* STEP_NO_WORD with next->kind set: not on this page, say *next and ask again. */
    enum step_found (*asked)(struct arena *mem, const struct step_call *call,
        const struct talk_answer *answer, struct step_outcome *out, struct talk_request *next);
    /* Names of the values a step with these settings gives: a list. */
    const struct tree *(*values)(struct arena *mem, const struct tree *with);
};

/* By the whole name, else by its last part: "kit.http" is http. Null when there is none. */
const struct connector *connector_find(str does);
const str *connector_names(size_t *count);
/* The settings a step goes by: those of its connector (`do: kit.http`: connectors.kit) under its
 * own `with`; `headers` are laid over each other name by name. A map, never null. */
const struct tree *connector_settings(
    struct arena *mem, const struct shop *shop, str does, const struct tree *with);

/* The `http` step, as it stands in shop.yml:
 *   do: http
 *   with:
 *     method: POST                   # default POST with body or form, else GET
 *     url: "https://api.example.com/v1/invitations"   # holes are percent-encoded
 *     headers: {Authorization: "Bearer ${ACADEMY_TOKEN}"}
 *     body: {email: "{{buyer.email}}", total: {$number: "{{order.total}}"}}
 *                                    # JSON; a lone hole keeps its kind; {$number: …} makes
 *                                    # a JSON number out of text such as 499.00
 *     form: {…}                      # instead of body: urlencoded, texts only
 *     ok: [200, 201]                 # default: any 2xx; given: another 2xx is unclear
 *     later: [409]                   # surely not executed; default 503; 429 always is
 *     refused: [404, 422]            # default: all other 4xx; given: other 4xx are unclear
 *     values: {link: /invitation/url}   # by JSON pointer; missing: poison "unexpected reply"
 *     expect: {/subscriber/fields/moa_link: "{{invitation.link}}"}   # else poison
 *     receipt: /purchase/id          # pointer; default the status. What lacks it was not done
 *     class: keyed                   # or natural, askable, opaque (the default)
 *     key: {header: Idempotency-Key} # keyed: where the key goes (or {{step.key}} in the body)
 *     ask:                           # askable: how to find out whether it was done
 *       url: "https://api.example.com/v4/purchases"
 *       headers: {…}                 # over those of the step
 *       list: /purchases             # pointer to the records; without it: one record
 *       match: {transaction_id: "{{order.id}}"}   # name or pointer in a record; all equal
 *       values: {…}                  # by pointer in the record found; same names as above
 *       receipt: /id
 *       next: {pointer: /pagination/end_cursor, query: after, more: /pagination/has_next_page}
 *                                    # the text there goes into the query of the next page;
 *                                    # more: true or false; without it, no text is the end
 *     settle: 5m                     # how long the partner's list may lag
 *     timeout: 20s                   # at most 60s
 *     allow_private: true            # http: and private addresses, for stand-ins
 *     ca: path
 * 408, 5xx but 503, time-outs and nonsense are unclear; 3xx is refused (redirects are not
 * followed); 404 to `ask` means not done. A text from the view never becomes a ${NAME}.
 * A connector of `connectors:` gives defaults: `do: kit.http` takes base, headers, class, ca,
 * allow_private … of connectors.kit: {use: http, base: "https://api.kit.com", headers: {…}}; url is
 * then joined to base.
 */

#endif
