/* mail: a letter to the bytes of RFC 5322, the same bytes every time it is made from the same
 * facts.
 *
 * Headers cannot be injected: CR, LF and control characters in a value are an error, anything
 * beyond ASCII is encoded (RFC 2047). The Message-ID is <key@host of the shop>; so all copies of
 * one step carry one id. Whole letters are ASCII: text that is not, or has long lines, is
 * quoted-printable, so that any server may carry it.
 */
#ifndef PARTNER_MAIL_H
#define PARTNER_MAIL_H

#include "base/err.h"
#include "base/time.h"

struct letter {
    str from; /* "Jan <jan@example.com>" */
    str to, reply_to;
    str subject, text;
    str html; /* the same once more for those who read HTML; "" is none */
    str key, host;
    str list_headers; /* "" */
    instant at;
};

MUST err mail_write(struct arena *mem, const struct letter *l, str *out);
/* The bare address of "Jan <jan@example.com>"; ERR_INVALID. */
MUST err mail_address(str from, str *out);

struct shop;
struct report;
struct talk_request;

/* The request that sends it as the shop does, `from` and `host` the shop's, and `reply_to` when it
 * has none of its own. */
MUST err mail_request(
    struct arena *mem, const struct shop *shop, struct letter l, struct talk_request *out);
/* By which server: what of a request is today's, whenever its letter was written. */
void mail_request_way(struct arena *mem, const struct shop *shop, struct talk_request *r);

/* Mistakes of `mail:` in shop.yml, each at its place. */
void mail_settings_check(const struct shop *shop, struct report *report);

#endif
