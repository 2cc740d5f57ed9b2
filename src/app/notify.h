/* notify: raw body -> note -> job -> the gateway's word. POST /api/payment/<name>. Nothing else. */
#ifndef APP_NOTIFY_H
#define APP_NOTIFY_H

#include "app/flow.h"

void notify(const struct flow *f, str name, struct reply *reply);

#endif
