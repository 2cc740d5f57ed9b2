#include "app/matter.h"

#include "app/call.h"
#include "base/hash.h"
#include "base/json_row.h"
#include "base/limits.h"

struct put matter_put(str part, str key, str bytes, instant now) {
    return (struct put){.part = part,
        .kind = S("matter"),
        .key = key,
        .version = PUT_NEW,
        .bytes = bytes,
        .due = now};
}

/* The row as the step wants it: leased while it is being sent, due when it is to be tried again. */
static err keep(struct arena *mem, const struct work *w, struct row *job, const struct matter *m) {
    const struct step *s = &m->step;
    struct put put = {.part = job->part,
        .kind = job->kind,
        .key = job->key,
        .version = job->version,
        .bytes = matter_write(mem, m),
        .due = s->state == STEP_SENDING ? job->due
               : s->state == STEP_READY ? s->due
                                        : 0};
    struct change change = {.puts = &put, .count = 1, .reserve = true};
    w->doors->store->kind->apply(w->doors->store, &change, 1);
    if (change.kept == KEPT_CONFLICT)
        return err_make(ERR_CONFLICT, S("another worker has the matter"));
    if (change.kept != KEPT_OK)
        return err_make(ERR_UNKNOWN, S("whether the matter was kept is not known"));
    job->version++;
    if (s->state == STEP_POISON || s->state == STEP_HOLD)
        doors_log(w->doors, S("error"),
            JOIN(mem, S("a letter to the owner did not go out: "), m->letter, S(" "), job->key,
                S(": "), s->error));
    return OK_ERR;
}

static err freeze(struct arena *mem, struct matter *m, struct call *call) {
    struct talk_request r;
    TRY(call->connector->render(mem, &call->step, &r));
    str bytes = talk_request_write(mem, &r);
    m->step.digest = hash_sha256_hex(mem, bytes);
    TRY(json_read_row(mem, bytes, &m->request));
    if (matter_write(mem, m).len <= LIMIT_ROW)
        return OK_ERR;
    m->request = NULL;
    return err_make(ERR_TOO_BIG, S("the letter is larger than 60 KiB"));
}

static enum step_do begin(
    struct arena *mem, const struct work *w, struct matter *m, struct call *call) {
    instant now = w->doors->now(w->doors->self);
    if (!w->shop->seller.email.len) {
        m->step.state = STEP_SKIPPED;
        m->step.finished_at = now;
        return STEP_WRITE;
    }
    err made = call_matter(mem, w, m, call);
    enum step_do todo = step_begin(&m->step, call->class, now);
    if (todo == STEP_SEND && made.code == ERR_NONE && !m->request)
        made = freeze(mem, m, call);
    if (todo != STEP_SEND || made.code == ERR_NONE || m->request)
        return todo;
    struct step_outcome refused = {.result = STEP_REFUSED, .why = made.what};
    step_finish(&m->step, call->class, &refused, now, 0);
    return STEP_WRITE;
}

/* We hold an answer that cannot be had again. When the first try was applied after all, the
 * version says so. */
static err end(struct arena *mem, const struct work *w, struct row *job, const struct matter *m) {
    err got = OK_ERR;
    for (int i = 0; i < 3; i++) {
        got = keep(mem, w, job, m);
        if (got.code != ERR_UNKNOWN)
            break;
    }
    TRY(got);
    w->doors->crash(w->doors->self, CRASH_OUTCOME_KEPT);
    return OK_ERR;
}

err matter_work(struct arena *mem, const struct work *w, struct row *job) {
    const struct doors *d = w->doors;
    struct matter m = {0};
    struct call call = {0};
    struct talk_request request;
    struct talk_answer answer;
    struct step_outcome outcome = {0};
    TRY(matter_read(mem, job->bytes, &m));
    enum step_do todo = begin(mem, w, &m, &call);
    TRY(keep(mem, w, job, &m));
    if (todo != STEP_SEND)
        return OK_ERR;
    TRY(talk_request_read(mem, m.request, &request));
    d->crash(d->self, CRASH_SENDING_KEPT);
    call_say(mem, w, job, &request, &answer);
    call.connector->read(mem, &call.step, &answer, &outcome);
    call_hide(mem, w, &outcome);
    step_finish(&m.step, call.class, &outcome, d->now(d->self), d->dice(d->self));
    return end(mem, w, job, &m);
}
