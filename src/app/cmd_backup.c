#include "app/command.h"
#include "app/desk.h"
#include "app/load.h"
#include "base/encode.h"
#include "io/files.h"
#include "io/world.h"
#include "store/store.h"

/* The running program writes the file, so it needs the whole path. */
static err whole_path(const struct command_call *c, str file, str *out) {
    size_t at = file.len;
    while (at && file.ptr[at - 1] != '/')
        at--;
    str folder = at > 1 ? str_part(file, 0, at - 1) : at ? S("/") : S(".");
    if (at == file.len)
        return err_make(ERR_USAGE, S("name a file, not a folder"));
    if (!files_is_dir(folder, S("")))
        return err_make(ERR_ABSENT, JOIN(c->mem, S("there is no folder "), folder));
    return files_path(c->mem, folder, str_from(file, at), out);
}

/* The same of a folder that, with what is above it, may be yet to be made. */
static err whole_folder(const struct command_call *c, str folder, str *out) {
    str here = {0};
    while (folder.len > 1 && str_ends(folder, S("/")))
        folder.len--;
    if (!str_starts(folder, S("/"))) {
        TRY(files_path(c->mem, S("."), S("."), &here));
        folder = JOIN(c->mem, here, S("/"), folder);
    }
    *out = folder;
    return OK_ERR;
}

static str yes_no(bool truth) {
    return truth ? S("1") : S("");
}

err command_backup(const struct command_call *c) {
    const struct tree *t = NULL;
    str path = {0};
    TRY((c->keep.len ? whole_folder : whole_path)(c, c->words[0], &path));
    TRY(command_ask(c, S("POST"),
        JOIN(c->mem, S("/backup?file="), percent_write(c->mem, path), S("&replace="),
            yes_no(c->replace), S("&secret="), yes_no(c->with_secret), S("&keep="),
            percent_write(c->mem, c->keep)),
        &t));
    path = tree_get(t, S("file"));
    if (!files_is(S("/"), str_from(path, 1)))
        return err_make(ERR_FAILED,
            JOIN(c->mem, S("The running shop wrote it, but it is not in "), path,
                S(": that program sees other files there than you do (systemd's PrivateTmp?). "
                  "Name a file in the shop's var/.")));
    command_show(c, t);
    if (!c->with_secret && !c->json)
        talk_line(S("It does not hold the shop secret: keep var/secret (or GROSZ_SECRET) too, or "
                    "all links of buyers are dead after a restore. --with-secret puts it in."));
    return OK_ERR;
}

/* ---- restore ---- */

struct restoring {
    struct store_restore base; /* first */
    const struct command_call *call;
    str dir;
    bool occupied;
};

static bool secret_is_here(const struct restoring *r) {
    str given = {0};
    return world_secret(r->call->mem, S("GROSZ_SECRET"), &given).code == ERR_NONE
           || files_is(r->dir, S("var/secret"));
}

static err secret_compare(const struct restoring *r) {
    struct shop shop = {0};
    TRY(load_secret(r->call->mem, r->dir, &shop));
    if (!r->base.print.len || str_is(desk_print(r->call->mem, shop.secret), r->base.print))
        return OK_ERR;
    return err_make(ERR_CONFLICT,
        JOIN(r->call->mem,
            S("The backup was made under another shop secret; all links of its orders would be "
              "dead. "),
            r->base.secret.len ? S("It holds that secret: move var/secret away and restore again.")
                               : S("Put that secret back first (var/secret or GROSZ_SECRET)."),
            S(" With --anyway it is restored all the same. Nothing was changed.")));
}

static err secret_settle(const struct restoring *r) {
    if (secret_is_here(r))
        return secret_compare(r);
    if (r->base.secret.len)
        return files_write(
            r->dir, S("var/secret"), JOIN(r->call->mem, r->base.secret, S("\n")), 0600);
    return err_make(ERR_SETUP,
        S("The shop secret is neither here nor in the backup: put var/secret back first, or all "
          "links of buyers are dead. With --anyway a new one is made. Nothing was changed."));
}

/* Asked when the backup is known to be whole, before anything is exchanged. */
static err agree(const struct store_restore *base) {
    const struct restoring *r = (const struct restoring *)base;
    struct arena *mem = r->call->mem;
    if (r->occupied && !r->call->yes)
        return err_make(ERR_USAGE,
            JOIN(mem, S("There is a database here. This would put the backup of "),
                time_iso(mem, base->made_at), S(" with "), str_int(mem, base->orders),
                S(" orders in its place (the old one is kept beside it). Type it again with "
                  "--yes. Nothing was changed.")));
    return r->call->anyway ? OK_ERR : secret_settle(r);
}

/* Where the backup goes: as `--store` or shop.yml says. */
static err store_name(const struct command_call *c, str dir, str *name) {
    if (!c->store.len)
        return err_in(c->mem, load_store(c->mem, dir, name), S("Nothing was changed: "));
    str fault = shop_store_fault(c->store);
    if (fault.len)
        return err_make(ERR_USAGE, JOIN(c->mem, S("--store: "), fault));
    *name = str_from(c->store, S("sqlite:").len);
    return OK_ERR;
}

err command_restore(const struct command_call *c) {
    struct restoring r = {.base = {.now = clock_now(), .agree = agree}, .call = c};
    str path = {0}, file = {0}, name = {0};
    TRY(whole_path(c, c->words[0], &file));
    TRY(load_find(c->mem, c->dir, &r.dir));
    TRY(load_owner(c->mem, r.dir));
    TRY(store_name(c, r.dir, &name));
    r.occupied = files_is(r.dir, name);
    TRY(files_make_dir(r.dir, S("var"), 0700));
    TRY(files_path(c->mem, r.dir, name, &path));
    if (c->store.len && r.occupied && !store_sqlite_is(c->mem, path))
        return err_make(ERR_USAGE,
            JOIN(c->mem, S("--store: "), path, S(" is no database. Nothing was changed.")));
    TRY(store_sqlite_restore(c->mem, path, file, &r.base));
    struct tree *t = tree_map(c->mem);
    tree_put_text(c->mem, t, S("restored"), file);
    tree_put_text(c->mem, t, S("made_at"), time_iso(c->mem, r.base.made_at));
    tree_put_int(c->mem, t, S("orders"), r.base.orders);
    command_show(c, t);
    if (!c->json)
        talk_line(S("What was open in the backup may have been done since: it is asked or sent "
                    "with its key again, or put on hold for you (`grosz queue list`). Payments of "
                    "since then come as strays, or have your gateway send its notes again."));
    return OK_ERR;
}
