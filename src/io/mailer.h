/* mailer: one letter to a mail server, over SMTP (libcurl, through io/curl).
 *
 * smtps:// speaks TLS from the first byte; smtp:// must turn to it (STARTTLS) unless allow_plain;
 * private addresses only with allow_private. What is known afterwards:
 *   not let in                 NOT_SENT and `shut`: login, TLS (530, 534, 535, 538)
 *   a 4xx or 5xx reply         ANSWERED with it, whatever libcurl says of it
 *   250 to the whole letter    ANSWERED with it
 *   else, not all of it left   NOT_SENT: without the final dot no server keeps a letter
 *   else                       NO_ANSWER: it may be on its way
 * Goodbye (QUIT) is said and waited for a moment only. `why` is the server's last line.
 */
#ifndef IO_MAILER_H
#define IO_MAILER_H

#include "http/talk.h"

struct curl;

void mailer_say(struct arena *mem, const struct curl *curl, const struct talk_request *request,
    struct talk_answer *out);

#endif
