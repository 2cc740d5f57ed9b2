/* facts: what is looked up now and then about the running program, so that /healthz and /metrics
 * answer at once and ask nobody: the queue, the oldest thing owed, the disk, the heartbeat.
 *
 * The sweep looks every minute (bounded: at most 1,000 rows of a kind); the worker beats whenever
 * its store has answered it. All may be read from any thread.
 */
#ifndef APP_FACTS_H
#define APP_FACTS_H

#include "app/work.h"
#include "base/buf.h"

struct facts;

/* Why the shop is not well; each a bit. What waits for a person (poison, hold) is none of them: the
 * person knows, and the program does all it can. */
enum facts_ill {
    FACTS_SILENT = 1,  /* no heartbeat for 2 minutes, or nobody has looked for 5 */
    FACTS_OVERDUE = 2, /* paid 5 minutes ago, not delivered, and not waiting for a person */
    FACTS_DISK = 4,    /* nearly full: under 64 MiB, or new orders are refused already */
};

/* sqlite: the store itself, for what it says of its disk; null when it is another. dir: the shop's.
 */
struct facts *facts_new(struct arena *mem, struct store *sqlite, str dir, int64_t steady);
void facts_beat(struct facts *f, int64_t steady);
/* Somebody near (a proxy, most likely) speaks for others and is not named in `proxies:`. The first
 * one is remembered; "" when there is none. */
void facts_doubt(struct facts *f, str peer);
str facts_doubted(const struct facts *f);
/* Logs when the shop falls ill or is well again. */
MUST err facts_look(struct arena *mem, const struct work *w, struct facts *f, int64_t steady);
unsigned facts_ill(const struct facts *f, int64_t steady);
void facts_write(const struct facts *f, int64_t steady, struct buf *out);

#endif
