/* world: fake doors for the flows: a memory store, partners that count their effects, a clock
 * that is
 * set, seeded dice, and one fault at the n-th door call. The flows are the real ones. */
#ifndef TEST_APP_WORLD_H
#define TEST_APP_WORLD_H

#include "app/flow.h"
#include "app/load.h"
#include "app/work.h"
#include "shop/order.h"

#include <setjmp.h>

/* What goes wrong at one door call. */
enum fault {
    FAULT_NONE,
    FAULT_APPLY_LOST,   /* UNKNOWN, and nothing was applied */
    FAULT_APPLY_DONE,   /* UNKNOWN, and all of it was applied */
    FAULT_APPLY_FULL,   /* the disk is full */
    FAULT_READ,         /* get, list or lease: busy */
    FAULT_TALK_REFUSED, /* no byte was sent */
    FAULT_TALK_BEFORE,  /* sent, no answer, nothing was done there */
    FAULT_TALK_AFTER,   /* done there, the answer is dropped */
    FAULT_TALK_503,
    FAULT_TALK_500, /* done there, and 500 answered */
    FAULT_TALK_422,
    FAULT_TALK_HTML, /* done there, 200, and nonsense */
    FAULT_CRASH,     /* the process dies at a named crash point */
    FAULTS
};

enum partner { ASKABLE, OPAQUE, KEYED, NATURAL, MAILS, PARTNERS };

/* How workers take up what is due. */
enum { WORLD_PACES = 4 };
extern const struct pace {
    const char *name;
    size_t at_once; /* jobs that are leased together, at most 8 */
    bool closing;   /* nothing new is begun beside a job */
    bool stolen;    /* another worker leases what is found in the tray, before it is begun */
    int64_t writes; /* of an order from placed to fulfilled */
} world_paces[WORLD_PACES];

struct world {
    struct arena *mem, *job;
    struct house_shop house;
    struct doors doors, event; /* event: the one flows of a request get */
    struct work work;
    struct store *real, store, event_store;
    struct talk talk;
    instant now;
    uint64_t seed;
    enum fault fault;
    int fault_at, calls; /* the fault comes at the fault_at-th call of its door, once */
    bool struck;
    jmp_buf death;
    bool may_die;
    int effects[PARTNERS];
    struct tree *mails; /* message ids, by file name: the last one written, and how many */
    int mail_files;
    str last_key;  /* the keyed partner's: same key, same effect */
    str reference; /* the askable partner's, once it exists */
    int log_lines;
    const struct pace *pace;
    struct row leased[64];
    bool begun[64];
    size_t leased_count;
    str link; /* what the askable partner gives instead of its link; empty: that */
};

/* The shop of test/app/shop. */
struct world *world_new(struct arena *mem);
void world_free(struct world *w);
/* One request through the real routes, its changes applied as the server would. */
struct response world_ask(struct world *w, const char *method, str target, str type, str body);
/* Works off everything that is or becomes due within `for_ms`; restarts after a crash. */
void world_run(struct world *w, int64_t for_ms);
/* The id in the link of a 303, and that order. */
str world_order_id(struct world *w, const struct response *r);
struct order *world_order(struct world *w, str id);
/* The link of an order paid through the test gateway: the note of its page. */
struct response world_pay(struct world *w, const struct order *o, const char *button);

/* test_hand.c */
void suite_order_in_hand(void);

/* test_limits.c: ends that nobody may push us over. */
void suite_larger_than_a_row(void);
void suite_larger_answers(void);
void suite_unreadable_order(void);
void suite_limits_hold(void);

#endif
