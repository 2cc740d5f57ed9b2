/* sim: the real flows in a world made of one seed.
 *
 * One thread. Every request, worker, sweep and command of every process is a fibre; at each door
 * call it may be put to sleep, and others run: that stands for threads and for several machines. A
 * process that dies simply never wakes up again. Time is virtual, dice are seeded, faults are drawn
 * per seed (swarm): a safety phase in which anything may happen, then a kind phase in which
 * everything must come to its end. What the world knows to be true (who paid, what partners did,
 * what was acknowledged) is kept beside the store, as the ghost, and compared after each event.
 */
#ifndef TEST_SIM_H
#define TEST_SIM_H

#include "app/flow.h"
#include "app/load.h"
#include "app/orders.h"
#include "app/work.h"
#include "store/committer.h"

enum {
    SIM_PROCESSES = 3,
    SIM_WORKERS = 2,
    SIM_FIBRES = 64,
    SIM_ORDERS = 256,
    SIM_STEPS = 40,
    SIM_MEMBERS = 32,
    SIM_NOTICES = 1024,
    SIM_BATCH = 512,
    SIM_LEASE = 16,
};

/* What may go wrong. Each is a rate of 1024, 0 when the seed has none of it. */
enum fault {
    FAULT_CRASH,      /* a process dies at a door call */
    FAULT_CRASH_MARK, /* … at a named crash point */
    FAULT_PAUSE,      /* a process sleeps past its leases, and goes on */
    FAULT_CLOCK,      /* its clock jumps */
    FAULT_STUCK,      /* its clock stands still for a while */
    FAULT_NEWER,      /* it is started in a newer version, which keeps more */
    FAULT_LOST,       /* apply: UNKNOWN, and nothing was applied */
    FAULT_DONE,       /* apply: UNKNOWN, and all of it was */
    FAULT_FULL,       /* the disk is full for a while */
    FAULT_SLOW,       /* a write takes longer than a lease */
    FAULT_BUSY,       /* a read fails */
    FAULT_SWITCH,     /* somebody else goes first (no fault, but it is drawn like one) */
    FAULT_UNHEARD,    /* our answer to a request is lost */
    FAULT_UNSENT,     /* a request never arrives */
    FAULT_TWICE,      /* a note is sent again although it was acknowledged, a form pressed twice */
    FAULT_MONTH,      /* … a month later */
    FAULT_NEVER,      /* money is taken, and nobody ever tells */
    FAULT_MENDED,     /* a form comes again with its key and another address */
    FAULT_FORGED,
    FAULT_CHEAP,    /* a genuine note with another amount */
    FAULT_CURRENCY, /* … another currency */
    FAULT_MODE,     /* … test money for a live order, or the reverse */
    FAULT_STRAY,    /* … for an order that never was */
    FAULT_TALK_REFUSED,
    FAULT_TALK_HANG,   /* sent, no answer, not done */
    FAULT_TALK_UNSAID, /* done, and the answer is lost */
    FAULT_TALK_LATE,   /* our time is out, and then it is done */
    FAULT_TALK_429,
    FAULT_TALK_503,
    FAULT_TALK_500,       /* not done */
    FAULT_TALK_500_AFTER, /* done */
    FAULT_TALK_422,
    FAULT_TALK_HTML,  /* done, and 200 with nonsense */
    FAULT_TALK_CUT,   /* done, and JSON that breaks off */
    FAULT_TALK_STALE, /* asked, the partner's list is not up to date */
    FAULT_RESTORE,    /* an older backup takes the place of the store */
    FAULT_DISK_POWER, /* these with SQLite only: the power goes at a write or sync of a file */
    FAULT_KEEPING,    /* who makes a backup, or restores it, dies at a call to the system */
    FAULT_DISK_WRITE,
    FAULT_DISK_SYNC,
    FAULT_DISK_SPACE,
    FAULTS
};

enum phase { PHASE_SAFETY, PHASE_KIND };

struct sim;
struct fibre;
struct ask;

struct event {
    instant at;
    uint64_t order; /* of events at the same time: dice */
    void (*act)(struct sim *s, void *what, uint64_t number);
    void *what;
    uint64_t number;
};

struct process {
    struct sim *sim;
    struct store store;          /* its door to the store */
    struct store back;           /* of its committer */
    struct committer *committer; /* null: none in this world */
    struct fibre *committing;
    bool turn, called; /* the event loop will look; there may be work for the committer */
    struct talk talk;
    struct doors doors;
    struct work work;
    bool alive;
    instant paused_until;
    int64_t offset; /* of its clock */
    instant stuck_until, stuck_at;
    bool newer; /* a version that keeps more in an order */
    uint64_t life;
};

/* An arena that keeps its first chunk, which is large, from one use to the next. */
struct desk {
    struct arena *mem;
    struct arena_mark empty;
};

struct fibre {
    void *at; /* its registers, on its stack */
    char *stack;
    struct arena *mem, *leased;
    struct desk mem_desk, leased_desk;
    struct process *process;
    void (*run)(struct fibre *f);
    bool live, idle;
    const bool *until;            /* waits for its committer */
    const struct change *changes; /* on their way to the store, or a lease: whose they are */
    size_t change_count;
    const struct row_list *lease;
    instant wake_at;
    uint64_t serial; /* of the wake-up that counts */
    struct ask *ask;
    const struct row *job;
    struct leased {
        struct row row;
        uint64_t token;
        bool begun;
    } got[SIM_LEASE];
    size_t got_count;
    uint64_t token; /* of the lease of `job`; the steps that follow it are held by the same */
    uint64_t heard; /* with a script: hash of all that it was told since it began what it is at */
    str words[3];   /* of a command: job, verb, text */
};

struct ask {
    const char *method;
    str target, type, body;
    void (*answered)(struct sim *s, struct ask *a, const struct response *r);
    void *who;
};

/* ---- the ghost: what is true ---- */

struct ghost_step {
    char name[72]; /* "1/badge" */
    size_t name_len;
    char key[32], digest[68];
    enum step_state state;
    int64_t attempts, unknowns, round;
    bool job, stuck, operated;
    uint64_t needs;  /* by index */
    uint64_t holder; /* the token of the last lease */
    uint64_t wire;   /* hash of the first request of this round */
    int64_t wire_round;
    int wires, effects, retries, asks;
    int late;         /* effects that are still to come */
    instant ready_at; /* when it may be sent; 0: it is not ready */
    instant leased;   /* the end of its last lease before the world turned kind */
    /* at the last restore of a backup; doubtful: nothing may be sent before it was doubted */
    int effects_before, retries_before, asks_before;
    int64_t unknowns_before;
    bool doubtful;
    instant done_there; /* the first effect */
    instant window_at;  /* the first request since a person last said retry */
    int window_retries;
};

/* The row of an order as last kept, and where its pieces stand. */
struct ghost_row {
    char *bytes;
    size_t len, room, member_count, step_count;
    size_t steps_at, tail_at; /* 0: it has no steps; what stands behind members and steps */
    bool newer;               /* all before its steps is kept as a newer version does it */
    struct row_piece {
        uint32_t at, len, name, newer;        /* name: its length, of a member */
    } members[SIM_MEMBERS], steps[SIM_STEPS]; /* without members it is to be read as a whole */
};

struct ghost_order {
    char id[24];
    bool acked, kept, paid, open, expired, seen;
    size_t newer;            /* keys of a newer version in its row */
    bool restored, lost;     /* from a backup; it was kept after one that was restored */
    struct ghost_step *gone; /* steps that were there before the restore and not in the backup */
    size_t gone_count;
    uint64_t hash; /* of what never changes */
    instant paid_at, expires_at;
    int64_t version;
    enum order_state state;
    size_t payments, refunds;
    uint64_t payments_hash, refunds_hash;
    int64_t total;
    char currency[4];
    int64_t taken; /* money that a gateway truly took, in the order's currency and mode */
    char reference[32], gateway[8];
    struct ghost_row row;
    size_t step_count;
    struct ghost_step steps[SIM_STEPS]; /* the last member: made when needed */
};

/* What a gateway wants to be heard. */
struct notice {
    struct ghost_order *order; /* null: stray or forged */
    str gateway, body;
    enum order_event what;
    int64_t amount, asked;
    str transaction, refund;
    bool genuine, good, acked; /* good: counts as money */
    bool gone;                 /* with a restore, and nobody tells of it again */
    bool untold;               /* nobody ever tells of it */
    int tries;
};

struct note_kept { /* a note row that is there */
    uint64_t name, raw;
    bool seen;
};

struct buyer_form {
    str body, product;
    bool keyed, pays;
    instant first_at;
    struct buyer_form *mended; /* the same with another address, before or after */
    struct ghost_order *order;
    int tries;
};

struct totals {
    int64_t seeds, orders, paid, effects, notes, events, faults, crashes, ended, held;
    int64_t struck[FAULTS];
};

/* What becomes of one change before the store sees it. */
struct fate {
    bool lost, hidden, full;
};

struct sim {
    uint64_t seed, dice;
    struct arena *mem, *scratch;
    struct desk mem_desk, scratch_desk;
    struct house_shop *house;
    struct store *real;
    instant now, kind_at;
    enum phase phase;
    int rate[FAULTS];
    struct event *heap;
    size_t heap_count, heap_room;
    struct fibre fibres[SIM_FIBRES];
    int fibre_top; /* those from here on were never needed in this world */
    struct fibre *current;
    struct fibre *resting[SIM_PROCESSES * SIM_WORKERS];
    int rest_count;
    instant look_at; /* one of them looks; INT64_MAX: nothing is due for any */
    instant due;     /* the earliest of the store, when it is known */
    bool due_known;
    void *main;
    struct process processes[SIM_PROCESSES];
    int process_count, workers, lease_most;
    instant full_until;
    uint64_t tokens;
    struct ghost_order orders[SIM_ORDERS];
    uint64_t names[SIM_ORDERS];     /* the last letters of their ids, side by side */
    size_t order_count, order_last; /* last: found last */
    struct notice notices[SIM_NOTICES];
    size_t notice_count;
    struct note_kept *notes;
    size_t note_count, note_room;
    int buyers_left, pays; /* of 1024 buyers */
    int product;           /* in exhaustive mode */
    struct backup *backup; /* the newest; behind it those before */
    struct restoring {     /* until the store is open again: */
        uint64_t number;   /* of the database that was there before; 0: nothing was restored */
        bool told;         /* the owner was told that it is done */
    } restoring;
    bool keeping; /* a backup is made or restored */
    int hanging;  /* a partner that hangs at the begin of the kind phase, from 1; 0: none */
    instant hangs_until;
    uint64_t trace;
    int64_t events, still; /* of this world; since the clock moved */
    bool failed, quiet, verbose, settled, tidy;
    bool committers;                /* each process has one; else it speaks to the store itself */
    struct change batch[SIM_BATCH]; /* what is applied now */
    struct fate fates[SIM_BATCH];
    struct fibre *author; /* of the change that is applied */
    bool again;           /* after a restart: whose write it was that is found now is not known */
    char why[400];
    struct totals *totals;
    bool alike;              /* nothing strikes that only one kind of store knows */
    const char *disk;        /* folder of the database; null: the memory store */
    struct arena *store_mem; /* of the store that is open */
    struct script *script;   /* exhaustive: which strikes */
};

/* Exhaustive mode: the strikes of a run, by number; everything else goes as asked. */
enum { SCRIPT_MOST = 4 };
struct script {
    int at[SCRIPT_MOST], count; /* ascending */
    int points;                 /* passed in this run */
    int left;                   /* strikes that there could still be */
    bool narrow;                /* fewer kinds, no point that says what another one says */
    bool known;                 /* out: ended early, in a state that was explored before */
    uint64_t events;            /* added in this run */
    uint32_t run;               /* its number */
    const struct buyer_form *form;
    struct states *states; /* null: nothing is left out */
};

/* ---- state.c: the whole state of a scripted world as one number ---- */
struct state_hash {
    uint64_t a, b;
};
struct states *states_new(void);
void states_free(struct states *t);
size_t states_count(const struct states *t);
bool state_is_seen(struct sim *s, int left);
/* Of which kinds there may be rows. */
void state_written(struct sim *s, const struct change *c);
/* Each answer of a door, to the fibre that is running. */
void fibre_hears_it(struct sim *s, uint64_t number, str words);
static inline void fibre_hears(struct sim *s, uint64_t number, str words) {
    if (s->script)
        fibre_hears_it(s, number, words);
}

/* ---- dice.c ---- */
uint64_t roll(struct sim *s);
uint64_t below(struct sim *s, uint64_t n);
bool strikes(struct sim *s, enum fault f);
void struck(struct sim *s, enum fault f);
/* Up to six questions by one roll, each takes ten bits of it. */
bool strikes_by(struct sim *s, enum fault f, uint64_t *dice);
void trace_add(struct sim *s, uint64_t what);
void swarm_draw(struct sim *s);

/* ---- run.c ---- */
struct desk desk_new(size_t first, size_t size_max);
void desk_clear(const struct desk *d);

/* ---- loop.c: events and fibres ---- */
void event_add(struct sim *s, instant at, void (*act)(struct sim *, void *, uint64_t), void *what,
    uint64_t number);
bool event_next(struct sim *s);
struct fibre *fibre_start(struct sim *s, struct process *p, void (*run)(struct fibre *f));
void fibre_sleep(struct sim *s, int64_t ms);
/* Somebody else wakes it up, or goes on with it. */
void fibre_wait(struct sim *s);
void fibre_go(struct sim *s, struct fibre *f);
/* Until *done, that fibre_done tells of. */
void fibre_until(struct sim *s, const bool *done);
void fibre_done(struct sim *s, struct fibre *f);
void fibre_wake(struct sim *s, void *fibre, uint64_t serial);
void fibre_free(struct fibre *f);
void fibres_drop(struct sim *s, const struct process *p);

/* ---- rest.c: workers with nothing to do ---- */
/* By the clock of the process. */
bool work_is_due(struct process *p);
/* Until there is work. */
void fibre_rest(struct sim *s);
/* Something is due then. */
void rest_hint(struct sim *s, instant due);
/* Clocks are other ones. */
void rest_again(struct sim *s);
void rest_look(struct sim *s, void *nothing, uint64_t number);
/* Those that are dead. */
void rest_drop(struct sim *s);

/* ---- house.c: processes, and what runs in them ---- */
void process_start(struct sim *s, void *process, uint64_t life);
/* Does not return when it is the process of the current fibre. */
void process_crash(struct sim *s, struct process *p);
instant process_now(const struct process *p);
/* False when nobody is there to take it. */
bool ask_send(struct sim *s, struct ask *a);
void operator_comes(struct sim *s, void *nothing, uint64_t number);
void kind_begins(struct sim *s, void *nothing, uint64_t number);
void last_sweep(struct sim *s, void *nothing, uint64_t number);

/* ---- doors.c ---- */
void process_doors(struct sim *s, struct process *p);

/* ---- restore.c ---- */
void backup_comes(struct sim *s, void *nothing, uint64_t number);
void restore_comes(struct sim *s, void *nothing, uint64_t number);
void restore_read(struct sim *s, struct process *p);
bool restore_knows(str kind);
/* With files: the store is open, the ghost goes back if it is a backup that was opened. */
void restore_settle(struct sim *s);

/* ---- newer.c: another version on the same store ---- */
void newer_writes(struct process *p, struct arena *mem, struct change *changes, size_t count);
size_t newer_count(str bytes);

/* ---- commit.c: the committer, by turns ---- */
void commit_start(struct sim *s, struct process *p);
void commit_end(struct process *p);
/* As the event loop does it: submits, and is called when it is done. */
void commit_request(struct process *p, struct change *changes, size_t count);

/* ---- partners.c ---- */
void partner_say(
    struct talk *self, struct arena *mem, const struct talk_request *r, struct talk_answer *out);

/* ---- buyers.c, gateways.c ---- */
void buyer_comes(struct sim *s, void *nothing, uint64_t number);
void gateway_takes(struct sim *s, struct ghost_order *o);
void notice_again(struct sim *s, struct notice *n);
void gateway_forges(struct sim *s, void *nothing, uint64_t number);

/* ---- row.c: what of an order's row is new ---- */
struct row_news {
    bool head, money;   /* something beside the steps; payments or refunds */
    struct order order; /* of a new head: its numbers, and what is new of the rest */
    const struct step *steps[SIM_STEPS]; /* null: as it was */
    size_t step_count;
};
/* False: it is to be looked at as a whole, and then kept. Else it is kept, and what is new is in
 * the trace. */
bool row_news(struct sim *s, struct ghost_order *o, str bytes, struct row_news *out);
void row_keep(struct sim *s, struct ghost_order *o, str bytes);
size_t row_newer(const struct ghost_row *r);
/* Where its steps begin, when all before them stands in the bytes too; else 0. */
size_t row_head_same(const struct ghost_row *r, str bytes);
/* The length of a step, from *step on, that comes next as it was kept, and *step is behind it; or
 * 0. */
size_t row_step_same(const struct ghost_row *r, size_t *step, str rest);

/* ---- ghost.c, predicates.c and end.c ---- */
void violate(struct sim *s, const char *predicate, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
struct ghost_order *ghost_order(struct sim *s, str id, bool add);
struct ghost_step *ghost_step(struct ghost_order *o, str name);
/* What was applied in truth, whatever the program was told. */
void ghost_applied(struct sim *s, const struct change *c);
/* Bytes that were not there before. */
void bytes_applied(struct sim *s, str bytes);
/* After a restart: what is kept now, from the rows themselves. */
void ghost_again(struct sim *s);
void ghost_leased(struct sim *s, const struct row *row, uint64_t token);
bool ghost_note(const struct sim *s, str raw);
void check_wire(
    struct sim *s, struct ghost_order *o, struct ghost_step *g, const struct talk_request *r);
/* Of the partner that hangs. */
bool is_hanging(const struct sim *s, const struct ghost_step *g);
void check_ask(struct sim *s, struct ghost_order *o, struct ghost_step *g);
void check_effect(struct sim *s, struct ghost_order *o, struct ghost_step *g);
/* All of it, or what is new. */
void check_order(struct sim *s, struct ghost_order *o, const struct order *kept);
void check_news(struct sim *s, struct ghost_order *o, const struct row_news *n);
/* A hash of what never changes. */
uint64_t order_lasting(const struct order *o);
void check_rows(struct sim *s, struct ghost_order *o);
void check_text(struct sim *s, const char *where, str text);
void check_end(struct sim *s);

/* ---- disk.c ---- */
/* Opens the store; after a crash the old one is closed first, the files are made what is left of
 * them, and the ghost looks at everything. False: the start-up gate refused, try again. */
bool store_up(struct sim *s);
/* Its process is dead. */
void store_down(struct sim *s);
void store_end(struct sim *s);
/* Nothing has the files open, and a machine that was without power has it again. */
void disk_rest(struct sim *s);
const char *disk_new(struct arena *mem);
void disk_drop(const char *folder);
const char *disk_file(const struct sim *s, struct arena *mem, str name);

/* ---- run.c ---- */
void sim_run(struct sim *s);
void sim_free(struct sim *s);
struct sim *sim_new(struct arena *mem, struct house_shop *house, struct totals *totals);

/* ---- exhaust.c; what failed is printed ---- */
struct explored {
    bool narrow, every;       /* every: also what is known already */
    int64_t runs, bad, known; /* out; known: ended early, in a state that was explored before */
    size_t states;
};
void exhaust(struct sim *s, int most, int product, struct explored *x);

extern const char *const fault_names[FAULTS];
extern const str sim_canary;

#endif
