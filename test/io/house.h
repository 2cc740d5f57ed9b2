/* house: what the tests of io share: a server in a thread, raw bytes to it, a scripted partner. */
#ifndef TEST_IO_HOUSE_H
#define TEST_IO_HOUSE_H

#include "base/arena.h"
#include "check.h"
#include "io/server.h"

/* ---- a server ---- */

struct house;

struct house_options {
    str listen; /* default 127.0.0.1:0 */
    str proxy;  /* one trusted proxy, "" for none */
    int connections_max, connections_share, timeout_s;
    str dir;  /* with a control socket in there */
    str file; /* what GET /file sends */
};

/* Its handler: /echo says what it saw, /later the same from another thread, /file a file, /slow
 * after 300 ms, /never not at all, /broken a header with a line break, everything else 404. */
struct house *house_open(struct arena *mem, struct house_options options);
str house_address(const struct house *h);
int house_port(const struct house *h);
/* Stops, waits for the end of the thread; how long that took in ms. */
int64_t house_close(struct house *h);

/* ---- raw bytes ---- */

int raw_connect(int port);
/* Reads at most so many bytes, waiting for the first; 0 at the end. */
size_t raw_take(int fd, size_t bytes);
void raw_send(int fd, str bytes);
/* All that comes until the end or wait_ms; *ended says which. */
str raw_read(struct arena *mem, int fd, int wait_ms, bool *ended);
/* The same from the first byte on, however long that takes. */
str raw_next(struct arena *mem, int fd, int wait_ms, bool *ended);
/* Connect, send, read to the end, close. */
str raw_ask(struct arena *mem, int port, str bytes, bool *ended);
/* Sends every byte in its own packet. */
str raw_ask_slowly(struct arena *mem, int port, str bytes, bool *ended);

/* ---- a partner ---- */

enum partner_way {
    PARTNER_ANSWERS,
    PARTNER_CLOSES, /* takes the request and hangs up */
    PARTNER_HALF,   /* promises more than it says */
    PARTNER_DRIPS,  /* a byte each 100 ms */
    PARTNER_REDIRECTS,
    PARTNER_DROPS_KEPT, /* answers a connection's first request, takes the second and hangs up */
    PARTNER_SHUTS_KEPT, /* hangs up after each answer, without saying so */
    PARTNER_TALKS_LONG, /* more than LIMIT_ANSWER */
    PARTNER_MANY_HEADERS,
    PARTNER_INTERIM, /* 100, then 200 */
    PARTNER_GARBAGE,
    PARTNER_CHUNK_CUT,
    PARTNER_RETRY_LATER,
};

struct partner;
struct partner *partner_open(struct arena *mem, enum partner_way way);
int partner_port(const struct partner *p);
/* Whole requests that arrived. */
int partner_effects(struct partner *p);
/* The last whole request. */
str partner_heard(struct arena *mem, struct partner *p);
void partner_close(struct partner *p);

/* A fresh folder under the test's working directory, removed at the end of the program. */
str fresh_dir(struct arena *mem);

void tests_server(const struct check_test **tests, size_t *count);
void tests_client(const struct check_test **tests, size_t *count);
void tests_mailer(const struct check_test **tests, size_t *count);
void tests_files(const struct check_test **tests, size_t *count);
void tests_watch(const struct check_test **tests, size_t *count);

#endif
