#include "app/command.h"
#include "app/house.h"
#include "app/manual.h"
#include "app/open.h"
#include "app/trial.h"
#include "base/json.h"
#include "io/files.h"

void say(str text) {
    printf("%.*s", (int)text.len, text.ptr);
}

void talk_line(str text) {
    fprintf(stderr, "%.*s\n", (int)text.len, text.ptr);
}

static void report_print(struct arena *mem, const struct report *r) {
    for (const struct report_row *row = r->first; row; row = row->next)
        talk_line(report_line(mem, row));
}

/* ---- check ---- */

static void report_print_json(struct arena *mem, const struct report *r) {
    for (const struct tree *t = report_view(mem, r)->first; t; t = t->next)
        say(JOIN(mem, json_write(mem, t), S("\n")));
}

err command_check(const struct command_call *c) {
    struct report report = report_new(c->mem);
    struct house_shop shop;
    str dir = {0};
    TRY(load_find(c->mem, c->dir, &dir));
    load(c->mem, dir, false, &report, &shop);
    if (!report.mistakes)
        trial(c->mem, &shop, &report);
    if (c->json) {
        report_print_json(c->mem, &report);
    } else {
        for (const struct report_row *row = report.first; row; row = row->next)
            say(JOIN(c->mem, report_line(c->mem, row), S("\n")));
        if (!report.mistakes && !c->quiet)
            talk_line(JOIN(c->mem, S("No mistakes; "),
                str_int(c->mem, (int64_t)shop.shop->product_count), S(" products.")));
    }
    if (!report.mistakes)
        return OK_ERR;
    return err_make(
        ERR_FAILED, JOIN(c->mem, str_int(c->mem, (int64_t)report.mistakes),
                        report.mistakes == 1 ? S(" mistake: mend it") : S(" mistakes: mend them"),
                        S(", then type `grosz check` again.")));
}

/* ---- serve and run ---- */

/* A whole number between two bounds; nothing given leaves *out as it is. */
static err number_read(
    const struct command_call *c, str given, int64_t least, int64_t most, int *out) {
    int64_t number = 0;
    if (!given.len)
        return OK_ERR;
    if (!str_number(given, &number) || number < least || number > most)
        return err_make(ERR_USAGE, JOIN(c->mem, S("`"), given, S("` is not a number from "),
                                       str_int(c->mem, least), S(" to "), str_int(c->mem, most)));
    *out = (int)number;
    return OK_ERR;
}

static err port_read(const struct command_call *c, int *out) {
    return err_in(c->mem, number_read(c, c->port, 1, 65535, out), S("--port: "));
}

static err idle_read(const struct command_call *c, int *out) {
    return err_in(c->mem, number_read(c, c->idle, 1, 7 * 24 * 3600, out), S("--idle: "));
}

static err house_command(const struct command_call *c, bool serve) {
    struct house_options options = {.serve = serve};
    str dir = {0};
    TRY(port_read(c, &options.port));
    TRY(idle_read(c, &options.idle_s));
    TRY(load_find(c->mem, c->dir, &dir));
    struct snapshot *first = snapshot_new();
    load(first->mem, dir, true, &first->report, &first->shop);
    report_print(c->mem, &first->report);
    if (first->report.mistakes)
        return err_make(ERR_SETUP,
            S("The shop does not start with these mistakes. Mend them (`grosz check` names them "
              "all), then try again; nothing was changed."));
    TRY(load_owner(c->mem, dir));
    TRY(load_secret(first->mem, dir, first->shop.shop));
    return house_run(c->mem, first, &options);
}

err command_serve(const struct command_call *c) {
    return house_command(c, true);
}
err command_run(const struct command_call *c) {
    return house_command(c, false);
}

/* ---- version and help ---- */

err command_version(const struct command_call *c) {
    say(c->json ? S("{\"version\":\"" GROSZ_VERSION "\"}\n") : S("grosz " GROSZ_VERSION "\n"));
    return OK_ERR;
}

static void help_all(struct arena *mem) {
    size_t count = 0;
    const struct command *table = command_table(&count);
    say(S("Grosz, a shop for digital products.\n\n"
          "  grosz new my-shop          make a shop\n"
          "  grosz serve -C my-shop     try it in the browser\n"
          "  grosz check -C my-shop     name every mistake in its files\n"
          "  grosz order list           what was bought\n"
          "  grosz queue list           what is still owed\n\n"
          "Commands:\n"));
    for (size_t i = 0; i < count; i++) {
        static const char blanks[] = "                ";
        size_t pad = table[i].name.len < 14 ? 14 - table[i].name.len : 1;
        say(JOIN(mem, S("  "), table[i].name, (str){blanks, pad}, table[i].says, S("\n")));
    }
    say(S("\nEverywhere: -C DIR  the shop's folder (else here or above); --json; --help.\n"
          "Exit codes: 0 fine, 1 failed, 2 wrong use, 3 needs a person, 4 not set up, 5 not found, "
          "75 try again.\n"));
}

static void help_one(struct arena *mem, const struct command *c) {
    say(JOIN(mem, S("  "), c->example, S("\n\n"), c->says, S("\nUsage: grosz "), c->name, S(" "),
        c->takes, S("\n")));
}

err command_help(const struct command_call *c) {
    size_t count = 0, shown = 0;
    const struct command *table = command_table(&count);
    if (c->as.len)
        return manual(c->mem, c->as);
    str first = c->word_count ? c->words[0] : S("");
    str both = c->word_count > 1 ? JOIN(c->mem, first, S(" "), c->words[1]) : first;
    for (size_t i = 0; first.len && i < count; i++)
        if (str_is(table[i].name, both) || str_is(table[i].name, first)
            || (c->word_count == 1 && str_starts(table[i].name, JOIN(c->mem, first, S(" "))))) {
            help_one(c->mem, &table[i]);
            shown++;
        }
    if (first.len && !shown)
        return err_make(ERR_USAGE,
            JOIN(c->mem, S("there is no command `"), both, S("`; `grosz help` lists them")));
    if (!first.len)
        help_all(c->mem);
    return OK_ERR;
}
