#include "app/tls.h"

#include "base/table.h"
#include "io/files.h"

enum { PEM_MAX = 1 << 20, READ_BY_OTHERS = 0004, DATE = 10 };

struct reading {
    struct arena *mem;
    str dir;
    const struct tree *map;
    struct report *report;
};

static void say_at(
    const struct reading *r, const struct tree *t, enum report_level level, str sentence) {
    report_add(r->report, level, (struct place){S("shop.yml"), t->line, t->col}, sentence);
}

static void mistake(const struct reading *r, const struct tree *t, str sentence) {
    say_at(r, t, REPORT_MISTAKE, sentence);
}

/* The entry, when it names a file that can be read. */
static const struct tree *file_read(const struct reading *r, str name, str *text, unsigned *mode) {
    const struct tree *t = tree_find(r->map, name);
    if (!t || !tree_str(t).len) {
        mistake(r, t ? t : r->map,
            JOIN(r->mem, S("`"), name, S("` is missing: tls: {cert: FILE, key: FILE}")));
        return NULL;
    }
    err e = files_read_anywhere(r->mem, r->dir, tree_str(t), PEM_MAX, text, mode);
    if (e.code == ERR_NONE)
        return t;
    if (e.code == ERR_SETUP)
        e.what = JOIN(r->mem, e.what,
            S(". The user that runs the shop must be able to read it: have it copied to a folder "
              "of his own (doc/operate.md, TLS without a proxy)"));
    mistake(r, t, e.what);
    return NULL;
}

static void keys_check(const struct reading *r) {
    static const str keys[] = {S_INIT("cert"), S_INIT("key")};
    for (const struct tree *t = r->map->first; t; t = t->next)
        if (!str_is(t->name, keys[0]) && !str_is(t->name, keys[1]))
            mistake(r, t,
                JOIN(r->mem, S("there is no setting `"), t->name, S("` of `tls`"),
                    table_guess(r->mem, t->name, keys, COUNT(keys))));
}

str tls_day(struct arena *mem, instant at) {
    return str_part(time_iso(mem, at), 0, DATE);
}

str tls_fault(struct arena *mem, const struct certificate *c, instant now) {
    instant from = certificate_from(c), until = certificate_until(c);
    if (now >= until)
        return JOIN(mem, S("this certificate has expired on "), tls_day(mem, until),
            S(": browsers refuse it. Renew it (`certbot renew`, or what made it)"));
    if (now < from)
        return JOIN(mem, S("this certificate is not valid before "), tls_day(mem, from),
            S(": browsers refuse it until then. Is the clock of this machine right? "
              "(`timedatectl`)"));
    return S("");
}

/* "https://shop.example.com:8443/x": the host, of an IPv6 address without brackets. */
static str host_of(str url) {
    str rest = str_from(url, str_find(url, S("://")) + 3);
    rest = str_part(rest, 0, str_find_byte(rest, '/'));
    if (str_starts(rest, S("[")))
        return str_part(rest, 1, str_find_byte(rest, ']') - 1);
    return str_part(rest, 0, str_find_byte(rest, ':'));
}

/* Buyers come to `api`, which is `url` where the program gives the pages itself. */
static void host_check(
    const struct reading *r, const struct tree *t, const struct certificate *c, str address) {
    str host = host_of(address);
    if (!certificate_covers(r->mem, c, host))
        say_at(r, t, REPORT_ADVICE,
            JOIN(r->mem, S("this certificate is not for `"), host,
                S("`: browsers refuse it there")));
    if (!str_starts(address, S("https://")))
        say_at(r, r->map, REPORT_ADVICE,
            JOIN(r->mem, S("`"), address,
                S("` leads to plain HTTP, which is not spoken with `tls`: write https://")));
}

static bool key_read(const struct reading *r, struct certificate *c) {
    str text = {0};
    unsigned mode = 0;
    const struct tree *t = file_read(r, S("key"), &text, &mode);
    if (!t)
        return false;
    if (mode & READ_BY_OTHERS)
        say_at(r, t, REPORT_ADVICE, S("everybody on this machine may read this key: chmod o-rwx"));
    err e = c ? certificate_key(r->mem, c, text) : OK_ERR;
    if (e.code != ERR_NONE)
        mistake(r, t, e.what);
    return e.code == ERR_NONE;
}

static void drop(void *c) {
    certificate_drop(c);
}

struct certificate *tls_load(
    struct arena *mem, str dir, const struct shop *shop, instant now, struct report *report) {
    struct reading r = {mem, dir, tree_find(shop->settings, S("tls")), report};
    struct certificate *c = NULL;
    str text = {0};
    unsigned mode = 0;
    if (!r.map)
        return NULL;
    if (!tree_is(r.map, TREE_MAP)) {
        mistake(&r, r.map, S("`tls` is a map: tls: {cert: FILE, key: FILE}"));
        return NULL;
    }
    keys_check(&r);
    const struct tree *t = file_read(&r, S("cert"), &text, &mode);
    err e = t ? certificate_new(mem, text, &c) : OK_ERR;
    if (e.code != ERR_NONE)
        mistake(&r, t, e.what);
    if (c) {
        arena_defer(mem, drop, c);
        str fault = tls_fault(mem, c, now);
        if (fault.len)
            mistake(&r, t, fault);
        host_check(&r, t, c, shop->api);
    }
    return key_read(&r, c) && c ? c : NULL;
}
