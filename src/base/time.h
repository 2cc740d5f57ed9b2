/* time: instants as milliseconds since 1970, UTC. Nothing here asks the clock. */
#ifndef BASE_TIME_H
#define BASE_TIME_H

#include "base/err.h"

typedef int64_t instant;

#define TIME_SECOND ((instant)1000)
#define TIME_MINUTE (60 * TIME_SECOND)
#define TIME_HOUR   (60 * TIME_MINUTE)
#define TIME_DAY    (24 * TIME_HOUR)

/* "2026-11-25T10:00:00.123Z" */
str time_iso(struct arena *mem, instant at);
/* The same, milliseconds optional; ERR_INVALID else. */
MUST err time_read(str text, instant *out);
/* "Wed, 25 Nov 2026 10:00:00 +0000" (RFC 5322) */
str time_mail(struct arena *mem, instant at);
/* Days from 1970-01-01 to a date, and the year that an instant is in. */
int64_t time_days(int64_t year, int month, int day);
int64_t time_year(instant at);
/* "7d", "15m", "90s", "12h": a positive duration in ms; ERR_INVALID else. */
MUST err time_span_read(str text, int64_t *out);

#endif
