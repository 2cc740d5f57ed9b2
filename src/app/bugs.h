/* bugs: planted ones, for the tests that must fail. bugs_off.c, which knows none, is what Meson
 * links unless
 * -Dtest_bugs=true. GROSZ_TEST_BUG=early-ack | key-per-attempt; GROSZ_CRASH=<crash point>[:n];
 * GROSZ_TEST_CLOCK=<seconds since 1970>, the time of the start. */
#ifndef APP_BUGS_H
#define APP_BUGS_H

#include "app/doors.h"
#include "store/committer.h"

void bugs_plant(struct committer *c);
/* `now`, or what GROSZ_TEST_CLOCK says. */
instant bugs_clock(instant now);
/* Dies at the n-th passing of the point that GROSZ_CRASH names. */
void bugs_crash(void *self, enum crash_point at);
/* The talk itself, or one in front of it that gives every attempt another key. */
struct talk *bugs_talk(struct arena *mem, struct talk *t);

#endif
