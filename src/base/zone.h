/* zone: a time zone as the system's tzdata keeps it (TZif, RFC 8536), so that people read times as
 * their clocks show them. Read once for a loaded shop and not changed: the C library knows only one
 * zone for the whole program, and reading that one is no work for several threads.
 * Null is UTC everywhere.
 */
#ifndef BASE_ZONE_H
#define BASE_ZONE_H

#include "base/time.h"

struct zone;

/* The bytes of a file of /usr/share/zoneinfo; borrowed. ERR_INVALID: they are none. */
MUST err zone_read(struct arena *mem, str bytes, const struct zone **out);
/* "2026-11-25 11:00 CET"; "" for 0. */
str zone_show(struct arena *mem, const struct zone *zone, instant at);

#endif
