/* doors: everything a flow needs of the world, handed in.
 *
 * The real ones are made in app/open; tests and the simulator make others. Flows know no thread:
 * the same functions run in the server, in tests and in the simulator. A crash point is a place
 * where a process may die: `crash` is called with its name; the real one does nothing unless
 * GROSZ_CRASH asks for it in a test build.
 */
#ifndef APP_DOORS_H
#define APP_DOORS_H

#include "base/fields.h"
#include "base/time.h"
#include "http/talk.h"
#include "page/template.h"
#include "shop/shop.h"
#include "store/store.h"

enum crash_point {
    CRASH_ORDER_KEPT,   /* an order is durable, its buyer not yet answered */
    CRASH_NOTE_KEPT,    /* a note is durable, the gateway not yet answered */
    CRASH_LEASED,       /* a job is leased, nothing looked at */
    CRASH_NOTE_APPLIED, /* the order is paid and its steps are owed, the note's job still open */
    CRASH_SENDING_KEPT, /* sending is durable, no byte sent */
    CRASH_ANSWERED,     /* the partner answered, nothing written */
    CRASH_OUTCOME_KEPT, /* the outcome is durable */
    CRASH_POINTS
};

struct discretion;
struct meter;
struct facts;

struct doors {
    void *self;
    instant (*now)(void *self);
    uint64_t (*dice)(void *self);
    void (*crash)(void *self, enum crash_point at);
    void (*log)(void *self, str level, str pairs); /* base/fields */
    struct talk *talk;
    struct store *store; /* in the event thread: only get and list */
    struct store *own;   /* the store itself, for backup; null: not this kind */
    instant restored_at; /* 0: never; restored_from: when that backup was made */
    instant restored_from;
    struct meter *meter;        /* null: nothing is counted */
    struct facts *facts;        /* null: nobody looks */
    struct discretion *discretion; /* null: none */
};

/* One line for the owner in free words (warnings, errors), masked. */
void doors_log(const struct doors *d, str level, str words);
/* One line of known fields; see app/seen. */
void doors_tell(const struct doors *d, str level, const struct fields *f);

const char *crash_name(enum crash_point at);

#endif
