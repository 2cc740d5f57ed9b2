/* bench: what the programs of the bench share: a loaded shop, orders placed by the shop's own flow
 * without a socket, a steady clock. A program that cannot go on says why and ends with 1. */
#ifndef TEST_BENCH_H
#define TEST_BENCH_H

#include "app/flow.h"
#include "app/load.h"

struct bench {
    struct arena *mem;
    struct house_shop house;
    struct doors doors; /* now gives `now`, dice count up; the store is the caller's */
    instant now;
    uint64_t dice;
};

_Noreturn void bench_die(const char *what, str why);
void bench_must(const char *what, err e);
int64_t bench_number(const char *text);
int64_t bench_ns(void);

/* The shop in `dir`, with its secrets. */
struct bench *bench_open(const char *dir);
/* The database of the shop, opened without a committer. */
struct store *bench_store(struct bench *b);
/* What the flow of POST /api/order wants kept for buyer `number`, at b->now. */
struct change *bench_order(struct bench *b, struct arena *mem, int64_t number);
/* The order in such a change. */
struct order *bench_order_of(struct arena *mem, const struct change *change);
/* tpay's form for a payment of that order, signed with $TPAY_CODE. */
str bench_note(struct arena *mem, const struct order *o, int64_t number);

#endif
