#include "app/doors.h"

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
    d->log(d->self, level, words);
}
