#include "app/load.h"

#include "app/inventory.h"
#include "app/shelf.h"
#include "app/tls.h"
#include "base/arena.h"
#include "base/encode.h"
#include "base/fill.h"
#include "base/limits.h"
#include "base/yaml.h"
#include "io/address.h"
#include "io/files.h"
#include "io/listener.h"
#include "io/world.h"
#include "partner/connector.h"
#include "partner/gateway.h"
#include "partner/mail.h"

static err list_has(struct arena *mem, str dir, str name, bool *has) {
    const str *names = NULL;
    size_t count = 0;
    err e = files_list(mem, dir, S(""), &names, &count);
    if (e.code == ERR_SETUP)
        return err_make(ERR_SETUP,
            JOIN(mem, S("cannot read the folder "), dir, S(": "), e.what, S(". `ls -ld "), dir,
                S("` shows whose it is: run as that user, or give it over")));
    for (size_t i = 0; i < count; i++)
        *has |= str_is(names[i], name);
    return OK_ERR;
}

err load_find(struct arena *mem, str dir, str *out) {
    str at = JOIN(mem, dir, S("/"));
    for (int up = 0; up < 16; up++, at = JOIN(mem, at, S("../")))
        if (files_is(at, S("shop.yml"))) {
            *out = str_part(at, 0, at.len - 1);
            return OK_ERR;
        }
    bool has = false;
    TRY(list_has(mem, dir, S("shop.yml"), &has));
    if (has)
        return err_make(ERR_SETUP,
            JOIN(mem, S("shop.yml in "), dir,
                S(" is not a file that can be read: it is a folder, or a link that leads nowhere "
                  "or out of the folder.")));
    return err_make(ERR_SETUP,
        JOIN(mem, S("There is no shop.yml in "), dir,
            S(" or above it. Type `grosz new my-shop` to make a shop, or name one with -C.")));
}

/* ---- files ---- */

/* The place names it already: "shop.yml is not a file" becomes "this is not a file". */
static void file_mistake(struct report *report, str path, err e) {
    const str begins[][2] = {{JOIN(report->mem, path, S(" is ")), S("this is ")},
        {JOIN(report->mem, S("cannot read "), path, S(": it ")), S("this file ")},
        {JOIN(report->mem, S("cannot list "), path, S(": it ")), S("this folder ")}};
    str what = e.what;
    for (size_t i = 0; i < COUNT(begins); i++)
        if (str_starts(what, begins[i][0]))
            what = JOIN(report->mem, begins[i][1], str_from(what, begins[i][0].len));
    report_add(report, REPORT_MISTAKE, (struct place){.file = path}, what);
}

static const struct tree *yaml_file(
    struct arena *mem, str dir, str path, size_t size_max, struct report *report) {
    str text = {0};
    struct arena *scratch = arena_new(LIMIT_SHOP_ARENA); /* the tree does not borrow from it */
    const struct tree *out = NULL;
    err e = files_read(scratch, dir, path, size_max, &text);
    if (e.code == ERR_NONE)
        out = yaml_read(mem, path, text, report);
    else
        file_mistake(report, path, err_make(e.code, str_copy(mem, e.what)));
    arena_free(scratch);
    return out;
}

static int lines_of(str text) {
    int count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += text.ptr[i] == '\n';
    return count;
}

/* "---\ntitle: Terms\n---\n" in front of the Markdown, as Jekyll has it. */
static void front_cut(
    struct arena *mem, str file, str text, struct report *report, struct site_page *page) {
    page->markdown = text;
    if (!str_starts(text, S("---\n")))
        return;
    str rest = str_from(text, 4);
    size_t end = str_starts(rest, S("---\n")) ? 0 : str_find(rest, S("\n---\n"));
    if (end < rest.len && end > LIMIT_FRONT) {
        report_add(report, REPORT_MISTAKE, (struct place){file, 1, 1},
            S("the front matter is larger than 64 KiB"));
        return;
    }
    if (end == rest.len) {
        report_add(report, REPORT_MISTAKE, (struct place){file, 1, 1},
            S("the front matter has no end: a line with --- alone"));
        return;
    }
    /* One empty line for the `---`: places are those of the whole file. */
    str lines = JOIN(mem, S("\n"), str_part(rest, 0, end));
    const struct tree *front = yaml_read(mem, file, lines, report);
    page->markdown = str_from(rest, end + (end ? 5 : 4));
    page->line = lines_of(str_part(text, 0, text.len - page->markdown.len));
    if (tree_get(front, S("title")).len)
        page->title = tree_get(front, S("title"));
}

/* False: there is nothing to read. A folder that is not there is no mistake. */
static bool list_read(struct arena *mem, str dir, str path, struct report *report,
    const str **names, size_t *count) {
    err e = files_list(mem, dir, path, names, count);
    if (e.code != ERR_NONE && e.code != ERR_ABSENT)
        file_mistake(report, path, e);
    return e.code == ERR_NONE;
}

static void pages_read(struct arena *mem, str dir, struct report *report, struct site *site) {
    const str *names = NULL;
    size_t count = 0;
    if (!list_read(mem, dir, S("pages"), report, &names, &count))
        return;
    struct site_page *pages = arena_array(mem, count + 1, sizeof(*pages));
    for (size_t i = 0; i < count; i++) {
        if (!str_ends(names[i], S(".md")))
            continue;
        str file = JOIN(mem, S("pages/"), names[i]);
        str text = {0};
        err got = files_read_text(mem, dir, file, LIMIT_PAGE, &text);
        if (got.code != ERR_NONE) {
            file_mistake(report, file, got);
            continue;
        }
        struct site_page *p = &pages[site->page_count++];
        p->name = p->title = str_part(names[i], 0, names[i].len - 3);
        front_cut(mem, file, text, report, p);
    }
    site->pages = pages;
}

static void theme_files(struct arena *mem, str dir, str below, struct report *report,
    struct theme_file *files, size_t *count) {
    const str *names = NULL;
    size_t found = 0;
    if (!list_read(mem, dir, JOIN(mem, S("theme"), below), report, &names, &found))
        return;
    for (size_t i = 0; i < found && *count < 400; i++) {
        str path = JOIN(mem, S("theme"), below, S("/"), names[i]);
        struct theme_file *f = &files[*count];
        if (files_is_dir(dir, path))
            continue;
        err got = files_read_text(mem, dir, path, LIMIT_PAGE, &f->text);
        if (got.code != ERR_NONE)
            file_mistake(report, path, got);
        f->name = str_from(JOIN(mem, below, S("/"), names[i]), 1);
        *count += got.code == ERR_NONE;
    }
}

static void theme_load(struct arena *mem, str dir, struct report *report, struct site *site) {
    size_t count = theme_builtin_count;
    struct theme_file *files = arena_array(mem, count + 400, sizeof(*files));
    memcpy(files, theme_builtin, count * sizeof(*files));
    size_t own = 0;
    theme_files(mem, dir, S(""), report, files + count, &own);
    theme_files(mem, dir, S("/mail"), report, files + count, &own);
    struct report found = report_new(mem);
    site->theme = theme_read(mem, files, count + own, &found);
    for (const struct report_row *row = found.first; row; row = row->next) {
        struct place at = row->at;
        at.file = JOIN(mem, S("theme/"), at.file);
        report_add(report, row->level, at, row->sentence);
    }
}

/* ---- what the shop must not know by itself ---- */

static const struct tree *values_of(struct arena *mem, str does, const struct tree *with) {
    const struct connector *c = connector_find(does);
    return c ? c->values(mem, with) : NULL;
}

static void partners_check(const struct shop *shop, struct report *report) {
    mail_settings_check(shop, report);
    for (size_t i = 0; i < shop->gateway_count; i++) {
        const struct gateway *g = gateway_find(shop->gateways[i].use);
        if (g)
            g->check(&shop->gateways[i], shop->live, report);
    }
    for (size_t i = 0; i < shop->step_count; i++) {
        const struct connector *c = connector_find(shop->steps[i].does);
        if (c)
            c->check(&shop->steps[i], shop, report);
    }
}

static struct place setting_place(const struct shop *shop, str name) {
    const struct tree *t = tree_find(shop->settings, name);
    return (struct place){S("shop.yml"), t ? t->line : 0, t ? t->col : 0};
}

#define ZONES S("/usr/share/zoneinfo")

/* No tzdata on a machine is no mistake of the files. */
static void zone_load(struct arena *mem, struct shop *shop, struct report *report) {
    struct place at = setting_place(shop, S("timezone"));
    str bytes = {0}, name = shop->timezone;
    if (str_is(name, S("UTC")) || str_starts(name, S("/")) || str_find(name, S("..")) < name.len)
        return;
    if (!files_is_dir(ZONES, S(""))) {
        report_add(report, REPORT_ADVICE, at,
            S("there is no tzdata on this machine, so times are shown in UTC: "
              "`apt-get install tzdata`"));
        return;
    }
    if (files_read(mem, ZONES, name, LIMIT_ZONE, &bytes).code != ERR_NONE
        || zone_read(mem, bytes, &shop->zone).code != ERR_NONE)
        report_add(report, REPORT_MISTAKE, at,
            JOIN(mem, S("there is no time zone `"), name, S("`: it is a name like Europe/Warsaw")));
}

static void world_check(struct arena *mem, const struct shop *shop, struct report *report) {
    for (const struct tree *t = shop->listen->first; t; t = t->next) {
        err listen = listener_check(mem, tree_str(t));
        if (listen.code != ERR_NONE)
            report_add(report, REPORT_MISTAKE, (struct place){S("shop.yml"), t->line, t->col},
                listen.what);
    }
    for (const struct tree *t = shop->proxies ? shop->proxies->first : NULL; t; t = t->next)
        if (!str_is(tree_str(t), S("unix")) && !address_read(tree_str(t), &(struct address){0}))
            report_add(report, REPORT_MISTAKE, (struct place){S("shop.yml"), t->line, t->col},
                JOIN(mem, S("`"), tree_str(t),
                    S("` is no address of a proxy: 127.0.0.1, \"::1\" or unix")));
}

/* ---- secrets ---- */

/* The node whose text holds ${name}: for the place of the mistake. */
static const struct tree *secret_where(const struct tree *t, str mark) {
    if (t->kind == TREE_TEXT && str_find(t->text, mark) < t->text.len)
        return t;
    for (const struct tree *c = t->first; c; c = c->next) {
        const struct tree *found = secret_where(c, mark);
        if (found)
            return found;
    }
    return NULL;
}

static void secrets_syntax(struct arena *mem, const struct tree *t, struct report *report) {
    str fault = t->kind == TREE_TEXT ? fill_secret_fault(mem, t->text) : S("");
    if (fault.len)
        report_add(report, REPORT_MISTAKE, (struct place){S("shop.yml"), t->line, t->col}, fault);
    for (const struct tree *c = t->first; c; c = c->next)
        secrets_syntax(mem, c, report);
}

static void secrets_read(struct arena *mem, struct shop *shop, bool strict, struct report *report) {
    struct tree *map = tree_map(mem);
    const struct tree *names = shop->settings ? fill_secret_names(mem, shop->settings) : NULL;
    if (shop->settings)
        secrets_syntax(mem, shop->settings, report);
    for (const struct tree *n = names ? names->first : NULL; n; n = n->next) {
        str value = {0};
        err e = world_secret(mem, n->text, &value);
        if (e.code == ERR_NONE) {
            tree_put_text(mem, map, n->text, value);
            continue;
        }
        tree_put(map, n->text, tree_none(mem));
        const struct tree *at = secret_where(shop->settings, JOIN(mem, S("${"), n->text, S("}")));
        report_add(report, strict ? REPORT_MISTAKE : REPORT_ADVICE,
            (struct place){S("shop.yml"), at ? at->line : 0, at ? at->col : 0},
            JOIN(mem, S("${"), n->text,
                S("} is not set: put it into the environment or a systemd credential of that "
                  "name")));
    }
    shop->secrets = map;
}

/* A full disk may have room again by itself; all else waits for the owner. */
static err var_fault(struct arena *mem, str dir, str path, err e) {
    str whole = JOIN(mem, dir, S("/"), path);
    if (e.code == ERR_NONE || e.code == ERR_BUSY)
        return e;
    e = err_in(mem, e, JOIN(mem, S("cannot make "), whole, S(": ")));
    if (e.code == ERR_FULL)
        return e;
    return err_make(ERR_SETUP,
        JOIN(mem, e.what, S(". var must be a folder that this user may write: `ls -ld "), dir,
            S("/var` shows what is there; mend it, then start again")));
}

err load_var(struct arena *mem, str dir) {
    return var_fault(mem, dir, S("var"), files_make_dir(dir, S("var"), 0700));
}

err load_owner(struct arena *mem, str dir) {
    str user = files_other_owner(mem, dir, S("var"));
    if (!user.len)
        return OK_ERR;
    return err_make(ERR_SETUP,
        JOIN(mem, dir, S("/var belongs to the user "), user,
            S(", who could not open what root makes there. Nothing was changed. Type the same "
              "behind `runuser -u "),
            user, S(" --`")));
}

err load_store(struct arena *mem, str dir, str *out) {
    struct report report = report_new(mem);
    const struct tree *t = yaml_file(mem, dir, S("shop.yml"), LIMIT_SETTINGS, &report);
    const struct tree *store = tree_find(t, S("store"));
    str text = store ? tree_str(store) : S("sqlite:var/shop.db");
    str fault = shop_store_fault(text);
    if (report.first)
        fault = report_line(mem, report.first);
    else if (!tree_is(t, TREE_MAP))
        fault = S("there are no settings in it");
    if (fault.len)
        return err_make(ERR_SETUP,
            JOIN(mem, S("shop.yml does not say where the database lies: "), fault,
                S(". Mend it (`grosz check`), or name it: --store sqlite:var/shop.db is the usual "
                  "one")));
    *out = str_from(text, S("sqlite:").len);
    return OK_ERR;
}

static err secret_make(struct arena *mem, str dir, const struct shop *shop, str *text) {
    char bytes[32];
    /* Orders without it: another one would end every link that buyers have. */
    if (files_is(dir, str_from(shop->store, S("sqlite:").len)))
        return err_make(ERR_SETUP,
            JOIN(mem,
                S("there are orders, but var/secret, the root of all buyers' links, is gone. "
                  "Put it back from a backup (or set GROSZ_SECRET). Is there none, make "
                  "another, and old links end: `openssl rand -hex 32 > "),
                dir, S("/var/secret`")));
    dice_fill(bytes, sizeof(bytes));
    *text = hex_write(mem, (str){bytes, sizeof(bytes)});
    TRY(load_var(mem, dir));
    return var_fault(mem, dir, S("var/secret"),
        files_write(dir, S("var/secret"), JOIN(mem, *text, S("\n")), 0600));
}

/* 64 hex digits. */
err load_secret(struct arena *mem, str dir, struct shop *shop) {
    str text = {0};
    if (world_secret(mem, S("GROSZ_SECRET"), &text).code != ERR_NONE) {
        err e = files_read(mem, dir, S("var/secret"), 200, &text);
        if (e.code == ERR_ABSENT)
            e = secret_make(mem, dir, shop, &text);
        else if (e.code != ERR_NONE)
            e = err_make(
                ERR_SETUP, JOIN(mem, e.what,
                               S(". It is the root of all buyers' links: put the old one back "
                                 "from a backup, readable for this user")));
        TRY(e);
    }
    str bytes = {0};
    if (!hex_read(mem, str_trim(text), &bytes) || bytes.len != 32)
        return err_make(ERR_SETUP,
            S("the shop secret (GROSZ_SECRET or var/secret) must be 64 hex digits; it is the "
              "root of all buyers' links, so put the old one back from a backup"));
    shop->secret = hash_key(mem, bytes);
    return OK_ERR;
}

static void load_all(struct arena *mem, str dir, const struct shop *before, struct report *report,
    struct house_shop *out) {
    struct shop_partners partners = {.values = values_of};
    partners.gateways = gateway_names(&partners.gateway_count);
    partners.connectors = connector_names(&partners.connector_count);
    const struct tree *settings = yaml_file(mem, dir, S("shop.yml"), LIMIT_SETTINGS, report);
    const struct tree *products = yaml_file(mem, dir, S("_data/products.yml"), LIMIT_YAML, report);
    struct shop *shop = shop_read(mem, settings, products, &partners, report);
    *out = (struct house_shop){.dir = dir, .shop = shop, .shelf = shelf_new(mem)};
    out->site.shop = shop;
    pages_read(mem, dir, report, &out->site);
    theme_load(mem, dir, report, &out->site);
    partners_check(shop, report);
    zone_load(mem, shop, report);
    world_check(mem, shop, report);
    out->certificate = tls_load(mem, dir, shop, clock_now(), report);
    inventory(mem, out, before, report);
}

void load(struct arena *mem, str dir, bool secrets, struct report *report, struct house_shop *out) {
    load_all(mem, dir, NULL, report, out);
    secrets_read(mem, out->shop, secrets, report);
    report_sort(report);
}

void load_edited(struct arena *mem, str dir, const struct shop *before, struct report *report,
    struct house_shop *out) {
    load_all(mem, dir, before, report, out);
    secrets_read(mem, out->shop, true, report);
    report_sort(report);
}
