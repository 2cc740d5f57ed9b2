/* step: one thing the shop owes for a paid line, and the protocol that makes a crash harmless.
 *
 *   waiting -> ready -> sending -> done | poison | hold | unknown -> …   (design 4)
 *
 * This module decides; it talks to nobody. The flow in app/work writes down what it decides before
 * acting on it: `sending` is durable before the first byte. A step that is found `sending` by a new
 * lease has crashed: that is UNKNOWN and nothing more. Poison and hold never expire.
 */
#ifndef SHOP_STEP_H
#define SHOP_STEP_H

#include "base/err.h"
#include "base/hash.h"
#include "base/time.h"
#include "base/tree.h"

enum step_state {
    STEP_WAITING, /* for the steps in `needs` */
    STEP_READY,   /* may be tried at `due` */
    STEP_SENDING, /* attempt n is under way, or was when we crashed */
    STEP_UNKNOWN, /* the partner may have done it; ask at `due` */
    STEP_DONE,
    STEP_HOLD,    /* outcome unknown, must not be repeated without a person */
    STEP_POISON,  /* definitely refused; a person must change something */
    STEP_DROPPED, /* by a person, with a reason */
    STEP_SKIPPED, /* not owed after all (late mail, access was in time) */
    STEP_STATES
};

/* How a partner takes a repeat. */
enum step_class {
    STEP_KEYED,   /* takes a key: the same key is done once, within its window */
    STEP_NATURAL, /* doing it twice is the same as once */
    STEP_ASKABLE, /* can be asked whether it was done */
    STEP_OPAQUE,  /* neither */
    STEP_MAIL,    /* natural up to five times, then hold */
};

struct record_kept;

struct step {
    int line;     /* of the order, from 0; -1: belongs to the whole order */
    str id, does; /* "invitation", "academy.invite" */
    str key;      /* HMAC of order/line/id under the shop secret, 26 characters */
    enum step_state state;
    const struct tree *needs; /* list of step ids of the same line that must have ended first */
    const struct tree *with;  /* its settings, as planned; holes and ${NAME} unfilled: step_with */
    str with_row;             /* the same as JSON, when it was read from a row */
    int64_t attempts;         /* sendings begun */
    int64_t unknowns;         /* outcomes that were UNKNOWN, each kept before another sending */
    int64_t crashes;          /* found sending by a new lease within the last hour */
    int64_t absent;           /* times the partner, asked, said no such thing */
    int64_t silent;           /* times the partner, asked, had no word; since the last UNKNOWN */
    int64_t retried;    /* attempts there were when a person said retry: counted anew from there */
    instant crashed_at; /* the first of those crashes */
    instant doubted_at; /* the restore for which step_doubt was last said; 0: none */
    instant due;        /* when to look at it again; 0: never by itself */
    instant first_at, started_at, finished_at;
    str digest;                /* SHA-256 hex of the frozen request; "" before the first attempt */
    str digest_before;         /* of the request before `retry --anew` */
    int64_t round;             /* of freezing: 0, + 1 by --anew; names the frozen row */
    bool ours;                 /* the last try failed by our settings: see step_outcome */
    str receipt;               /* the partner's words */
    const struct tree *values; /* what it obtained: name -> text */
    str error;                 /* the last thing that went wrong, for the owner */
    str more;                  /* keys that a newer program kept */
    struct record_kept *kept; /* shop/record: how it stands in the row */
};

/* Its settings; null when it has none. Most steps are read and written without them. Before
 * step_begin, step_finish and step_asked, which look for `settle`. */
const struct tree *step_with(struct arena *mem, struct step *s);

/* "<order>/<line>/<id>", line from 1, 0 for the whole order. */
str step_job(struct arena *mem, str order, const struct step *s);
str step_key(struct arena *mem, struct hash_key secret, str order, int line, str id);
const char *step_state_name(enum step_state s);
bool step_state_read(str name, enum step_state *out);
bool step_is_open(const struct step *s); /* still owed: neither done, dropped nor skipped */

/* ---- what to do now: asked with a fresh lease, before anything is sent ---- */

enum step_do {
    STEP_REST,  /* nothing now (done, waiting, hold, not due yet) */
    STEP_SEND,  /* write it down (state is sending now), then send the frozen request */
    STEP_ASK,   /* ask the partner whether it was done; kept as it is */
    STEP_WRITE, /* only write down what changed (a crash became hold) */
};
/* Changes the step accordingly. A step found sending has crashed: unknowns+1, and by class goes
 * on. */
enum step_do step_begin(struct step *s, enum step_class class, instant now);

/* The shop was restored from a backup made at `since`: what is ready here may have been done since
 * then. Counts as UNKNOWN and goes on by class: keyed and natural ready again, with the window of
 * the key as if first sent at `since`; askable asked first; opaque on hold. Once per restore. */
void step_doubt(struct step *s, enum step_class class, instant since, instant now);

/* ---- what came of it ---- */

enum step_result {
    STEP_DID,     /* definite success */
    STEP_LATER,   /* nothing was sent, or 429, 503 and the like: surely not executed */
    STEP_REFUSED, /* definite refusal */
    STEP_UNCLEAR, /* time-out, reset, 5xx, nonsense */
};
struct step_outcome {
    enum step_result result;
    const struct tree *values; /* STEP_DID: name -> text */
    str receipt;               /* STEP_DID */
    str why;                   /* the others: for the owner, no secrets */
    bool ours;                 /* STEP_LATER: our settings are wrong; does not count as a try */
    int64_t wait_ms;           /* STEP_LATER: what the partner wished; 0: our own back-off */
};
/* dice: 64 random bits for full jitter. Back-off 2 s doubling to 1 h, at most 30 attempts, then
 * poison; what is ours is tried every 10 minutes until somebody has mended it; keyed: no sending
 * later than 19 h after the first, then hold. */
void step_finish(struct step *s, enum step_class class, const struct step_outcome *o, instant now,
    uint64_t dice);

/* Instead of step_finish or step_asked, when the order fits no row with what they add: hold. */
void step_unkept(struct step *s, instant now);

enum step_found { STEP_FOUND, STEP_ABSENT, STEP_NO_WORD };
/* After STEP_ASK. Found: done with values. Absent twice (≥ the class's settle time apart): ready.
 * No word: asked again later, up to 10 times, then hold. */
void step_asked(struct step *s, enum step_found found, const struct step_outcome *o, instant now,
    uint64_t dice);

/* After any change: waiting steps of that line whose needs are all no longer open become ready. */
void step_wake(struct step *steps, size_t count, instant now);

/* ---- a person's verbs; ERR_CONFLICT with a sentence when the state does not allow it ---- */

/* Poison or hold: same key, same bytes. */
MUST err step_retry(struct step *s, instant now);
/* Only after a definite refusal (poison): rendered again from today's shop. */
MUST err step_retry_anew(struct step *s, const struct tree *with, instant now);
/* With evidence and, if given, values (name -> text). */
MUST err step_done(struct step *s, str evidence, const struct tree *values, instant now);
MUST err step_drop(struct step *s, str reason, instant now);

struct tree *step_write(struct arena *mem, const struct step *s);

#endif
