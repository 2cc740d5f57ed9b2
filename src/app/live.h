/* live: serve shows an edit in the browser by itself.
 *
 * A change of a file asks for a reload; each page carries a script (live.js) that waits on
 * GET /live/<moment> until a reload has ended, then changes the page or shows the mistakes over
 * it. A moment names the last reload; /live/now is answered at once. Event thread only.
 */
#ifndef APP_LIVE_H
#define APP_LIVE_H

#include "app/reload.h"
#include "http/message.h"
#include "io/watch.h"

struct exchange;

enum { LIVE_WAITING = 16 }; /* one a browser; the one that waits longest makes room */

struct live {
    struct reloader *reloader;
    struct watch watch;
    struct arena *mem; /* of `state`; reset by each reload */
    str state;         /* {now, shop, sentence, mistakes} as JSON */
    int64_t start;     /* so that a page of an earlier program notices */
    int64_t now, shop; /* reloads ended; the last that was taken */
    struct exchange *waiting[LIVE_WAITING];
    size_t count;
    bool over;
};

struct live_file {
    str name, text;
};

extern const struct live_file live_files[];
extern const size_t live_files_count;

/* Hooks into the reloader; files are watched: the error says why not, and the rest works. */
MUST err live_open(struct arena *mem, struct live *l, struct reloader *reloader);
/* When live.watch.fd is readable. */
void live_changed(struct live *l);
/* Whether the request is ours: it is answered, now or later. */
bool live_handle(struct live *l, struct exchange *x, const struct request *r);
/* The script at a page's end, for the shop of moment `shop`. */
void live_dress(const struct live *l, struct arena *mem, const struct request *r, int64_t shop,
    struct response *page);
/* All who wait are answered, and who comes later at once. */
void live_stop(struct live *l);
void live_close(struct live *l);

#endif
