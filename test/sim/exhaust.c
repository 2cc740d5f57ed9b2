#include "sim/sim.h"

/* Small scope, to the end: one order, two notes, two processes of one worker, and every way in
 * which at most N faults can strike. A run is a list of the points at which something strikes; from
 * each run that passes, all longer lists that begin with it are tried. A run whose last fault has
 * struck and that comes to a state of the world in which another one was, with as many faults
 * left, ends there: all that can follow is explored from that one. */

static const enum fault faults[] = {FAULT_CRASH, FAULT_CRASH_MARK, FAULT_PAUSE, FAULT_LOST,
    FAULT_DONE, FAULT_UNHEARD, FAULT_TALK_HANG, FAULT_TALK_UNSAID, FAULT_TALK_LATE,
    FAULT_TALK_STALE, FAULT_TWICE, FAULT_TALK_REFUSED, FAULT_TALK_422};
enum { NARROW = 10 }; /* the first of them, where there are three */

struct exploring {
    struct sim *s;
    struct script script;
    int most;
    struct explored *out;
};

static void failed(struct exploring *x) {
    x->out->bad++;
    printf("FAILED faults at");
    for (int i = 0; i < x->script.count; i++)
        printf(" %d", x->script.at[i]);
    printf(": %s\n", x->s->why);
}

static bool run_once(struct exploring *x) {
    struct sim *s = x->s;
    x->script.points = 0;
    x->script.events = 0;
    x->script.run++;
    x->script.left = x->most - x->script.count;
    x->script.known = false;
    x->script.form = NULL;
    s->script = &x->script;
    s->process_count = 2;
    s->workers = 1;
    s->lease_most = 2;
    s->committers = false;
    s->buyers_left = 1;
    s->house->shop->live = false;
    sim_run(s);
    s->script = NULL;
    x->out->runs++;
    x->out->known += x->script.known;
    s->totals->seeds++;
    if (s->failed)
        failed(x);
    return !s->failed;
}

static void explore(struct exploring *x) {
    if (!run_once(x) || x->script.count == x->most)
        return;
    int last = x->script.count, points = x->script.points;
    int from = last ? x->script.at[last - 1] + 1 : 0;
    x->script.count++;
    for (int at = from; at < points && x->out->bad < 10; at++) {
        x->script.at[last] = at;
        explore(x);
    }
    x->script.count--;
}

void exhaust(struct sim *s, int most, int product, struct explored *out) {
    struct exploring x = {.s = s, .most = most < SCRIPT_MOST ? most : SCRIPT_MOST, .out = out};
    memset(s->rate, 0, sizeof(s->rate));
    x.script.narrow = out->narrow;
    for (size_t i = 0; i < (x.script.narrow ? NARROW : COUNT(faults)); i++)
        s->rate[faults[i]] = 1;
    s->seed = 1;
    s->product = product;
    x.script.states = out->every ? NULL : states_new();
    explore(&x);
    out->states += x.script.states ? states_count(x.script.states) : 0;
    states_free(x.script.states);
}
