/* service: what a service manager hands over at the start, and what it wants to hear. The protocol
 * of sd_listen_fds(3) and sd_notify(3), which is an environment and a datagram; no manager, no
 * words. Before the first thread: service_sockets and service_watchdog_ms. */
#ifndef IO_SERVICE_H
#define IO_SERVICE_H

#include "base/str.h"

enum { SERVICE_FIRST = 3, SERVICE_SOCKETS = 4 };

/* How many listening sockets we were started with, from descriptor 3 on; at most SERVICE_SOCKETS.
 * The words in the environment are taken away, so that no child believes them. */
size_t service_sockets(void);
/* "READY=1", "RELOADING=1", "STOPPING=1", "WATCHDOG=1". */
void service_say(str words);
/* How often WATCHDOG=1 must be said, in ms; 0: nobody listens. */
int64_t service_watchdog_ms(void);

#endif
