/* talk: a conversation that we lead, one request and one answer.
 *
 * Flows and connectors are handed a talk; the real one is io/client, a test's replays a script, the
 * simulator's drops the line. What matters most is `sent`: TALK_NOT_SENT only when no byte of the
 * request was handed to the kernel; when in doubt it is TALK_NO_ANSWER (unknown).
 * Requests keep ${NAME} in place of secrets; whoever sends fills them (say does not).
 */
#ifndef HTTP_TALK_H
#define HTTP_TALK_H

#include "base/err.h"
#include "base/tree.h"
#include "http/message.h"

enum talk_kind {
    TALK_NONE, /* nothing to say: the step is done by computing */
    TALK_HTTP,
    TALK_MAIL, /* url is where mail goes (file:, smtp:, smtps:); body the whole RFC 5322 message */
};

struct talk_request {
    enum talk_kind kind;
    str method, url;
    struct header headers[MESSAGE_HEADERS];
    size_t header_count;
    str body;
    str from, to;       /* mail: envelope addresses, one each */
    str name;           /* mail to a folder: the file's name, so that a repeat overwrites it */
    int64_t wait_ms;    /* whole conversation; 0 means the default of 20 s */
    str ca;             /* file with the partner's own authority, "" for the system's */
    bool allow_private; /* http: and private addresses are refused without it */
    bool allow_plain;   /* mail: smtp: may go on when the server has no STARTTLS */
};

enum talk_sent {
    TALK_NOT_SENT,  /* surely nothing happened there */
    TALK_NO_ANSWER, /* something was sent, no whole answer came: unknown */
    TALK_ANSWERED,
};

struct talk_answer {
    enum talk_sent sent;
    int status; /* HTTP or SMTP code of a whole answer */
    struct header headers[MESSAGE_HEADERS];
    size_t header_count;
    str body; /* at most LIMIT_ANSWER; a longer one is TALK_NO_ANSWER */
    str why;  /* for the owner, without secrets */
    bool shut; /* NOT_SENT: we were not let in (login, TLS): our settings, not this request */
};

struct talk {
    void (*say)(struct talk *self, struct arena *mem, const struct talk_request *request,
        struct talk_answer *out);
};

str talk_header(const struct talk_answer *answer, str name);
void talk_request_header(struct talk_request *r, str name, str value);
/* To JSON that can be kept (a frozen request), and back; exact to the byte. */
str talk_request_write(struct arena *mem, const struct talk_request *r);
MUST err talk_request_read(struct arena *mem, const struct tree *t, struct talk_request *out);
/* Fills ${NAME} in url (percent-encoded), headers, body and ca. A CR or LF that gets into a header
 * this way is ERR_INVALID. In a body the value is written as its place wants: percent-encoded in an
 * urlencoded form, escaped in JSON. A mail's body holds no secrets and stays as it is. */
MUST err talk_request_fill(struct arena *mem, struct talk_request *r, const struct tree *secrets);
/* Retry-After of an answer in ms from now: seconds or an HTTP date; 0 when absent or nonsense,
 * at most a day. */
int64_t talk_retry_after(const struct talk_answer *answer, instant now);

#endif
