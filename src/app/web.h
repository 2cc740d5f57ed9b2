/* web: the table of routes; runs one request's flow. Knows no socket: app/house hands it
 * requests. */
#ifndef APP_WEB_H
#define APP_WEB_H

#include "app/flow.h"

void web(const struct flow *f, struct reply *reply);
/* What every answer to a stranger carries, just before it is sent: who else may read it (CORS), and
 * that only https may be used from now on. */
void web_guard(const struct flow *f, struct response *r);

#endif
