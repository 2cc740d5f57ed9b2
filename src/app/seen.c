#include "app/seen.h"

#include "app/discretion.h"
#include "app/meter.h"
#include "base/fields.h"

void seen_request(const struct doors *d, const struct seen_request *s) {
    meter_request(d->meter, s->route, s->status);
    meter_time(d->meter, METER_REQUEST, s->took_us);
    if (discretion_wish(d->discretion) < LOG_REQUESTS)
        return;
    struct fields f = {.len = 0};
    fields_text(&f, S("what"), S("request"));
    fields_text(&f, S("ref"), s->request ? s->request->ref : S(""));
    fields_text(&f, S("method"), s->request ? s->request->method : S(""));
    fields_text(&f, S("route"), s->route.len ? s->route : S("none"));
    fields_int(&f, S("status"), s->status);
    fields_int(&f, S("us"), s->took_us);
    fields_text(&f, S("order"), s->order);
    doors_tell(d, s->status >= 500 ? S("warn") : S("info"), &f);
}

void seen_note(const struct doors *d, const struct order *o, const struct note *n, bool paid) {
    meter_add(d->meter, METER_ORDER_PAID, paid);
    if (discretion_wish(d->discretion) < LOG_STEPS)
        return;
    struct fields f = {.len = 0};
    fields_text(&f, S("what"), S("note"));
    fields_text(&f, S("ref"), o->ref);
    fields_text(&f, S("note"), n->ref);
    fields_text(&f, S("order"), o->id);
    fields_text(&f, S("gateway"), n->gateway);
    fields_text(&f, S("state"), str_of(order_state_name(order_state(o))));
    doors_tell(d, S("info"), &f);
}

static enum meter_count count_of(enum step_state state) {
    static const enum meter_count counts[STEP_STATES] = {
        [STEP_READY] = METER_STEP_READY,
        [STEP_UNKNOWN] = METER_STEP_UNKNOWN,
        [STEP_DONE] = METER_STEP_DONE,
        [STEP_HOLD] = METER_STEP_HOLD,
        [STEP_POISON] = METER_STEP_POISON,
        [STEP_SKIPPED] = METER_STEP_SKIPPED,
    };
    return counts[state];
}

void seen_step(
    const struct doors *d, const struct order *o, const struct step *s, int64_t took_us) {
    bool stuck = s->state == STEP_HOLD || s->state == STEP_POISON;
    if (count_of(s->state))
        meter_add(d->meter, count_of(s->state), 1);
    if (took_us >= 0)
        meter_time(d->meter, METER_STEP_TALK, took_us);
    if (discretion_wish(d->discretion) < LOG_STEPS && !stuck)
        return;
    struct fields f = {.len = 0};
    fields_text(&f, S("what"), S("step"));
    fields_text(&f, S("ref"), o->ref);
    fields_text(&f, S("note"), o->payment_count ? o->payments[o->payment_count - 1].ref : S(""));
    fields_text(&f, S("order"), o->id);
    fields_int(&f, S("line"), s->line + 1);
    fields_text(&f, S("step"), s->id);
    fields_text(&f, S("do"), s->does);
    fields_text(&f, S("state"), str_of(step_state_name(s->state)));
    fields_int(&f, S("attempts"), s->attempts);
    if (took_us >= 0)
        fields_int(&f, S("us"), took_us);
    doors_tell(d, stuck ? S("warn") : S("info"), &f);
}
