/* outbox: mail as files in a folder, one file a message, there whole or not at all.
 *
 * The request's `name` is the file's name, so the same message written again overwrites itself. The
 * folder's `file:` is the only way of sending that is known here.

 */
#ifndef IO_OUTBOX_H
#define IO_OUTBOX_H

#include "http/talk.h"

/* ANSWERED with status 250 when the file is durable; everything else is NOT_SENT. */
void outbox_say(
    struct arena *mem, str dir, const struct talk_request *request, struct talk_answer *out);

#endif
