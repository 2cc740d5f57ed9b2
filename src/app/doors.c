#include "app/doors.h"

#include "app/discretion.h"

static const char *const names[CRASH_POINTS] = {
    [CRASH_ORDER_KEPT] = "order-kept",
    [CRASH_NOTE_KEPT] = "note-kept",
    [CRASH_LEASED] = "leased",
    [CRASH_NOTE_APPLIED] = "note-applied",
    [CRASH_SENDING_KEPT] = "sending-kept",
    [CRASH_ANSWERED] = "answered",
    [CRASH_OUTCOME_KEPT] = "outcome-kept",
};

const char *crash_name(enum crash_point at) {
    return names[at];
}

void doors_log(const struct doors *d, str level, str words) {
    char masked[1000];
    struct fields f = {.len = 0};
    size_t len = mask_write(masked, sizeof(masked), words, discretion_hidden(d->discretion));
    fields_text(&f, S("words"), (str){masked, len});
    d->log(d->self, level, fields_str(&f));
}

void doors_tell(const struct doors *d, str level, const struct fields *f) {
    d->log(d->self, level, fields_str(f));
}
