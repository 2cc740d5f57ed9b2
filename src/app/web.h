/* web: the table of routes; runs one request's flow. Knows no socket: app/house hands it
 * requests. */
#ifndef APP_WEB_H
#define APP_WEB_H

#include "app/flow.h"

void web(const struct flow *f, struct reply *reply);

#endif
