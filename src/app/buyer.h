/* buyer: what a buyer sees after the form: the page that tells the truth step by step, the test
 * gateway's
 * page, and the built-in academy's lessons. */
#ifndef APP_BUYER_H
#define APP_BUYER_H

#include "app/flow.h"
#include "http/route.h"

/* GET /o/<order>/<key> */
void buyer_page(const struct flow *f, const struct route_match *m, struct reply *reply);
/* GET and POST /pay/test/<gateway> */
void buyer_pay(const struct flow *f, const struct route_match *m, struct reply *reply);
void buyer_paid(const struct flow *f, const struct route_match *m, struct reply *reply);
/* GET /a/<token>/… */
void buyer_lesson(const struct flow *f, const struct route_match *m, struct reply *reply);

#endif
