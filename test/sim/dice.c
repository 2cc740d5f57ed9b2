#include "sim/sim.h"

const char *const fault_names[FAULTS] = {
    [FAULT_CRASH] = "crash",
    [FAULT_CRASH_MARK] = "crash at a point",
    [FAULT_PAUSE] = "pause",
    [FAULT_CLOCK] = "clock jumps",
    [FAULT_STUCK] = "clock stands still",
    [FAULT_NEWER] = "newer version",
    [FAULT_LOST] = "commit unknown, lost",
    [FAULT_DONE] = "commit unknown, kept",
    [FAULT_FULL] = "disk full",
    [FAULT_SLOW] = "write takes minutes",
    [FAULT_BUSY] = "read fails",
    [FAULT_SWITCH] = "switch",
    [FAULT_UNHEARD] = "our answer is lost",
    [FAULT_UNSENT] = "request is lost",
    [FAULT_TWICE] = "sent twice",
    [FAULT_MONTH] = "sent again after weeks",
    [FAULT_NEVER] = "note never comes",
    [FAULT_MENDED] = "same key, another address",
    [FAULT_FORGED] = "forged note",
    [FAULT_CHEAP] = "wrong amount",
    [FAULT_CURRENCY] = "wrong currency",
    [FAULT_MODE] = "wrong mode",
    [FAULT_STRAY] = "stray note",
    [FAULT_TALK_REFUSED] = "partner refuses connections",
    [FAULT_TALK_HANG] = "partner hangs",
    [FAULT_TALK_UNSAID] = "partner's answer is lost",
    [FAULT_TALK_LATE] = "partner acts late",
    [FAULT_TALK_429] = "partner says 429",
    [FAULT_TALK_503] = "partner says 503",
    [FAULT_TALK_500] = "partner says 500, not done",
    [FAULT_TALK_500_AFTER] = "partner says 500, done",
    [FAULT_TALK_422] = "partner says 422",
    [FAULT_TALK_HTML] = "partner says HTML",
    [FAULT_TALK_CUT] = "partner's JSON breaks off",
    [FAULT_TALK_STALE] = "partner's list is old",
    [FAULT_RESTORE] = "backup restored",
    [FAULT_DISK_POWER] = "power cut inside a commit",
    [FAULT_KEEPING] = "dies in a backup or restore",
    [FAULT_DISK_WRITE] = "disk error at a write",
    [FAULT_DISK_SYNC] = "disk error at a sync",
    [FAULT_DISK_SPACE] = "no space at a write",
};

/* splitmix64 */
uint64_t roll(struct sim *s) {
    uint64_t z = (s->dice += 0x9e3779b97f4a7c15u);
    if (s->script) /* no hidden state */
        z = 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint64_t below(struct sim *s, uint64_t n) {
    return n > 1 ? roll(s) % n : 0;
}

void trace_add(struct sim *s, uint64_t what) {
    s->trace = (s->trace ^ what) * 0x100000001b3u;
    s->trace ^= s->trace >> 29;
}

/* In exhaustive mode every question is a point, and the script has the numbers of those that
 * strike. */
static bool script_strikes(struct sim *s, enum fault f) {
    struct script *x = s->script;
    if (!s->rate[f] || s->phase == PHASE_KIND)
        return false;
    int point = x->points++;
    for (int i = 0; i < x->count; i++)
        if (x->at[i] == point)
            return true;
    return false;
}

void struck(struct sim *s, enum fault f) {
    s->totals->struck[f]++;
    s->totals->faults += f != FAULT_SWITCH;
    trace_add(s, 0x1000u + (uint64_t)f);
    if (s->verbose)
        printf("%11lld %s\n", (long long)(s->now % 1000000000), fault_names[f]);
}

bool strikes_by(struct sim *s, enum fault f, uint64_t *dice) {
    uint64_t mine = *dice % 1024;
    *dice /= 1024;
    if (s->script ? !script_strikes(s, f)
                  : mine >= (uint64_t)s->rate[f] || (s->phase == PHASE_KIND && f != FAULT_SWITCH))
        return false;
    struck(s, f);
    return true;
}

bool strikes(struct sim *s, enum fault f) {
    uint64_t dice = s->rate[f] ? roll(s) : 0;
    return s->rate[f] && strikes_by(s, f, &dice);
}

/* Each class of fault is there or not, often or seldom: a world with everything at once hides what
 * a world with two things shows. */
void swarm_draw(struct sim *s) {
    static const enum fault unlike[] = {FAULT_CRASH, FAULT_CRASH_MARK, FAULT_RESTORE,
        FAULT_DISK_POWER, FAULT_KEEPING, FAULT_DISK_WRITE, FAULT_DISK_SYNC, FAULT_DISK_SPACE};
    static const int most[FAULTS] = {[FAULT_CRASH] = 24,
        [FAULT_CRASH_MARK] = 80,
        [FAULT_PAUSE] = 24,
        [FAULT_CLOCK] = 28,
        [FAULT_STUCK] = 20,
        [FAULT_NEWER] = 1024,
        [FAULT_SLOW] = 24,
        [FAULT_FULL] = 8,
        [FAULT_LOST] = 120,
        [FAULT_DONE] = 120,
        [FAULT_BUSY] = 100,
        [FAULT_RESTORE] = 1024,
        [FAULT_DISK_POWER] = 6,
        [FAULT_KEEPING] = 40,
        [FAULT_DISK_WRITE] = 4,
        [FAULT_DISK_SYNC] = 8,
        [FAULT_DISK_SPACE] = 4,
        [FAULT_SWITCH] = 700};
    for (int f = 0; f < FAULTS; f++) {
        int top = most[f] ? most[f] : 280;
        /* Opening SQLite takes as long as dozens of orders: there, fewer crashes for each order. */
        if (s->disk && (f == FAULT_CRASH || f == FAULT_CRASH_MARK))
            top /= 3;
        s->rate[f] = below(s, 2) ? 1 + (int)below(s, (uint64_t)top) : 0;
    }
    s->rate[FAULT_SWITCH] = 50 + (int)below(s, 700);
    if (below(s, 4)) /* it costs: each order is read and written once more */
        s->rate[FAULT_NEWER] = 0;
    for (size_t i = 0; s->alike && i < COUNT(unlike); i++)
        s->rate[unlike[i]] = 0;
    s->process_count = 1 + (int)below(s, SIM_PROCESSES);
    if (s->disk || s->alike)
        s->process_count = 1; /* it owns the file */
    s->workers = 1 + (int)below(s, SIM_WORKERS);
    s->lease_most = 1 + (int)below(s, 8);
    /* Opening SQLite is where much can go wrong: there, more worlds of fewer buyers. */
    s->buyers_left = s->disk || s->alike ? 4 + (int)below(s, 40) : 8 + (int)below(s, 85);
    /* Of a shop's orders about three of ten are paid; here few to nearly all, by the seed. */
    int part = (int)below(s, 1024);
    s->pays = 20 + part * part / 1024 * 970 / 1024;
    s->tidy = below(s, 2);
    s->committers = !below(s, 4);
    s->house->shop->live = below(s, 2);
}
