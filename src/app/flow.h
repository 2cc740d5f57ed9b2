/* flow: what a request's flow gives back: a response, and what must be durable before it is said.
 *
 * A flow never waits. It fills a reply: either a response at once, or changes and a function that
 * is
 * called with them once the store has decided; that function may say another response or ask for
 * more to be kept. The server suspends the connection meanwhile; a test or the simulator applies
 * the
 * changes itself.
 */
#ifndef APP_FLOW_H
#define APP_FLOW_H

#include "app/doors.h"
#include "app/limit.h"
#include "app/meter.h"
#include "http/message.h"
#include "page/site.h"

struct shelf;

struct flow {
    struct arena *mem;
    const struct doors *doors;
    const struct shop *shop;
    const struct theme *theme;
    const struct site *site;
    struct limit *limit; /* null: nobody is limited */
    struct shelf *shelf; /* null: pages are made anew each time */
    str dir;             /* the shop's folder, for the academy's files */
    bool dressed; /* a page gets more at its end: no compressed copy and no tag fits it */
    const struct request *request;
};

struct reply {
    struct response response;
    struct change *changes; /* to be kept first; null: nothing */
    size_t change_count;
    /* After apply, with changes[i].kept set. Clears `changes` or sets new ones. */
    void (*kept)(const struct flow *f, struct reply *reply);
    void *state; /* the flow's own */
    str route, order; /* for the log: the pattern that fitted, the order it was about */
};

/* The page of an error: message.html, or problem+json for those who ask; money says whether any
 * was moved. */
struct response flow_error(const struct flow *f, err e, str sentence);
/* The same with a way to have the links sent again: for an address that opens nothing any more. */
struct response flow_gone(const struct flow *f, err e, str sentence);
/* A template with its view; an error in a theme is a page of plain words, and a line in the log. */
struct response flow_page(const struct flow *f, int status, str name, const struct tree *view);
/* Counts a refusal. */
void flow_refused(const struct flow *f, enum meter_count why);
struct work;
struct work flow_work(const struct flow *f);

#endif
