/* log: lines to standard error, one write for many, in a thread of their own.
 *
 * A line is `time=… level=… ` and the pairs it is given (base/fields). log_add copies it and
 * returns: it never waits for who reads standard error. When nobody reads and 128 KiB are waiting,
 * lines are dropped, and the log says how many when it can. Before log_start, and for log_now, the
 * line is written at once, waiting a second at most. Behind systemd each line bears its priority.
 */
#ifndef IO_LOG_H
#define IO_LOG_H

#include "base/err.h"

struct log;

/* Lives until the process ends: threads that hang may still log. */
MUST err log_new(struct log **out);
MUST err log_start(struct log *l);
/* Any thread. */
void log_add(struct log *l, str level, str pairs);
/* Writes what waits, for at most wait_ms; lines that come later are written at once. */
void log_end(struct log *l, int64_t wait_ms);
/* Only when no other thread may log any more, and log_end was in time. */
void log_free(struct log *l);
int64_t log_dropped(const struct log *l);

/* Without a log: what is said last. */
void log_now(str level, str pairs);
/* A closed standard stream is opened on /dev/null: else the next file or connection would get its
 * number, and what is meant for people. */
void log_keep_streams(void);

#endif
