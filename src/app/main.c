#include "app/command.h"
#include "base/arena.h"
#include "base/limits.h"
#include "base/table.h"
#include "io/log.h"

#include <unistd.h>

/* clang-format off */
static const struct command table[] = {
    {S_INIT("new"), S_INIT("DIR"), S_INIT("Make a shop that can be bought in at once."),
     S_INIT("grosz new my-shop"), 1, 1, S_INIT(" "), command_new},
    {S_INIT("serve"), S_INIT("[--port N]"), S_INIT("Run the shop for yourself, on 127.0.0.1."),
     S_INIT("grosz serve -C my-shop"), 0, 0, S_INIT(" --port "), command_serve},
    {S_INIT("run"), S_INIT("[--port N] [--idle SECONDS]"), S_INIT("Run the shop for buyers, "
        "as shop.yml says; --idle: end when nothing is owed and nobody asked for so long."),
     S_INIT("grosz run -C /srv/my-shop"), 0, 0, S_INIT(" --port --idle "), command_run},
    {S_INIT("reload"), S_INIT(""), S_INIT("Let the running program read the data files again."),
     S_INIT("grosz reload -C /srv/my-shop"), 0, 0, S_INIT(" "), command_reload},
    {S_INIT("build"), S_INIT("[--to DIR]"), S_INIT("Make the pages into public/, for any host of "
        "plain files."),
     S_INIT("grosz build --to /srv/www"), 0, 0, S_INIT(" --to "), command_build},
    {S_INIT("check"), S_INIT(""), S_INIT("Name every mistake of the data files, with its place."),
     S_INIT("grosz check"), 0, 0, S_INIT(" "), command_check},
    {S_INIT("order list"), S_INIT("[--state S] [--limit N] [--before ORDER]"),
     S_INIT("List orders, newest first; --state: placed, paid, fulfilled or expired; --before: "
        "those older than ORDER."),
     S_INIT("grosz order list --state paid"), 0, 0, S_INIT(" --state --limit "
     "--before "), command_order_list},
    {S_INIT("order show"), S_INIT("ORDER"), S_INIT("Show all that is known of an order."),
     S_INIT("grosz order show t01k2m3n4p5abcdefgh"), 1, 1, S_INIT(" "), command_order_show},
    {S_INIT("order resend"), S_INIT("ORDER"), S_INIT("Send the letter with the access once more."),
     S_INIT("grosz order resend t01k2m3n4p5abcdefgh"), 1, 1, S_INIT(" "), command_order_resend},
    {S_INIT("order revoke"), S_INIT("ORDER"),
     S_INIT("Close the links of an order; the buyer gets new ones."),
     S_INIT("grosz order revoke t01k2m3n4p5abcdefgh"), 1, 1, S_INIT(" "), command_order_revoke},
    {S_INIT("queue list"), S_INIT(""), S_INIT("List what is due and what waits for a person."),
     S_INIT("grosz queue list"), 0, 0, S_INIT(" "), command_queue_list},
    {S_INIT("queue show"), S_INIT("JOB"), S_INIT("Show one job and what it sends."),
     S_INIT("grosz queue show t01k2m3n4p5abcdefgh/1/invitation"), 1, 1, S_INIT(" "
     ""), command_queue_show},
    {S_INIT("queue retry"), S_INIT("[--anew] JOB"), S_INIT("Try again: same key, same bytes; "
        "--anew: rendered from today's shop."),
     S_INIT("grosz queue retry --anew t01k2m3n4p5abcdefgh/1/invitation"), 1, 1, S_INIT(" --anew "
     ""), command_queue_retry},
    {S_INIT("queue done"), S_INIT("--evidence TEXT JOB"), S_INIT("You saw that it was done: "
        "write down how you know."),
     S_INIT("grosz queue done --evidence \"purchase 55 stands in Kit\" JOB"), 1, 1, S_INIT(" "
     "--evidence "), command_queue_done},
    {S_INIT("queue drop"), S_INIT("--reason TEXT JOB"), S_INIT("It is not owed any more: write "
        "down why."),
     S_INIT("grosz queue drop --reason \"refunded by hand\" JOB"), 1, 1, S_INIT(" --reason "
     ""), command_queue_drop},
    {S_INIT("backup"), S_INIT("[--replace] [--with-secret] FILE | --keep N FOLDER"),
     S_INIT("Copy the database into one file, also while the shop runs, and verify it; --keep: "
        "into a folder, one for each day, of which the newest N stay."),
     S_INIT("grosz backup /backup/shop-monday.db"), 1, 1, S_INIT(" --replace --with-secret --keep "
     ""), command_backup},
    {S_INIT("restore"), S_INIT("[--yes] [--anyway] [--store sqlite:FILE] FILE"),
     S_INIT("Put a backup in the place of the database, which is kept beside it; --store: that is "
        "there, whatever shop.yml says."),
     S_INIT("grosz restore --yes /backup/shop-monday.db"), 1, 1, S_INIT(" --yes --anyway "
     "--store "), command_restore},
    {S_INIT("doctor"), S_INIT("[--mail ADDRESS] [--tell]"), S_INIT("Look whether all is well: "
        "files, keys, clock, disk, mail, store, backup, queue; --tell: write to the owner when "
        "something is not."),
     S_INIT("grosz doctor --mail you@example.com"), 0, 0, S_INIT(" --mail --tell "
     ""), command_doctor},
    {S_INIT("version"), S_INIT(""), S_INIT("Say which program this is."),
     S_INIT("grosz version"), 0, 0, S_INIT(" "), command_version},
    {S_INIT("help"), S_INIT("[--as man|bash|zsh|fish] [COMMAND]"), S_INIT("Explain a command; "
        "--as: all of them, for man or for a shell to complete."),
     S_INIT("grosz help order list"), 0, 2, S_INIT(" --as "), command_help},
};
/* clang-format on */

const struct command *command_table(size_t *count) {
    *count = COUNT(table);
    return table;
}

/* ---- flags ---- */

struct flag {
    str name;
    bool takes; /* a value */
    size_t offset;
};

#define FLAG(text, takes, field) \
    { S_INIT(text), takes, offsetof(struct command_call, field) }
static const struct flag flags[] = {
    FLAG("-C", true, dir),
    FLAG("--json", false, json),
    FLAG("--anew", false, anew),
    FLAG("--quiet", false, quiet),
    FLAG("--replace", false, replace),
    FLAG("--with-secret", false, with_secret),
    FLAG("--yes", false, yes),
    FLAG("--anyway", false, anyway),
    FLAG("--port", true, port),
    FLAG("--idle", true, idle),
    FLAG("--store", true, store),
    FLAG("--keep", true, keep),
    FLAG("--limit", true, limit),
    FLAG("--state", true, state),
    FLAG("--before", true, before),
    FLAG("--evidence", true, evidence),
    FLAG("--reason", true, reason),
    FLAG("--tell", false, tell),
    FLAG("--as", true, as),
    FLAG("--mail", true, mail),
    FLAG("--to", true, to),
};

static bool flag_is_common(str name) {
    return str_is(name, S("-C")) || str_is(name, S("--json")) || str_is(name, S("--quiet"));
}

struct typed {
    struct command_call call;
    str given[COUNT(flags)]; /* names of flags given, for "does not take" */
    size_t given_count;
    bool help;
};

static err flag_read(struct arena *mem, struct typed *t, str word, int *at, int argc, char **argv) {
    size_t equals = str_find_byte(word, '=');
    str name = str_part(word, 0, equals);
    str names[COUNT(flags)];
    for (size_t i = 0; i < COUNT(flags); i++) {
        names[i] = flags[i].name;
        if (!str_is(flags[i].name, name))
            continue;
        void *field = (char *)&t->call + flags[i].offset;
        if (t->given_count < COUNT(flags))
            t->given[t->given_count++] = name;
        if (!flags[i].takes) {
            *(bool *)field = true;
            return OK_ERR;
        }
        if (equals == word.len && *at + 1 >= argc)
            return err_make(ERR_USAGE, JOIN(mem, S("`"), name, S("` wants a value behind it")));
        *(str *)field = equals < word.len ? str_from(word, equals + 1) : str_of(argv[++*at]);
        return OK_ERR;
    }
    return err_make(ERR_USAGE, JOIN(mem, S("there is no flag `"), name, S("`"),
                                   table_guess(mem, name, names, COUNT(names))));
}

static err type_read(struct arena *mem, int argc, char **argv, struct typed *t) {
    bool flags_end = false;
    for (int i = 1; i < argc; i++) {
        str word = str_of(argv[i]);
        if (!flags_end && str_is(word, S("--")))
            flags_end = true;
        else if (!flags_end && (str_is(word, S("-h")) || str_is(word, S("--help"))))
            t->help = true;
        else if (!flags_end && word.len > 1 && word.ptr[0] == '-')
            TRY(flag_read(mem, t, word, &i, argc, argv));
        else if (t->call.word_count == COMMAND_WORDS)
            return err_make(ERR_USAGE, S("that is too many words"));
        else
            t->call.words[t->call.word_count++] = word;
    }
    return OK_ERR;
}

/* ---- finding the command ---- */

static str two_words(struct arena *mem, const struct command_call *c) {
    return c->word_count > 1 ? JOIN(mem, c->words[0], S(" "), c->words[1]) : S("");
}

/* ": `order` goes on with list, show" for what begins so many commands. */
static str nouns(struct arena *mem, str noun) {
    str verbs = S(""), before = JOIN(mem, noun, S(" "));
    for (size_t i = 0; i < COUNT(table); i++)
        if (str_starts(table[i].name, before))
            verbs = JOIN(mem, verbs, verbs.len ? S(", ") : S(""),
                str_from(table[i].name, before.len));
    return verbs.len ? JOIN(mem, S(": `"), noun, S("` goes on with "), verbs) : S("");
}

static err command_find(struct arena *mem, struct command_call *c, const struct command **out) {
    str both = two_words(mem, c);
    str names[COUNT(table)];
    for (size_t i = 0; i < COUNT(table); i++) {
        bool two = str_is(table[i].name, both);
        names[i] = table[i].name;
        if (!two && !str_is(table[i].name, c->words[0]))
            continue;
        size_t own = two ? 2 : 1;
        c->word_count -= own;
        memmove(c->words, c->words + own, c->word_count * sizeof(str));
        *out = &table[i];
        return OK_ERR;
    }
    str typed = both.len ? both : c->words[0];
    str guess = table_guess(mem, typed, names, COUNT(names));
    if (!guess.len && c->word_count)
        guess = table_guess(mem, c->words[0], names, COUNT(names));
    if (!guess.len)
        guess = JOIN(mem, nouns(mem, c->words[0]), S("; `grosz help` lists all"));
    return err_make(ERR_USAGE, JOIN(mem, S("there is no command `"), typed, S("`"), guess));
}

static err fit(struct arena *mem, const struct typed *t, const struct command *command) {
    str usage = JOIN(mem, S("; usage: grosz "), command->name, S(" "), command->takes);
    if (t->call.word_count < command->words_min)
        return err_make(ERR_USAGE, JOIN(mem, S("something is missing"), usage));
    if (t->call.word_count > command->words_max)
        return err_make(ERR_USAGE,
            JOIN(mem, S("`"), t->call.words[command->words_max], S("` is too much"), usage));
    for (size_t i = 0; i < t->given_count; i++)
        if (!flag_is_common(t->given[i])
            && str_find(command->flags, JOIN(mem, S(" "), t->given[i], S(" ")))
                   == command->flags.len)
            return err_make(ERR_USAGE,
                JOIN(mem, S("`"), command->name, S("` does not take "), t->given[i], usage));
    return OK_ERR;
}

static err run(struct arena *mem, int argc, char **argv) {
    struct typed t = {.call = {.mem = mem, .dir = S(".")}};
    const struct command *command = NULL;
    TRY(type_read(mem, argc, argv, &t));
    if (!t.call.word_count || t.help)
        return command_help(&t.call);
    TRY(command_find(mem, &t.call, &command));
    TRY(fit(mem, &t, command));
    return command->run(&t.call);
}

/* A disk is full in many places, and what mends it is the same in all. */
static str advice(err e) {
    bool full = e.code == ERR_FULL;
    return full ? S(". `df -h` shows where room is left: make some, then type it again") : S("");
}

int main(int argc, char **argv) {
    log_keep_streams();
    struct arena *mem = arena_new(LIMIT_COMMAND_ARENA);
    err e = run(mem, argc, argv);
    if (e.what.len)
        talk_line(JOIN(mem, S("grosz: "), e.what, advice(e)));
    int code = err_rules[e.code].exit;
    bool printed = fflush(stdout) == 0 && !ferror(stdout);
    if (!printed && code == 0) {
        talk_line(S("grosz: not all of it could be printed: is the disk full?"));
        code = err_rules[ERR_FAILED].exit;
    }
    arena_free(mem);
    return code;
}
