/* mail_way: where mail goes, as `send:` in shop.yml says it: a folder, or a mail server.
 *
 *   file:var/outbox
 *   smtps://jan@example.com:${SMTP_PASSWORD}@mail.example.com:465
 *   smtp://jan:${SMTP_PASSWORD}@mail.example.com:587
 *
 * The last @ ends name and password, so that a name may be an address. In name, password and host
 * %XX is a byte; ${NAME} may still stand there when it is only checked. smtps speaks TLS from the
 * first byte, smtp turns to it (STARTTLS).
 */
#ifndef HTTP_MAIL_WAY_H
#define HTTP_MAIL_WAY_H

#include "base/err.h"

struct mail_way {
    str folder; /* of file:, "" else */
    bool tls;   /* smtps */
    str user, password, host;
    int port;
    str name; /* what stands behind the host: how we introduce ourselves; "" when nothing does */
};

/* ERR_INVALID with a sentence that holds no secret. */
MUST err mail_way_read(struct arena *mem, str url, struct mail_way *out);

#endif
