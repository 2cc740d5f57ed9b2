#include "sim/sim.h"

/* Small scope, to the end: one order, two notes, two processes of one worker, and every way in
 * which at most N faults can strike. A run is a list of the points at which something strikes; from
 * each run that passes, all longer lists that begin with it are tried. */

static const enum fault faults[] = {FAULT_CRASH, FAULT_CRASH_MARK, FAULT_PAUSE, FAULT_LOST,
    FAULT_DONE, FAULT_TALK_HANG, FAULT_TALK_UNSAID, FAULT_TALK_LATE, FAULT_TALK_STALE,
    FAULT_UNHEARD};

struct exploring {
    struct sim *s;
    struct script script;
    int most;
    int64_t runs, bad;
};

static bool run_once(struct exploring *x) {
    struct sim *s = x->s;
    x->script.points = 0;
    s->script = &x->script;
    s->process_count = 2;
    s->workers = 1;
    s->lease_most = 2;
    s->buyers_left = 1;
    s->house->shop->live = false;
    sim_run(s);
    s->script = NULL;
    x->runs++;
    s->totals->seeds++;
    if (!s->failed)
        return true;
    printf("FAILED faults at");
    for (int i = 0; i < x->script.count; i++)
        printf(" %d", x->script.at[i]);
    printf(": %s\n", s->why);
    x->bad++;
    return false;
}

static void explore(struct exploring *x) {
    if (!run_once(x) || x->script.count == x->most)
        return;
    int last = x->script.count, points = x->script.points;
    int from = last ? x->script.at[last - 1] + 1 : 0;
    x->script.count++;
    for (int at = from; at < points && x->bad < 10; at++) {
        x->script.at[last] = at;
        explore(x);
    }
    x->script.count--;
}

int64_t exhaust(struct sim *s, int most, int product, int64_t *bad) {
    struct exploring x = {.s = s, .most = most < SCRIPT_MOST ? most : SCRIPT_MOST};
    memset(s->rate, 0, sizeof(s->rate));
    for (size_t i = 0; i < COUNT(faults); i++)
        s->rate[faults[i]] = 1;
    s->seed = 1;
    s->product = product;
    explore(&x);
    *bad += x.bad;
    return x.runs;
}
