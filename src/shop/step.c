#include "shop/step.h"

#include "base/json_row.h"

#include <assert.h>

enum {
    ATTEMPTS_MAX = 30,
    MAIL_REPEATS = 5,
    CRASHES_MAX = 10,
    SILENT_MAX = 10,
};

#define KEY_WINDOW   (19 * TIME_HOUR) /* 80 % of the 24 hours for which partners keep a key */
#define BACK_OFF     (2 * TIME_SECOND)
#define BACK_OFF_MAX TIME_HOUR
#define OURS_WAIT    (10 * TIME_MINUTE)
#define WAIT_MAX     TIME_DAY /* a partner may wish for more; nobody should wait that long unseen */
#define SETTLE       (30 * TIME_SECOND)

str step_job(struct arena *mem, str order, const struct step *s) {
    return JOIN(mem, order, S("/"), str_int(mem, (int64_t)s->line + 1), S("/"), s->id);
}

bool step_is_open(const struct step *s) {
    return s->state != STEP_DONE && s->state != STEP_DROPPED && s->state != STEP_SKIPPED;
}

/* ---- waits ---- */

/* Full jitter: anything from nothing to 2 s, 4 s, … 1 h. */
static int64_t back_off(int64_t tries, uint64_t dice) {
    int64_t most = BACK_OFF;
    for (int64_t i = 1; i < tries && most < BACK_OFF_MAX; i++)
        most *= 2;
    if (most > BACK_OFF_MAX)
        most = BACK_OFF_MAX;
    return 1 + (int64_t)(dice % (uint64_t)most);
}

static int64_t wait_of(const struct step_outcome *o, int64_t tries, uint64_t dice) {
    int64_t wished = o ? o->wait_ms : 0;
    if (wished > WAIT_MAX)
        wished = WAIT_MAX;
    return wished > 0 ? wished : back_off(tries, dice);
}

const struct tree *step_with(struct arena *mem, struct step *s) {
    struct json_row row = json_row_new(mem, s->with_row);
    if (!s->with && row.text.len)
        s->with = json_row_tree(&row);
    return s->with;
}

/* How long after an UNKNOWN the partner's own list can be trusted: `settle` of the step. */
static int64_t settle_ms(const struct step *s) {
    int64_t ms = 0;
    assert(s->with || !s->with_row.len);
    str wish = tree_get(s->with, S("settle"));
    if (wish.len && time_span_read(wish, &ms).code == ERR_NONE)
        return ms;
    return SETTLE;
}

static int64_t tries(const struct step *s) {
    return s->attempts - s->retried;
}

/* ---- ends ---- */

static void end(struct step *s, enum step_state state, str why, instant now) {
    s->state = state;
    s->due = 0;
    s->finished_at = now;
    if (why.len)
        s->error = why;
}

static void hold(struct step *s, str why, instant now) {
    end(s, STEP_HOLD, why, now);
}

static void ready(struct step *s, instant due) {
    s->state = STEP_READY;
    s->due = due;
}

static void done(struct step *s, const struct step_outcome *o, instant now) {
    end(s, STEP_DONE, S(""), now);
    s->error = S("");
    s->values = o ? o->values : NULL;
    s->receipt = o ? o->receipt : S("");
}

static bool window_is_over(const struct step *s, enum step_class class, instant now) {
    return class == STEP_KEYED && s->first_at && now - s->first_at > KEY_WINDOW;
}

#define WINDOW_OVER                                                                               \
    S("the first attempt is more than 19 hours old: the partner may have forgotten its key, and " \
      "sending it again could do it twice")

/* ---- UNKNOWN, by class: the partner may have done it ---- */

static void unknown_repeat(struct step *s, instant now, int64_t wait) {
    ready(s, now + wait);
}

static void unknown_mail(struct step *s, instant now, int64_t wait) {
    if (s->unknowns > MAIL_REPEATS)
        hold(s, S("this letter was perhaps sent six times already; nobody knows"), now);
    else
        ready(s, now + wait);
}

static void unknown_ask(struct step *s, instant now, int64_t wait) {
    s->state = STEP_UNKNOWN;
    s->absent = 0;
    s->silent = 0;
    s->due = now + settle_ms(s);
}

static void unknown_hold(struct step *s, instant now, int64_t wait) {
    hold(s, s->error.len ? s->error : S("whether the partner did it is not known"), now);
}

static void (*const unknown_rules[])(struct step *s, instant now, int64_t wait) = {
    [STEP_KEYED] = unknown_repeat,
    [STEP_NATURAL] = unknown_repeat,
    [STEP_ASKABLE] = unknown_ask,
    [STEP_OPAQUE] = unknown_hold,
    [STEP_MAIL] = unknown_mail,
};

void step_doubt(struct step *s, enum step_class class, instant since, instant now) {
    s->doubted_at = now;
    s->unknowns++;
    s->error = S("the shop was restored from a backup: whether this was done since is not known");
    if (!s->first_at || s->first_at > since)
        s->first_at = since;
    unknown_rules[class](s, now, 0);
}

/* ---- begin ---- */

static enum step_do send(struct step *s, enum step_class class, instant now) {
    if (window_is_over(s, class, now)) {
        hold(s, WINDOW_OVER, now);
        return STEP_WRITE;
    }
    s->state = STEP_SENDING;
    s->ours = false;
    s->attempts++;
    s->started_at = now;
    s->finished_at = 0;
    s->due = now;
    if (!s->first_at)
        s->first_at = now;
    return STEP_SEND;
}

static enum step_do begin_ready(struct step *s, enum step_class class, instant now) {
    return s->due > now ? STEP_REST : send(s, class, now);
}

static void crash_count(struct step *s, instant now) {
    if (!s->crashed_at || now - s->crashed_at > TIME_HOUR) {
        s->crashed_at = now;
        s->crashes = 0;
    }
    s->crashes++;
}

static enum step_do begin_crashed(struct step *s, enum step_class class, instant now) {
    crash_count(s, now);
    s->unknowns++;
    s->error = S("the program ended while this was being sent");
    if (s->crashes >= CRASHES_MAX)
        hold(s, S("the program ended ten times within an hour while this was being sent"), now);
    else if (tries(s) >= ATTEMPTS_MAX)
        hold(s, S("thirty attempts, and whether the last one was done is not known"), now);
    else
        unknown_rules[class](s, now, 0);
    return s->state == STEP_READY ? send(s, class, now) : STEP_WRITE;
}

static enum step_do begin_unknown(struct step *s, enum step_class class, instant now) {
    if (s->due > now)
        return STEP_REST;
    if (class == STEP_ASKABLE)
        return STEP_ASK;
    /* The owner has changed how this partner is spoken to. */
    unknown_rules[class](s, now, 0);
    return s->state == STEP_READY ? send(s, class, now) : STEP_WRITE;
}

static enum step_do begin_rest(struct step *s, enum step_class class, instant now) {
    return STEP_REST;
}

enum step_do step_begin(struct step *s, enum step_class class, instant now) {
    static enum step_do (*const rules[STEP_STATES])(struct step *, enum step_class, instant) = {
        [STEP_WAITING] = begin_rest,
        [STEP_READY] = begin_ready,
        [STEP_SENDING] = begin_crashed,
        [STEP_UNKNOWN] = begin_unknown,
        [STEP_DONE] = begin_rest,
        [STEP_HOLD] = begin_rest,
        [STEP_POISON] = begin_rest,
        [STEP_DROPPED] = begin_rest,
        [STEP_SKIPPED] = begin_rest,
    };
    return rules[s->state](s, class, now);
}

/* ---- finish ---- */

static void finish_later(struct step *s, const struct step_outcome *o, instant now, uint64_t dice) {
    s->error = o->why;
    /* A wrong password is wrong for all letters: poison would be as many matters as letters, and
     * none of them would go out by itself when it is right. */
    s->retried += o->ours;
    s->ours = o->ours;
    if (o->ours)
        ready(s, now + OURS_WAIT);
    else if (tries(s) < ATTEMPTS_MAX)
        ready(s, now + wait_of(o, tries(s), dice));
    else if (s->unknowns)
        hold(s, o->why, now); /* an earlier attempt may have been done: no definite refusal */
    else
        end(s, STEP_POISON, o->why, now);
}

static void finish_unclear(struct step *s, enum step_class class, const struct step_outcome *o,
    instant now, uint64_t dice) {
    s->unknowns++;
    s->error = o->why;
    if (tries(s) >= ATTEMPTS_MAX && class != STEP_ASKABLE)
        hold(s, o->why, now);
    else
        unknown_rules[class](s, now, wait_of(o, tries(s), dice));
}

void step_finish(struct step *s, enum step_class class, const struct step_outcome *o, instant now,
    uint64_t dice) {
    assert(s->state == STEP_SENDING);
    switch (o->result) {
    case STEP_DID: done(s, o, now); break;
    case STEP_LATER: finish_later(s, o, now, dice); break;
    case STEP_REFUSED: end(s, STEP_POISON, o->why, now); break;
    case STEP_UNCLEAR: finish_unclear(s, class, o, now, dice); break;
    }
}

/* Sending it again would have the same end, at best. */
void step_unkept(struct step *s, instant now) {
    hold(s,
        S("the partner answered, but with more than an order can keep (60 KiB): look there whether "
          "it was done"),
        now);
    s->values = NULL;
    s->receipt = S("");
}

/* ---- asked ---- */

static void asked_absent(struct step *s, instant now) {
    if (++s->absent < 2)
        s->due = now + settle_ms(s);
    else if (tries(s) >= ATTEMPTS_MAX)
        end(s, STEP_POISON, S("thirty attempts, and the partner does not have it"), now);
    else
        ready(s, now);
}

static void asked_silent(struct step *s, const struct step_outcome *o, instant now, uint64_t dice) {
    if (o && o->why.len)
        s->error = o->why;
    if (++s->silent >= SILENT_MAX)
        hold(s, S("the partner was asked ten times whether it was done, and gave no answer"), now);
    else
        s->due = now + wait_of(o, s->silent, dice);
}

void step_asked(struct step *s, enum step_found found, const struct step_outcome *o, instant now,
    uint64_t dice) {
    assert(s->state == STEP_UNKNOWN);
    switch (found) {
    case STEP_FOUND: done(s, o, now); break;
    case STEP_ABSENT: asked_absent(s, now); break;
    case STEP_NO_WORD: asked_silent(s, o, now, dice); break;
    }
}

/* ---- wake ---- */

/* Steps of the whole order (line -1) wait for the steps of that name of every line. What a person
 * has dropped holds up nobody: who names its values is refused when rendered, and a person told. */
static bool is_met(const struct step *steps, size_t count, int line, str need) {
    for (size_t i = 0; i < count; i++) {
        const struct step *s = &steps[i];
        bool meant = (line < 0 || s->line == line) && str_is(s->id, need);
        if (meant && step_is_open(s))
            return false;
    }
    return true;
}

void step_wake(struct step *steps, size_t count, instant now) {
    for (size_t i = 0; i < count; i++) {
        struct step *s = &steps[i];
        bool all = s->state == STEP_WAITING;
        for (const struct tree *n = s->needs ? s->needs->first : NULL; n && all; n = n->next)
            all = is_met(steps, count, s->line, tree_str(n));
        if (all)
            ready(s, s->due > now ? s->due : now);
    }
}

/* ---- a person's verbs ---- */

#define IN(state) (1u << (state))

static err allowed(const struct step *s, unsigned states, str sentence) {
    return states & IN(s->state) ? OK_ERR : err_make(ERR_CONFLICT, sentence);
}

static void start_over(struct step *s, instant now) {
    ready(s, now);
    s->retried = s->attempts;
    s->crashes = 0;
    s->crashed_at = 0;
    s->first_at = 0; /* the window of a key begins again: that is the person's decision */
    s->finished_at = 0;
}

err step_retry(struct step *s, instant now) {
    TRY(allowed(s, IN(STEP_POISON) | IN(STEP_HOLD),
        S("only what was refused (poison) or is on hold can be tried again")));
    start_over(s, now);
    return OK_ERR;
}

err step_retry_anew(struct step *s, const struct tree *with, instant now) {
    TRY(allowed(s, IN(STEP_POISON),
        S("only what was definitely refused (poison) can be made anew: after anything else the "
          "first request may have been carried out")));
    start_over(s, now);
    if (with) {
        s->with = with;
        s->with_row = S("");
    }
    s->digest_before = s->digest;
    s->digest = S("");
    s->round++;
    return OK_ERR;
}

#define OPEN_AND_STILL \
    (IN(STEP_POISON) | IN(STEP_HOLD) | IN(STEP_UNKNOWN) | IN(STEP_READY) | IN(STEP_WAITING))

err step_done(struct step *s, str evidence, const struct tree *values, instant now) {
    if (!evidence.len)
        return err_make(ERR_INVALID, S("say how you know that it was done"));
    TRY(allowed(s, OPEN_AND_STILL, S("this step is being sent just now, or is no longer owed")));
    struct step_outcome o = {.values = values ? values : s->values, .receipt = evidence};
    done(s, &o, now);
    return OK_ERR;
}

err step_drop(struct step *s, str reason, instant now) {
    if (!reason.len)
        return err_make(ERR_INVALID, S("say why it is no longer owed"));
    TRY(allowed(s, OPEN_AND_STILL, S("this step is being sent just now, or is no longer owed")));
    end(s, STEP_DROPPED, reason, now);
    return OK_ERR;
}
