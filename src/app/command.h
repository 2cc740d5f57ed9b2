/* command: what a person types. One table of commands; help, the man page and what shells
 * complete come from it. */
#ifndef APP_COMMAND_H
#define APP_COMMAND_H

#include "base/err.h"
#include "base/report.h"
#include "base/tree.h"

enum { COMMAND_WORDS = 8 };

struct command_call {
    struct arena *mem;
    str words[COMMAND_WORDS]; /* behind the command's own words */
    size_t word_count;
    str dir; /* -C, "." */
    bool json;
    bool anew, quiet, replace, with_secret, yes, anyway, tell;
    str port, idle, store, keep, limit, state, before, evidence, reason, as, to, mail;
};

struct command {
    str name;  /* "order list" */
    str takes; /* "[--state S] [--limit N]" */
    str says;  /* one sentence */
    str example;
    size_t words_min, words_max;
    str flags; /* of this command: " --limit --state " */
    err (*run)(const struct command_call *c);
};

err command_new(const struct command_call *c);
err command_build(const struct command_call *c);
err command_check(const struct command_call *c);
err command_serve(const struct command_call *c);
err command_run(const struct command_call *c);
err command_reload(const struct command_call *c);
err command_order_list(const struct command_call *c);
err command_order_show(const struct command_call *c);
err command_order_resend(const struct command_call *c);
err command_order_revoke(const struct command_call *c);
err command_queue_list(const struct command_call *c);
err command_queue_show(const struct command_call *c);
err command_queue_retry(const struct command_call *c);
err command_queue_done(const struct command_call *c);
err command_queue_drop(const struct command_call *c);
err command_backup(const struct command_call *c);
err command_restore(const struct command_call *c);
err command_doctor(const struct command_call *c);
err command_version(const struct command_call *c);
err command_help(const struct command_call *c);

/* The whole table, for help and for main. */
const struct command *command_table(size_t *count);

/* Asks the running program over its control socket, else the store itself; see app/desk. */
err command_ask(const struct command_call *c, str method, str target, const struct tree **out);
/* The running program only; ERR_ABSENT: none runs. */
MUST err command_ask_running(
    const struct command_call *c, str method, str target, const struct tree **out);
/* As JSON or as lines, as --json says. */
void command_show(const struct command_call *c, const struct tree *t);

/* Prints to stdout (data) or stderr (talk). */
void say(str text);
void talk_line(str text);

#endif
