#include "check.h"
#include "fixture.h"
#include "suites.h"

/* The protocol as stories. Each act is done to one step; then its state is compared.
 *   b begin (the clock goes to `due` first)   c begin after a crash (the clock stands)
 *   D did   L later   R refused   U unclear   F found   A absent   N no word
 *   r retry   a anew   d done by hand   x dropped
 */
static const struct {
    const char *row;
    enum step_class class;
    const char *acts;
    enum step_state state;
    int64_t attempts, unknowns;
} stories[] = {
    {"done", STEP_OPAQUE, "bD", STEP_DONE, 1, 0},
    {"later, done", STEP_OPAQUE, "bLbD", STEP_DONE, 2, 0},
    {"refused", STEP_KEYED, "bR", STEP_POISON, 1, 0},
    {"opaque unclear", STEP_OPAQUE, "bU", STEP_HOLD, 1, 1},
    {"opaque crash", STEP_OPAQUE, "bc", STEP_HOLD, 1, 1},
    {"keyed unclear", STEP_KEYED, "bU", STEP_READY, 1, 1},
    {"keyed unclear, done", STEP_KEYED, "bUbD", STEP_DONE, 2, 1},
    {"keyed crash goes on", STEP_KEYED, "bc", STEP_SENDING, 2, 1},
    {"natural crash goes on", STEP_NATURAL, "bcD", STEP_DONE, 2, 1},
    {"nine crashes", STEP_NATURAL, "bccccccccc", STEP_SENDING, 10, 9},
    {"ten crashes", STEP_NATURAL, "bcccccccccc", STEP_HOLD, 10, 10},
    {"mail unclear five times", STEP_MAIL, "bUbUbUbUbU", STEP_READY, 5, 5},
    {"mail unclear six times", STEP_MAIL, "bUbUbUbUbUbU", STEP_HOLD, 6, 6},
    {"mail crash and unclear count alike", STEP_MAIL, "bcccUbUbU", STEP_HOLD, 6, 6},
    {"mail later never counts", STEP_MAIL, "bLbLbLbLbLbLbL", STEP_READY, 7, 0},
    {"askable unclear", STEP_ASKABLE, "bU", STEP_UNKNOWN, 1, 1},
    {"askable crash", STEP_ASKABLE, "bc", STEP_UNKNOWN, 1, 1},
    {"askable found", STEP_ASKABLE, "bUbF", STEP_DONE, 1, 1},
    {"askable absent once", STEP_ASKABLE, "bUbA", STEP_UNKNOWN, 1, 1},
    {"askable absent twice", STEP_ASKABLE, "bUbAbA", STEP_READY, 1, 1},
    {"askable absent twice, sent again", STEP_ASKABLE, "bUbAbAbD", STEP_DONE, 2, 1},
    {"askable absent, then found", STEP_ASKABLE, "bUbAbF", STEP_DONE, 1, 1},
    {"absent counts anew after each unknown", STEP_ASKABLE, "bUbAbAbUbA", STEP_UNKNOWN, 2, 2},
    {"no word nine times", STEP_ASKABLE, "bUbNbNbNbNbNbNbNbNbN", STEP_UNKNOWN, 1, 1},
    {"no word ten times", STEP_ASKABLE, "bUbNbNbNbNbNbNbNbNbNbN", STEP_HOLD, 1, 1},
    {"a crash while asking is nothing", STEP_ASKABLE, "bUbbbF", STEP_DONE, 1, 1},
    {"retry of poison", STEP_KEYED, "bRr", STEP_READY, 1, 0},
    {"retry of hold", STEP_OPAQUE, "bUrbD", STEP_DONE, 2, 1},
    {"anew of poison", STEP_KEYED, "bRa", STEP_READY, 1, 0},
    {"done by hand", STEP_OPAQUE, "bUd", STEP_DONE, 1, 1},
    {"dropped", STEP_OPAQUE, "bRx", STEP_DROPPED, 1, 0},
    {"thirty times later", STEP_OPAQUE,
        "bLbLbLbLbLbLbLbLbLbL"
        "bLbLbLbLbLbLbLbLbLbL"
        "bLbLbLbLbLbLbLbLbLbL",
        STEP_POISON, 30, 0},
    {"twenty-nine times later", STEP_OPAQUE,
        "bLbLbLbLbLbLbLbLbLbL"
        "bLbLbLbLbLbLbLbLbLbL"
        "bLbLbLbLbLbLbLbLbL",
        STEP_READY, 29, 0},
    {"thirty times, one unclear", STEP_NATURAL,
        "bUbLbLbLbLbLbLbLbLbL"
        "bLbLbLbLbLbLbLbLbLbL"
        "bLbLbLbLbLbLbLbLbLbL",
        STEP_HOLD, 30, 1},
    {"thirty times unclear", STEP_NATURAL,
        "bUbUbUbUbUbUbUbUbUbU"
        "bUbUbUbUbUbUbUbUbUbU"
        "bUbUbUbUbUbUbUbUbUbU",
        STEP_HOLD, 30, 30},
    {"retry counts attempts anew", STEP_OPAQUE,
        "bLbLbLbLbLbLbLbLbLbL"
        "bLbLbLbLbLbLbLbLbLbL"
        "bLbLbLbLbLbLbLbLbLbL"
        "rbL",
        STEP_READY, 31, 0},
};

static struct arena *tree_mem;

static void act(struct step *s, enum step_class class, char what, instant *now) {
    struct step_outcome o = {.why = S("why"), .receipt = S("receipt")};
    static const struct {
        char letter;
        enum step_result result;
    } results[] = {{'D', STEP_DID}, {'L', STEP_LATER}, {'R', STEP_REFUSED}, {'U', STEP_UNCLEAR}};
    static const struct {
        char letter;
        enum step_found found;
    } founds[] = {{'F', STEP_FOUND}, {'A', STEP_ABSENT}, {'N', STEP_NO_WORD}};
    for (size_t i = 0; i < COUNT(results); i++)
        if (results[i].letter == what) {
            o.result = results[i].result;
            step_finish(s, class, &o, *now, 12345);
        }
    for (size_t i = 0; i < COUNT(founds); i++)
        if (founds[i].letter == what)
            step_asked(s, founds[i].found, &o, *now, 12345);
    err e = OK_ERR;
    if (what == 'b' && s->due > *now)
        *now = s->due;
    if (what == 'b' || what == 'c')
        step_begin(s, class, *now);
    if (what == 'r')
        e = step_retry(s, *now);
    if (what == 'a')
        e = step_retry_anew(s, NULL, *now);
    if (what == 'd')
        e = step_done(s, S("seen"), NULL, *now);
    if (what == 'x')
        e = step_drop(s, S("reason"), *now);
    CHECK("verb", e.code == ERR_NONE);
}

static void test_stories(void) {
    for (size_t i = 0; i < COUNT(stories); i++) {
        struct step s = {.state = STEP_READY, .due = NOW, .id = S("x")};
        instant now = NOW;
        for (const char *c = stories[i].acts; *c; c++)
            act(&s, stories[i].class, *c, &now);
        CHECK_STR(stories[i].row, str_of(step_state_name(s.state)),
            str_of(step_state_name(stories[i].state)));
        CHECK_INT(stories[i].row, s.attempts, stories[i].attempts);
        CHECK_INT(stories[i].row, s.unknowns, stories[i].unknowns);
        CHECK(stories[i].row, s.state != STEP_DONE || (s.receipt.len && !s.error.len && !s.due));
        CHECK(stories[i].row,
            (s.state != STEP_HOLD && s.state != STEP_POISON) || (s.error.len && !s.due));
    }
}

/* What begin says in every state, at its time and before. */
static const struct {
    enum step_state state;
    enum step_class class;
    int64_t due;
    enum step_do want;
} begins[] = {
    {STEP_WAITING, STEP_KEYED, -1, STEP_REST},
    {STEP_READY, STEP_KEYED, 0, STEP_SEND},
    {STEP_READY, STEP_KEYED, 1, STEP_REST},
    {STEP_SENDING, STEP_KEYED, 0, STEP_SEND},
    {STEP_SENDING, STEP_OPAQUE, 0, STEP_WRITE},
    {STEP_SENDING, STEP_ASKABLE, 0, STEP_WRITE},
    {STEP_SENDING, STEP_MAIL, 0, STEP_SEND},
    {STEP_UNKNOWN, STEP_ASKABLE, 0, STEP_ASK},
    {STEP_UNKNOWN, STEP_ASKABLE, 1, STEP_REST},
    {STEP_UNKNOWN, STEP_OPAQUE, 0, STEP_WRITE},
    {STEP_UNKNOWN, STEP_NATURAL, 0, STEP_SEND},
    {STEP_DONE, STEP_KEYED, 0, STEP_REST},
    {STEP_HOLD, STEP_KEYED, 0, STEP_REST},
    {STEP_POISON, STEP_KEYED, 0, STEP_REST},
    {STEP_DROPPED, STEP_KEYED, 0, STEP_REST},
    {STEP_SKIPPED, STEP_KEYED, 0, STEP_REST},
};

static void test_begins(void) {
    for (size_t i = 0; i < COUNT(begins); i++) {
        struct step s = {
            .state = begins[i].state, .due = NOW + begins[i].due, .attempts = 1, .first_at = NOW};
        CHECK_INT(
            step_state_name(begins[i].state), step_begin(&s, begins[i].class, NOW), begins[i].want);
        CHECK(step_state_name(begins[i].state),
            (begins[i].want == STEP_SEND) == (s.state == STEP_SENDING));
    }
}

static void test_window(void) {
    struct step s = {.state = STEP_READY, .attempts = 1, .first_at = NOW};
    CHECK("within 19 h", step_begin(&s, STEP_KEYED, NOW + 19 * TIME_HOUR) == STEP_SEND);
    CHECK("crash past 19 h",
        step_begin(&s, STEP_KEYED, NOW + 19 * TIME_HOUR + 1) == STEP_WRITE && s.state == STEP_HOLD);
    s = (struct step){.state = STEP_READY, .attempts = 1, .first_at = NOW};
    CHECK("past 19 h",
        step_begin(&s, STEP_KEYED, NOW + 19 * TIME_HOUR + 1) == STEP_WRITE && s.state == STEP_HOLD);
    CHECK("a person may", step_retry(&s, NOW + 20 * TIME_HOUR).code == ERR_NONE);
    CHECK("and it is sent", step_begin(&s, STEP_KEYED, NOW + 20 * TIME_HOUR) == STEP_SEND);
    s = (struct step){.state = STEP_READY, .attempts = 1, .first_at = NOW};
    CHECK("natural has no window", step_begin(&s, STEP_NATURAL, NOW + 30 * TIME_DAY) == STEP_SEND);
    s = (struct step){.state = STEP_READY, .due = NOW};
    step_begin(&s, STEP_NATURAL, NOW);
    for (int i = 1; i <= 20; i++)
        step_begin(&s, STEP_NATURAL, NOW + i * 10 * TIME_MINUTE);
    CHECK("crashes spread over hours", s.state == STEP_SENDING && s.crashes < 10);
}

static void test_waits(void) {
    for (int tries = 1; tries < 30; tries++) {
        int64_t most = tries < 12 ? (int64_t)2000 << (tries - 1) : TIME_HOUR;
        most = most > TIME_HOUR ? TIME_HOUR : most;
        struct step_outcome o = {.result = STEP_LATER, .why = S("why")};
        struct step s = {.state = STEP_SENDING, .attempts = tries};
        step_finish(&s, STEP_KEYED, &o, NOW, UINT64_MAX);
        CHECK("back-off", s.due > NOW && s.due <= NOW + most);
        s = (struct step){.state = STEP_SENDING, .attempts = tries};
        step_finish(&s, STEP_KEYED, &o, NOW, (uint64_t)most - 1);
        CHECK_INT("the longest back-off", s.due - NOW, most);
    }
    struct step_outcome o = {.result = STEP_LATER, .why = S("why"), .wait_ms = 90 * TIME_SECOND};
    struct step s = {.state = STEP_SENDING, .attempts = 1};
    step_finish(&s, STEP_KEYED, &o, NOW, 7);
    CHECK_INT("Retry-After", s.due - NOW, 90 * TIME_SECOND);
    o.wait_ms = INT64_MAX;
    s.state = STEP_SENDING;
    step_finish(&s, STEP_KEYED, &o, NOW, 7);
    CHECK_INT("Retry-After without end", s.due - NOW, TIME_DAY);
    o = (struct step_outcome){.result = STEP_LATER, .why = S("wrong password"), .ours = true};
    s = (struct step){.state = STEP_SENDING, .attempts = 1};
    for (int i = 1; i <= 200; i++, s.attempts++, s.state = STEP_SENDING) {
        step_finish(&s, STEP_MAIL, &o, NOW, 7);
        CHECK("our own settings are never poison", s.state == STEP_READY && s.ours);
        CHECK_INT("tried now and then", s.due - NOW, 10 * TIME_MINUTE);
    }
    o.ours = false;
    step_finish(&s, STEP_MAIL, &o, NOW, UINT64_MAX);
    CHECK("and count as no tries", s.state == STEP_READY && s.due - NOW <= 2 * TIME_SECOND);
    CHECK("and are mended", !s.ours);
    o.result = STEP_UNCLEAR;
    s = (struct step){.state = STEP_SENDING, .attempts = 1};
    step_finish(&s, STEP_ASKABLE, &o, NOW, 7);
    CHECK_INT("settles", s.due - NOW, 30 * TIME_SECOND);
    s = (struct step){
        .state = STEP_SENDING, .attempts = 1, .with = fixture_fields(tree_mem, "settle=5m")};
    step_finish(&s, STEP_ASKABLE, &o, NOW, 7);
    CHECK_INT("settles as told", s.due - NOW, 5 * TIME_MINUTE);
    step_asked(&s, STEP_ABSENT, NULL, s.due, 7);
    CHECK_INT("asks again as told", s.due - NOW, 10 * TIME_MINUTE);
}

/* Which verbs each state allows. */
static const struct {
    enum step_state state;
    bool retry, anew, done, drop;
} verbs[] = {
    {STEP_WAITING, false, false, true, true},
    {STEP_READY, false, false, true, true},
    {STEP_SENDING, false, false, false, false},
    {STEP_UNKNOWN, false, false, true, true},
    {STEP_DONE, false, false, false, false},
    {STEP_HOLD, true, false, true, true},
    {STEP_POISON, true, true, true, true},
    {STEP_DROPPED, false, false, false, false},
    {STEP_SKIPPED, false, false, false, false},
};

static void test_verbs(void) {
    for (size_t i = 0; i < COUNT(verbs); i++) {
        const char *row = step_state_name(verbs[i].state);
        struct step start = {.state = verbs[i].state, .digest = S("d")}, s = start;
        CHECK(row, (step_retry(&s, NOW).code == ERR_NONE) == verbs[i].retry);
        CHECK_STR(row, s.digest, S("d"));
        s = start;
        CHECK(row, (step_retry_anew(&s, NULL, NOW).code == ERR_NONE) == verbs[i].anew);
        CHECK_STR(row, s.digest_before, verbs[i].anew ? S("d") : S(""));
        CHECK_INT(row, s.round, verbs[i].anew);
        s = start;
        CHECK(row, (step_done(&s, S("seen"), NULL, NOW).code == ERR_NONE) == verbs[i].done);
        s = start;
        CHECK(row, (step_drop(&s, S("reason"), NOW).code == ERR_NONE) == verbs[i].drop);
        s = start;
        CHECK(row, step_done(&s, S(""), NULL, NOW).code == ERR_INVALID && s.state == start.state);
        CHECK(row, step_drop(&s, S(""), NOW).code == ERR_INVALID && s.state == start.state);
        enum step_state read = STEP_STATES;
        CHECK(row, step_state_read(str_of(row), &read) && read == verbs[i].state);
    }
    enum step_state read;
    CHECK("no state", !step_state_read(S("gone"), &read));
}

static struct tree *needs(const char *a) {
    struct tree *list = tree_list(tree_mem);
    tree_add(list, tree_text(tree_mem, str_of(a)));
    return list;
}

/* a on line 0 in that state; b of line 0, c of line 1 and w of the whole order need `a`. */
static const struct {
    enum step_state a;
    bool b, c, w;
} wakes[] = {
    {STEP_READY, false, true, false},
    {STEP_SENDING, false, true, false},
    {STEP_UNKNOWN, false, true, false},
    {STEP_POISON, false, true, false},
    {STEP_HOLD, false, true, false},
    {STEP_DROPPED, true, true, true},
    {STEP_DONE, true, true, true},
    {STEP_SKIPPED, true, true, true},
};

static void test_wake(void) {
    for (size_t i = 0; i < COUNT(wakes); i++) {
        struct step steps[] = {
            {.line = 0, .id = S("a"), .state = wakes[i].a},
            {.line = 0, .id = S("b"), .state = STEP_WAITING, .needs = needs("a")},
            {.line = 1, .id = S("c"), .state = STEP_WAITING, .needs = needs("a")},
            {.line = -1, .id = S("w"), .state = STEP_WAITING, .needs = needs("a")},
        };
        step_wake(steps, COUNT(steps), NOW);
        const char *row = step_state_name(wakes[i].a);
        CHECK(row, steps[0].state == wakes[i].a);
        CHECK(row,
            (steps[1].state == STEP_READY) == wakes[i].b && (steps[1].due == NOW) == wakes[i].b);
        CHECK(row, (steps[2].state == STEP_READY) == wakes[i].c);
        CHECK(row, (steps[3].state == STEP_READY) == wakes[i].w);
    }
}

void suite_step(void) {
    tree_mem = arena_new(1 << 20);
    test_stories();
    test_begins();
    test_window();
    test_waits();
    test_verbs();
    test_wake();
    struct step s = {.line = -1, .id = S("access")};
    CHECK_STR("job", step_job(tree_mem, S("o1"), &s), S("o1/0/access"));
    arena_free(tree_mem);
}
