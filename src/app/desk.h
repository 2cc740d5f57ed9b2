/* desk: what commands ask and do, as requests with JSON answers: over the control socket of the
 * running
 * program, or called directly when none runs. The owner's desk in the browser will use the same.
 *
 *   GET  /orders?limit=&before=&state=   {orders: […], before}
 *   GET  /orders/<id>                    one order
 *   POST /orders/<id>?do=resend|revoke   the letter with the access again; the keys turned as well
 *   GET  /queue                          {jobs: […]}: due, stuck and stray
 *   GET  /queue/<job>                    one job with its frozen request, secrets left out
 *   POST /queue/<job>?do=retry|anew|done|drop&text=
 *   POST /backup?file=&replace=&secret=  copies the store into a file
 *   POST /backup?file=&keep=&secret=     into a folder of dated ones, of which so many stay
 *   GET  /doctor                         {persons, late, newest, mail, doubted, silent, backup,
 *                                        backup_failed, fault}
 *   POST /doctor?found=                  tells the owner by letter, when it is news: {told}
 * A job's slashes stand as they are, its other signs percent-encoded.
 *   before=: the id that the list goes on behind; it comes with the list when there is more.
 */
#ifndef APP_DESK_H
#define APP_DESK_H

#include "app/work.h"
#include "http/message.h"

/* What tells one shop secret from another, and nothing about it. */
str desk_print(struct arena *mem, struct hash_key secret);
void desk(struct arena *mem, const struct work *w, const struct request *r, struct response *out);

#endif
