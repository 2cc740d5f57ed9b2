#include "app/command.h"
#include "app/load.h"
#include "app/tls.h"
#include "base/encode.h"
#include "base/json.h"
#include "http/mail_way.h"
#include "io/client.h"
#include "io/files.h"
#include "io/world.h"
#include "partner/mail.h"

/* What is looked at, each a row: ok, warn or fail, what was seen, and the command that mends it. */

enum level { LEVEL_OK, LEVEL_WARN, LEVEL_FAIL };

struct doctor {
    const struct command_call *call;
    struct arena *mem;
    struct house_shop house;
    const struct tree *kept; /* GET /doctor: what only the store's owner can say; null */
    str unkept;              /* why it could not be asked */
    bool runs;               /* the program; it has its secrets, wherever from */
    struct tree *fails;      /* the rows that need a person */
};

static void row(struct doctor *d, enum level level, str what, str says, str mend) {
    static const str names[] = {S_INIT("ok"), S_INIT("warn"), S_INIT("fail")};
    struct arena *mem = d->mem;
    struct tree *t = tree_map(mem);
    if (level == LEVEL_FAIL)
        tree_add(d->fails, t);
    tree_put_text(mem, t, S("check"), what);
    tree_put_text(mem, t, S("state"), names[level]);
    tree_put_text(mem, t, S("says"), says);
    tree_put_text(mem, t, S("mend"), level == LEVEL_OK ? S("") : mend);
    if (d->call->json) {
        command_show(d->call, t);
        return;
    }
    static const char blanks[] = "          ";
    str pad = {blanks, what.len < 9 ? 10 - what.len : 1};
    say(JOIN(mem, names[level], level == LEVEL_OK ? S("    ") : S("  "), what, pad, says, S("\n")));
    if (level != LEVEL_OK && mend.len)
        say(JOIN(mem, S("                "), mend, S("\n")));
}

/* ---- files and keys ---- */

static void look_files(struct doctor *d, const struct report *report) {
    str count = str_int(d->mem, (int64_t)report->mistakes);
    if (report->mistakes)
        row(d, LEVEL_FAIL, S("files"),
            JOIN(d->mem, count,
                report->mistakes == 1 ? S(" mistake, a secret that is not set is one")
                                      : S(" mistakes, secrets not set among them")),
            S("grosz check"));
    else
        row(d, LEVEL_OK, S("files"),
            d->runs ? S("no mistakes; the program that runs has its secrets")
                    : S("no mistakes, every ${NAME} is set"),
            S(""));
}

static void look_secret(struct doctor *d) {
    str given = {0};
    struct shop shop = {0};
    bool outside = world_secret(d->mem, S("GROSZ_SECRET"), &given).code == ERR_NONE;
    if (!outside && !files_is(d->house.dir, S("var/secret"))) {
        row(d, LEVEL_WARN, S("secret"), S("there is no shop secret yet: the first start makes it"),
            S("grosz run"));
        return;
    }
    err e = load_secret(d->mem, d->house.dir, &shop);
    if (e.code != ERR_NONE)
        row(d, LEVEL_FAIL, S("secret"), e.what, S("put the old var/secret back from a backup"));
    else
        row(d, LEVEL_OK, S("secret"),
            outside ? S("given as GROSZ_SECRET") : S("in var/secret; keep a copy of it elsewhere"),
            S(""));
}

static void look_addresses(struct doctor *d) {
    const struct shop *s = d->house.shop;
    str both = JOIN(d->mem, s->url, S(" and "), s->api);
    bool safe = str_starts(s->url, S("https://")) && str_starts(s->api, S("https://"));
    if (!s->live)
        row(d, LEVEL_WARN, S("mode"), S("test: no money moves"), S("`mode: live` in shop.yml"));
    if (safe || !s->live)
        row(d, LEVEL_OK, S("addresses"), both, S(""));
    else
        row(d, LEVEL_FAIL, S("addresses"), JOIN(d->mem, both, S(": not https")),
            S("`url` and `api` in shop.yml"));
}

enum { RENEWED_DAYS = 30, LAST_DAYS = 10 };

/* Whoever renews does so 30 days before the end. */
static void look_certificate(struct doctor *d) {
    const struct certificate *c = d->house.certificate;
    if (!c)
        return;
    instant now = clock_now(), until = certificate_until(c);
    int64_t days = (until - now) / TIME_DAY;
    str fault = tls_fault(d->mem, c, now);
    str says = JOIN(d->mem, S("the certificate is good until "), tls_day(d->mem, until), S(", "),
        str_int(d->mem, days), S(" days"));
    enum level level = fault.len || days < LAST_DAYS ? LEVEL_FAIL
                       : days < RENEWED_DAYS         ? LEVEL_WARN
                                                     : LEVEL_OK;
    row(d, level, S("tls"), fault.len ? fault : says,
        S("renew it (certbot renew), then grosz reload"));
}

/* ---- the machine ---- */

#define CLOCK_LEAST INT64_C(1764547200000) /* 2025-12-01: before this program was */

static void look_clock(struct doctor *d) {
    instant now = clock_now(), newest = tree_get_int(d->kept, S("newest"), 0);
    str shown = time_iso(d->mem, now);
    if (now < CLOCK_LEAST)
        row(d, LEVEL_FAIL, S("clock"), JOIN(d->mem, shown, S(" is long ago")), S("timedatectl"));
    else if (newest > now + 5 * TIME_MINUTE)
        row(d, LEVEL_FAIL, S("clock"),
            JOIN(d->mem, shown, S(" is before the newest thing kept: "), time_iso(d->mem, newest)),
            S("timedatectl"));
    else
        row(d, LEVEL_OK, S("clock"), shown, S(""));
}

enum { MEGA = 1 << 20, DISK_LOW = 64, DISK_SHORT = 1024 };

static void look_disk(struct doctor *d) {
    int64_t free_mb = files_free(d->house.dir) / MEGA;
    str says = JOIN(d->mem, str_int(d->mem, free_mb), S(" MiB free"));
    enum level level = free_mb < DISK_LOW     ? LEVEL_FAIL
                       : free_mb < DISK_SHORT ? LEVEL_WARN
                                              : LEVEL_OK;
    row(d, level, S("disk"), says, S("make room: new orders are refused when it is full"));
}

/* ---- mail ---- */

enum { TRY_MS = 30000 }; /* somebody waits */

/* One letter by hand, as the shop would send it. */
static err mail_try(struct doctor *d, str to, str *said) {
    const struct shop *s = d->house.shop;
    struct talk *talk = NULL;
    struct talk_answer answer = {0};
    struct talk_request r;
    const struct letter l = {.to = to,
        .subject = S("Grosz: does mail arrive?"),
        .text = S("Somebody typed `grosz doctor --mail`. It does.\n"),
        .key = JOIN(d->mem, S("doctor-"), base32_number(d->mem, dice_throw(), 13)),
        .at = clock_now()};
    TRY(mail_request(d->mem, s, l, &r));
    r.wait_ms = r.wait_ms ? TRY_MS : 0;
    TRY(talk_request_fill(d->mem, &r, s->secrets));
    TRY(client_new(d->mem, d->house.dir, &talk));
    talk->say(talk, d->mem, &r, &answer);
    client_free(talk);
    *said = answer.why;
    bool taken = answer.sent == TALK_ANSWERED && answer.status / 100 == 2;
    return taken ? OK_ERR : err_make(ERR_PARTNER, answer.why);
}

static void look_mail(struct doctor *d) {
    const struct shop *s = d->house.shop;
    struct mail_way way = {0};
    str said = {0}, waits = tree_get(d->kept, S("mail"));
    err e = mail_way_read(d->mem, s->mail_send, &way);
    if (e.code == ERR_NONE && d->call->mail.len)
        e = mail_try(d, d->call->mail, &said);
    if (e.code != ERR_NONE)
        row(d, LEVEL_FAIL, S("mail"), e.what,
            S("`mail:` in shop.yml, then grosz doctor --mail YOU"));
    else if (waits.len && !d->call->mail.len)
        row(d, LEVEL_FAIL, S("mail"), JOIN(d->mem, S("letters wait: "), waits),
            S("`mail:` in shop.yml, then grosz doctor --mail YOU; they go out by themselves"));
    else if (way.folder.len)
        row(d, s->live ? LEVEL_FAIL : LEVEL_WARN, S("mail"),
            JOIN(d->mem, S("letters are only written to "), way.folder),
            S("`mail: {send: smtps://…}` in shop.yml"));
    else if (!d->call->mail.len)
        row(d, LEVEL_WARN, S("mail"), JOIN(d->mem, S("by "), way.host, S(", not tried")),
            S("grosz doctor --mail you@example.com"));
    else
        row(d, LEVEL_OK, S("mail"), JOIN(d->mem, way.host, S(" took a letter: "), said), S(""));
}

/* ---- what is kept ---- */

static void look_store(struct doctor *d) {
    str fault = tree_get(d->kept, S("fault"));
    if (!d->kept)
        row(d, LEVEL_FAIL, S("store"), d->unkept, S("grosz run, or grosz check"));
    else if (fault.len)
        row(d, LEVEL_FAIL, S("store"), fault, S("stop the shop, then grosz restore FILE"));
    else
        row(d, LEVEL_OK, S("store"), S("the database is whole"), S(""));
}

static bool backup_time(const struct doctor *d, str name, instant *at) {
    str said = tree_get(tree_find(d->kept, name), S("at"));
    return said.len && time_read(said, at).code == ERR_NONE;
}

static void look_backup(struct doctor *d) {
    instant at = 0, failed = 0;
    bool made = backup_time(d, S("backup"), &at);
    if (backup_time(d, S("backup_failed"), &failed) && failed > at) {
        row(d, LEVEL_FAIL, S("backup"),
            JOIN(d->mem, S("the last try failed, on "), time_iso(d->mem, failed), S(": "),
                tree_get(tree_find(d->kept, S("backup_failed")), S("why"))),
            S("systemctl start grosz-backup, or grosz backup FILE"));
        return;
    }
    if (!made) {
        row(d, LEVEL_WARN, S("backup"), S("none was ever made"), S("grosz backup FILE"));
        return;
    }
    int64_t hours = (clock_now() - at) / TIME_HOUR;
    str says = JOIN(d->mem, S("the last one is "), str_int(d->mem, hours), S(" hours old"));
    row(d, hours > 48 ? LEVEL_WARN : LEVEL_OK, S("backup"), says, S("grosz backup FILE"));
}

static void look_queue(struct doctor *d) {
    int64_t persons = tree_get_int(d->kept, S("persons"), 0);
    int64_t late = tree_get_int(d->kept, S("late"), 0);
    if (persons)
        row(d, LEVEL_FAIL, S("queue"),
            JOIN(d->mem, str_int(d->mem, persons), S(" jobs wait for you")), S("grosz queue list"));
    else if (late)
        row(d, LEVEL_WARN, S("queue"),
            JOIN(d->mem, str_int(d->mem, late), S(" jobs are due for more than 15 minutes")),
            S("grosz queue list; is `grosz run` up?"));
    else
        row(d, LEVEL_OK, S("queue"), S("nothing waits for you"), S(""));
}

static void look_gateways(struct doctor *d) {
    const struct tree *silent = tree_find(d->kept, S("silent"));
    for (const struct tree *t = silent ? silent->first : NULL; t; t = t->next) {
        str name = tree_get(t, S("gateway"));
        row(d, LEVEL_FAIL, S("gateway"),
            JOIN(d->mem, name, S(" has told nothing of its latest orders, the oldest placed "),
                tree_get(t, S("since"))),
            JOIN(d->mem, S("at the gateway the notification address must be "), d->house.shop->api,
                S("/api/payment/"), name, S("; grosz order list --state placed")));
    }
    if (!silent || !silent->count)
        row(d, LEVEL_OK, S("gateway"), S("none is known to be silent"), S(""));
}

static void look_proxies(struct doctor *d) {
    str doubted = tree_get(d->kept, S("doubted"));
    if (!doubted.len) {
        row(d, LEVEL_OK, S("proxies"), S("nobody near speaks for others unnamed"), S(""));
        return;
    }
    row(d, LEVEL_WARN, S("proxies"),
        JOIN(d->mem, S("requests come from "), doubted,
            S(" with X-Forwarded-For, which is not believed: all buyers are one address")),
        JOIN(d->mem, S("when that is your proxy: `proxies: ["), doubted,
            S("]` in shop.yml, then start again")));
}

/* ---- all of it ---- */

/* The program that runs says it, else the store itself. */
static void ask_kept(struct doctor *d, const struct report *report) {
    err e = OK_ERR;
    if (d->runs)
        return;
    if (report->mistakes)
        e = err_make(ERR_SETUP, S("not looked at while the files have mistakes"));
    else
        e = command_ask(d->call, S("GET"), S("/doctor"), &d->kept);
    d->unkept = e.what;
    if (e.code != ERR_NONE)
        d->kept = NULL;
}

/* Nothing found is told as well: what comes back later is news then. */
static void tell(struct doctor *d) {
    const struct tree *t = NULL;
    str target = JOIN(
        d->mem, S("/doctor?found="), percent_write(d->mem, json_write(d->mem, d->fails)));
    err e = command_ask(d->call, S("POST"), target, &t);
    if (e.code == ERR_NONE && tree_get_bool(t, S("told"), false) && !d->call->json)
        talk_line(JOIN(d->mem, S("A letter about it goes to "), d->house.shop->seller.email));
    if (e.code != ERR_NONE)
        row(d, LEVEL_FAIL, S("letter"), JOIN(d->mem, S("you could not be written to: "), e.what),
            S("mend what is above, then grosz doctor --tell"));
}

static void look(struct doctor *d, const struct report *report) {
    look_files(d, report);
    look_secret(d);
    look_addresses(d);
    look_certificate(d);
    look_clock(d);
    look_disk(d);
    look_mail(d);
    look_store(d);
    if (!d->kept)
        return;
    look_backup(d);
    look_queue(d);
    look_gateways(d);
    look_proxies(d);
}

err command_doctor(const struct command_call *c) {
    struct report report = report_new(c->mem);
    struct doctor d = {.call = c, .mem = c->mem, .fails = tree_list(c->mem)};
    str dir = {0}, to = {0};
    TRY(load_find(c->mem, c->dir, &dir));
    if (c->mail.len)
        TRY(mail_address(c->mail, &to));
    d.runs = command_ask_running(c, S("GET"), S("/doctor"), &d.kept).code == ERR_NONE;
    load(c->mem, dir, !d.runs || c->mail.len, &report, &d.house);
    ask_kept(&d, &report);
    look(&d, &report);
    if (c->tell)
        tell(&d);
    if (!d.fails->count)
        return OK_ERR;
    return err_make(
        ERR_PERSON, JOIN(c->mem, str_int(c->mem, (int64_t)d.fails->count),
                        d.fails->count == 1 ? S(" thing needs you.") : S(" things need you.")));
}
