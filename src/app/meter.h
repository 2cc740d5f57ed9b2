/* meter: what the program counts of itself, as Prometheus reads it (GET /metrics on the control
 * socket).
 *
 * Counters and histograms grow from 0 at the start; any thread adds, without a lock. Names, labels
 * and help stand in one table (meter.c). No label ever holds a stranger's word or a buyer's: its
 * values are from tables. What is looked up now and then (queue, disk) stands in app/facts.
 */
#ifndef APP_METER_H
#define APP_METER_H

#include "base/buf.h"

struct meter;

enum meter_count {
    METER_ORDER_PLACED,
    METER_ORDER_AGAIN, /* the same key, the same fields */
    METER_ORDER_PAID,
    METER_NOTE_KEPT,
    METER_NOTE_AGAIN,
    METER_NOTE_STRAY,
    METER_STEP_DONE,
    METER_STEP_READY, /* to be tried again */
    METER_STEP_UNKNOWN,
    METER_STEP_HOLD,
    METER_STEP_POISON,
    METER_STEP_SKIPPED,
    METER_COMMITS,
    METER_LOG_DROPPED,
    METER_REFUSALS, /* from here on: each refusal by where and why */
    METER_NO_FIELDS = METER_REFUSALS,
    METER_WRONG_FIELDS,
    METER_BY_ADDRESS,
    METER_BY_EMAIL,
    METER_ORDER_SETUP,
    METER_ORDER_FULL,
    METER_ORDER_BUSY,
    METER_NOTE_NO_GATEWAY,
    METER_NOTE_FORGED,
    METER_NOTE_BROKEN,
    METER_NOTE_FULL,
    METER_NOTE_BUSY,
    METER_WRONG_KEY, /* of a buyer's page or a lesson */
    METER_NO_PAGE,
    METER_NO_METHOD,
    METER_BAD_HEAD, /* what the server itself refuses */
    METER_TOO_LONG,
    METER_MANY_HEADERS,
    METER_STRANGE_METHOD,
    METER_EXPECTATION,
    METER_BROKEN_HEAD,
    METER_SLOW_SENDER,
    METER_SLOW_READER,
    METER_NO_PLACE,
    METER_OVER_SHARE,
    METER_ASK_NO_FORM, /* send my links, send it again, correct my e-mail */
    METER_ASK_FIELDS,
    METER_ASK_MANY,
    METER_ASK_BUSY,
    METER_COUNTS
};

enum meter_time { METER_REQUEST, METER_COMMIT_WAIT, METER_STEP_TALK, METER_TIMES };

/* Null is a meter that counts nothing: tests have none. */
struct meter *meter_new(struct arena *mem);
void meter_add(struct meter *m, enum meter_count what, int64_t many);
void meter_time(struct meter *m, enum meter_time what, int64_t microseconds);
/* route: a pattern of a table of routes (the pointer names it), "" when there was none. */
void meter_request(struct meter *m, str route, int status);
void meter_write(const struct meter *m, struct buf *out);

/* For app/facts: one gauge. labels: `state="hold"` or "". */
void meter_gauge_head(struct buf *out, const char *name, const char *help);
void meter_gauge(struct buf *out, const char *name, const char *labels, double value);

#endif
