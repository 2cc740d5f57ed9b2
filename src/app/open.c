#include "app/open.h"

#include "app/bugs.h"
#include "io/client.h"
#include "io/files.h"
#include "io/world.h"

#include <unistd.h>

static instant real_now(void *self) {
    (void)self;
    return clock_now();
}

static uint64_t real_dice(void *self) {
    (void)self;
    return dice_throw();
}

static void real_log(void *self, str level, str words) {
    (void)self;
    log_line(level, words);
}

/* The disk did not take what we wrote: nothing more is acknowledged; the next start reads what is
 * there. */
static void fatal(str why) {
    log_line(S("fatal"), why);
    _exit(75);
}

err open_doors(struct arena *mem, const struct house_shop *shop, struct opened *out) {
    struct store_sqlite_options options = {.now = clock_now()};
    str path = {0};
    TRY(files_make_dir(shop->dir, S("var"), 0700));
    TRY(files_path(mem, shop->dir, str_from(shop->shop->store, S("sqlite:").len), &path));
    TRY(store_sqlite(mem, path, &options, fatal, &out->store));
    err e = committer_new(out->store, 0, &out->committer);
    if (e.code != ERR_NONE) {
        out->store->kind->close(out->store);
        return e;
    }
    bugs_plant(out->committer);
    struct talk *talk = NULL;
    TRY(client_new(mem, shop->dir, &talk));
    out->doors = (struct doors){
        .now = real_now,
        .dice = real_dice,
        .crash = bugs_crash,
        .log = real_log,
        .talk = bugs_talk(mem, talk),
        .store = committer_store(out->committer),
    };
    out->work = (struct work){.doors = &out->doors, .shop = shop->shop, .theme = shop->site.theme};
    return OK_ERR;
}

void open_close(struct opened *o) {
    committer_free(o->committer);
    o->store->kind->close(o->store);
}
