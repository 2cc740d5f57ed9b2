/* date: the times of HTTP headers. Written in one form, read in the three that RFC 9110 5.6.7 has.
 */
#ifndef HTTP_DATE_H
#define HTTP_DATE_H

#include "base/time.h"

/* "Wed, 25 Nov 2026 10:00:00 GMT" */
str date_write(struct arena *mem, instant at);
/* Whole seconds; false for what is no date (a header with it counts as absent). */
bool date_read(str text, instant *out);

#endif
