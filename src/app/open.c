#include "app/open.h"

#include "app/bugs.h"
#include "app/discretion.h"
#include "base/json_row.h"
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

static void real_log(void *self, str level, str pairs) {
    log_add(self, level, pairs);
}

/* The disk did not take what we wrote: nothing more is acknowledged; the next start reads what is
 * there. */
static void fatal(str why) {
    struct fields f = {.len = 0};
    fields_text(&f, S("words"), why);
    log_now(S("fatal"), fields_str(&f));
    _exit(75);
}

err open_restored(struct arena *mem, struct doors *d) {
    struct row row;
    const struct tree *t = NULL;
    err e = d->store->kind->get(d->store, mem, S("shop"), S("restored"), S(""), &row);
    if (e.code == ERR_ABSENT)
        return OK_ERR;
    TRY(e);
    TRY(json_read_row(mem, row.bytes, &t));
    d->restored_at = tree_get_int(t, S("at"), 0);
    d->restored_from = tree_get_int(t, S("made_at"), 0);
    return OK_ERR;
}

/* 2020-01-01. A machine without a battery wakes up in 1970 until it hears the time: again is
 * enough. */
#define CLOCK_FIRST ((instant)1577836800000)

static err clock_check(struct arena *mem, instant now) {
    if (now >= CLOCK_FIRST)
        return OK_ERR;
    return err_make(
        ERR_BUSY, JOIN(mem, S("the clock of this machine says "), time_iso(mem, now),
                      S(", so every order would have a wrong time. Nothing was changed. Set it "
                        "(`timedatectl set-ntp true`), then start again")));
}

/* The store's own words, and what to do. */
static err store_advice(struct arena *mem, str path, err e) {
    if (e.code == ERR_CORRUPT)
        e.what = JOIN(mem, e.what, S(". The file is damaged, or not a shop's. Move it away (`mv "),
            path, S(" "), path, S(".damaged`), then `grosz restore FILE` puts a backup there"));
    return e;
}

err open_doors(struct arena *mem, const struct house_shop *shop, struct opened *out) {
    TRY(log_new(&out->log));
    struct store_sqlite_options options = {.now = bugs_clock(clock_now())};
    str path = {0};
    TRY(clock_check(mem, options.now));
    TRY(load_var(mem, shop->dir));
    TRY(files_path(mem, shop->dir, str_from(shop->shop->store, S("sqlite:").len), &path));
    TRY(store_advice(mem, path, store_sqlite(mem, path, &options, fatal, &out->store)));
    err e = committer_new(out->store, 0, &out->committer);
    if (e.code != ERR_NONE) {
        out->store->kind->close(out->store);
        return e;
    }
    bugs_plant(out->committer);
    struct talk *talk = NULL;
    TRY(client_new(mem, shop->dir, &talk));
    out->doors = (struct doors){
        .self = out->log,
        .now = real_now,
        .dice = real_dice,
        .crash = bugs_crash,
        .log = real_log,
        .talk = bugs_talk(mem, talk),
        .store = committer_store(out->committer),
        .own = out->store,
        .discretion = discretion_new(mem),
    };
    discretion_follow(out->doors.discretion, shop->shop);
    out->work = (struct work){.doors = &out->doors, .shop = shop->shop, .theme = shop->site.theme};
    e = open_restored(mem, &out->doors);
    if (e.code != ERR_NONE)
        open_close(out);
    return e;
}

void open_close(struct opened *o) {
    committer_free(o->committer);
    o->store->kind->close(o->store);
    discretion_free(o->doors.discretion);
}
