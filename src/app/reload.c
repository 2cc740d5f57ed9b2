#include "app/reload.h"

#include "app/discretion.h"
#include "app/texts.h"
#include "app/trial.h"
#include "io/server.h"
#include "io/service.h"

/* ---- what cannot change at run time ---- */

static void advise_start(struct snapshot *made, str name) {
    const struct tree *t = tree_find(made->shop.shop->settings, name);
    report_add(&made->report, REPORT_ADVICE,
        (struct place){S("shop.yml"), t ? t->line : 0, t ? t->col : 0},
        JOIN(made->mem, S("`"), name, S("` takes effect at the next start: restart the program")));
}

static void advise(struct snapshot *made, const struct shop *old) {
    static const str fixed[] = {S_INIT("store"), S_INIT("listen"), S_INIT("proxies")};
    const struct shop *now = made->shop.shop;
    /* Of `limits`, those of orders take effect at once. */
    if (now->connections != old->connections
        || now->connections_per_address != old->connections_per_address)
        advise_start(made, S("limits"));
    for (size_t i = 0; i < COUNT(fixed); i++) {
        const struct tree *t = tree_find(now->settings, fixed[i]);
        if (!tree_is_same(tree_find(old->settings, fixed[i]), t))
            advise_start(made, fixed[i]);
    }
    /* Other files take effect at once; whether TLS is spoken at all does not. */
    str tls = S("tls");
    if (!tree_find(old->settings, tls) != !tree_find(now->settings, tls))
        advise_start(made, tls);
}

void reload_here(struct shop *shop, struct arena *mem, str here) {
    shop->url = shop->api = JOIN(mem, S("http://"), here);
    for (size_t i = 0; i < shop->product_count; i++)
        shop->products[i].draft = false;
}

/* ---- in the pool ---- */

static err read_again(struct reloader *all, struct snapshot *made) {
    const struct shop *old = all->old->shop;
    struct house_shop *new = &made->shop;
    if (all->slight)
        load_edited(made->mem, all->dir, old, &made->report, new);
    else
        load(made->mem, all->dir, true, &made->report, new);
    /* Who edits wants to see what only shows when a page is made, before a page is that. */
    if (all->here.len && !made->report.mistakes)
        trial_edited(made->mem, new, old, &made->report);
    if (made->report.mistakes)
        return err_make(ERR_SETUP,
            S("The shop was not reloaded: it goes on as it was. Mend the mistakes, then reload "
              "again."));
    new->shop->secret = hash_key(made->mem, str_copy(made->mem, old->secret.bytes));
    if (all->here.len)
        reload_here(new->shop, made->mem, all->here);
    advise(made, old);
    report_sort(&made->report);
    return texts_keep(all->doors->store, new->shop, old);
}

static void run(void *state) {
    struct reloader *all = state;
    struct arena *mem = arena_new(1 << 16);
    all->old = snapshots_borrow(all->shops, mem);
    all->failed = read_again(all, all->made);
    arena_free(mem);
}

/* ---- in the event thread ---- */

static void log_report(struct reloader *all, const struct reload_result *end) {
    struct arena *mem = all->made->mem;
    for (const struct report_row *row = end->report->first; row; row = row->next)
        doors_log(all->doors, row->level == REPORT_MISTAKE ? S("error") : S("info"),
            report_line(mem, row));
    doors_log(all->doors, end->taken ? S("info") : S("error"), end->sentence);
}

static void begin(struct reloader *all);

static void done(void *state) {
    struct reloader *all = state;
    struct snapshot *made = all->made;
    bool taken = all->failed.code == ERR_NONE;
    struct reload_result end = {.taken = taken, .report = &made->report, .shop = made->shop.shop};
    end.sentence = taken ? JOIN(made->mem, S("The shop is reloaded: "),
                       str_int(made->mem, (int64_t)end.shop->product_count), S(" products."))
                         : all->failed.what;
    if (taken)
        discretion_follow(all->doors->discretion, made->shop.shop);
    else
        discretion_hide(all->doors->discretion, made->shop.shop);
    log_report(all, &end);
    /* Whoever is told may already ask the new shop. */
    if (taken) {
        atomic_fetch_add(&made->users, 1);
        snapshots_put(all->shops, made);
        if (made->shop.certificate)
            server_certify(all->server, made->shop.certificate);
    }
    for (struct reload *r = all->told_next, *next; r; r = next) {
        next = r->next;
        r->told(r, &end);
    }
    if (all->ended)
        all->ended(all->owner, &end);
    snapshot_drop(made);
    all->thorough |= !taken && !all->slight;
    all->reading = false;
    service_say(S("READY=1"));
    if (all->asked)
        begin(all);
}

static void begin(struct reloader *all) {
    all->reading = true;
    all->asked = false;
    all->slight = !all->thorough;
    all->thorough = false;
    service_say(S("RELOADING=1"));
    all->told_next = all->waiting;
    all->waiting = NULL;
    all->made = snapshot_new();
    all->errand = (struct errand){.run = run, .done = done, .state = all};
    pool_send(all->pool, &all->errand);
}

void reload_edited(struct reloader *all, bool slight) {
    all->asked = true;
    all->thorough |= !slight;
    if (!all->reading)
        begin(all);
}

void reload_ask(struct reloader *all, struct reload *r) {
    if (r) {
        r->next = all->waiting;
        all->waiting = r;
    }
    reload_edited(all, false);
}

void reload_end(struct reloader *all) {
    if (all->reading)
        snapshot_drop(all->made);
    all->reading = false;
}
