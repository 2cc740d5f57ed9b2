#include "app/command.h"
#include "app/desk.h"
#include "app/open.h"
#include "base/encode.h"
#include "base/json.h"
#include "io/client.h"
#include "io/files.h"
#include "io/world.h"

/* A reload of 100,000 products on a small machine is the slowest answer. */
enum { ANSWER_MS = 120 * 1000 };

/* ---- one question: to the running program, else to the store itself ---- */

static err ask_running(
    const struct command_call *c, str dir, str method, str target, struct talk_answer *out) {
    struct talk_request r = {
        .kind = TALK_HTTP, .method = method, .url = target, .wait_ms = ANSWER_MS};
    str folder = {0};
    TRY(files_path(c->mem, dir, S("var"), &folder));
    TRY(client_unix(c->mem, folder, S("control.sock"), &r, out));
    return out->sent == TALK_ANSWERED ? OK_ERR : err_make(ERR_ABSENT, out->why);
}

static err ask_store(
    const struct command_call *c, str dir, str method, str target, struct talk_answer *out) {
    struct report report = report_new(c->mem);
    struct house_shop shop;
    struct opened open;
    load(c->mem, dir, true, &report, &shop);
    TRY(load_owner(c->mem, dir));
    TRY(load_secret(c->mem, dir, shop.shop));
    TRY(open_doors(c->mem, &shop, &open));
    size_t mark = str_find_byte(target, '?');
    struct request r = {.method = method,
        .target = target,
        .path = str_part(target, 0, mark),
        .query = mark < target.len ? str_from(target, mark + 1) : S(""),
        .at = clock_now()};
    struct response answer;
    desk(c->mem, &open.work, &r, &answer);
    open_close(&open);
    *out =
        (struct talk_answer){.sent = TALK_ANSWERED, .status = answer.status, .body = answer.body};
    return OK_ERR;
}

/* The code of an error that came as a problem: by its status, so that the exit code is right. */
static enum err_code code_of(int status) {
    for (int i = 1; i < ERR_CODES; i++)
        if (err_rules[i].status == status)
            return (enum err_code)i;
    return ERR_INVALID;
}

static err answer_read(
    const struct command_call *c, const struct talk_answer *answer, const struct tree **out) {
    TRY(json_read(c->mem, answer->body, out));
    if (answer->status == 200)
        return OK_ERR;
    return err_make(code_of(answer->status), tree_get(*out, S("detail")));
}

err command_ask(const struct command_call *c, str method, str target, const struct tree **out) {
    struct talk_answer answer = {0};
    str dir = {0};
    TRY(load_find(c->mem, c->dir, &dir));
    err e = ask_running(c, dir, method, target, &answer);
    /* It may be at it still, or have died behind it: done here as well it would be done twice. */
    if (e.code == ERR_UNKNOWN && !str_is(method, S("GET")))
        return err_make(ERR_UNKNOWN,
            JOIN(c->mem, S("The running shop gave no answer ("), e.what,
                S("), so whether it was done is not known. Look (`grosz order show`, `grosz queue "
                  "list`) before you type it again.")));
    if (e.code != ERR_NONE)
        TRY(ask_store(c, dir, method, target, &answer));
    return answer_read(c, &answer, out);
}

err command_ask_running(
    const struct command_call *c, str method, str target, const struct tree **out) {
    struct talk_answer answer = {0};
    str dir = {0};
    TRY(load_find(c->mem, c->dir, &dir));
    TRY(ask_running(c, dir, method, target, &answer));
    return answer_read(c, &answer, out);
}

/* ---- printing ---- */

static str cell(struct arena *mem, str text, size_t width) {
    static const char blanks[] = "                                                ";
    size_t length = utf8_length(text);
    size_t pad = length < width ? width - length : 0;
    return JOIN(mem, text, (str){blanks, pad < sizeof(blanks) ? pad : sizeof(blanks) - 1}, S("  "));
}

static void order_line(const struct command_call *c, const struct tree *o) {
    struct arena *mem = c->mem;
    str marks = {0};
    for (const struct tree *m = tree_find(o, S("marks")) ? tree_find(o, S("marks"))->first : NULL;
         m; m = m->next)
        marks = JOIN(mem, marks, S(" "), m->text);
    say(JOIN(mem, cell(mem, tree_get(o, S("id")), 19), cell(mem, tree_get(o, S("state")), 9),
        cell(mem, JOIN(mem, tree_get(o, S("total")), S(" "), tree_get(o, S("currency"))), 14),
        cell(mem, tree_str(tree_path(o, S("buyer.email"))), 28), tree_get(o, S("placed_at")), marks,
        S("\n")));
}

static void lines_json(const struct command_call *c, const struct tree *list) {
    for (const struct tree *t = list ? list->first : NULL; t; t = t->next)
        say(JOIN(c->mem, json_write(c->mem, t), S("\n")));
}

static void tree_print(const struct command_call *c, const struct tree *t, str indent) {
    struct arena *mem = c->mem;
    for (const struct tree *f = t->first; f; f = f->next) {
        str name = t->kind == TREE_LIST ? S("-") : JOIN(mem, f->name, S(":"));
        if (f->kind == TREE_MAP || f->kind == TREE_LIST) {
            say(JOIN(mem, indent, name, f->count ? S("\n") : S(" none\n")));
            tree_print(c, f, JOIN(mem, indent, S("  ")));
        } else if (f->kind != TREE_NONE) {
            say(JOIN(mem, indent, name, S(" "),
                tree_is(f, TREE_BOOL) ? (f->truth ? S("yes") : S("no")) : f->text, S("\n")));
        }
    }
}

void command_show(const struct command_call *c, const struct tree *t) {
    if (c->json)
        say(JOIN(c->mem, json_write(c->mem, t), S("\n")));
    else
        tree_print(c, t, S(""));
}

/* ---- the commands ---- */

static void order_list_end(const struct command_call *c, const struct tree *t) {
    const struct tree *list = tree_find(t, S("orders"));
    str before = tree_get(t, S("before"));
    if (!list || !list->count)
        talk_line(
            c->state.len ? JOIN(c->mem, S("No order is "), c->state, S(".")) : S("No orders yet."));
    if (before.len)
        talk_line(JOIN(c->mem, S("There are older ones: `--before "), before,
            S("` goes on there, --limit takes up to 1000.")));
}

err command_order_list(const struct command_call *c) {
    const struct tree *t = NULL;
    str target =
        JOIN(c->mem, S("/orders?limit="), c->limit.len ? percent_write(c->mem, c->limit) : S("100"),
            S("&state="), percent_write(c->mem, c->state), S("&before="),
            percent_write(c->mem, c->before));
    TRY(command_ask(c, S("GET"), target, &t));
    const struct tree *list = tree_find(t, S("orders"));
    if (c->json) {
        lines_json(c, list);
        return OK_ERR;
    }
    for (const struct tree *o = list ? list->first : NULL; o; o = o->next)
        order_line(c, o);
    order_list_end(c, t);
    return OK_ERR;
}

err command_order_show(const struct command_call *c) {
    const struct tree *t = NULL;
    TRY(command_ask(
        c, S("GET"), JOIN(c->mem, S("/orders/"), percent_write(c->mem, c->words[0])), &t));
    command_show(c, t);
    return OK_ERR;
}

static err order_verb(const struct command_call *c, str verb, str done) {
    const struct tree *t = NULL;
    str target = JOIN(c->mem, S("/orders/"), percent_write(c->mem, c->words[0]), S("?do="), verb);
    TRY(command_ask(c, S("POST"), target, &t));
    if (c->json)
        say(JOIN(c->mem, json_write(c->mem, t), S("\n")));
    else
        talk_line(done);
    return OK_ERR;
}

err command_order_resend(const struct command_call *c) {
    return order_verb(c, S("resend"), S("The letter with the access is on its way again."));
}

err command_order_revoke(const struct command_call *c) {
    return order_verb(c, S("revoke"),
        S("The old links of this order open nothing any more; a letter with new ones is on its "
          "way. Links that were given to partners are not changed there."));
}

static void job_line(const struct command_call *c, const struct tree *j) {
    struct arena *mem = c->mem;
    say(JOIN(mem, cell(mem, tree_get(j, S("job")), 40), cell(mem, tree_get(j, S("state")), 8),
        cell(mem, tree_get(j, S("do")), 16), cell(mem, tree_get(j, S("due")), 24),
        tree_get(j, S("error")), S("\n")));
}

static bool waits_for_person(const struct tree *j) {
    str s = tree_get(j, S("state"));
    return str_is(s, S("poison")) || str_is(s, S("hold")) || str_is(s, S("stray"));
}

err command_queue_list(const struct command_call *c) {
    const struct tree *t = NULL;
    int64_t persons = 0;
    TRY(command_ask(c, S("GET"), S("/queue"), &t));
    const struct tree *list = tree_find(t, S("jobs"));
    for (const struct tree *j = list ? list->first : NULL; j; j = j->next)
        persons += waits_for_person(j);
    if (c->json)
        lines_json(c, list);
    for (const struct tree *j = list && !c->json ? list->first : NULL; j; j = j->next)
        job_line(c, j);
    if (!c->json && (!list || !list->count))
        talk_line(S("Nothing is owed."));
    if (!persons)
        return OK_ERR;
    return err_make(ERR_PERSON,
        JOIN(c->mem, str_int(c->mem, persons),
            S(" wait for a person: `grosz queue show JOB`, then `queue retry`, `queue done` or "
              "`queue drop`.")));
}

/* "/queue/<order>/<line>/<step>", whatever was typed. */
static str job_path(const struct command_call *c) {
    str path = S("/queue"), rest = c->words[0], part = {0};
    while (str_cut(&rest, '/', &part))
        path = JOIN(c->mem, path, S("/"), percent_write(c->mem, part));
    return path;
}

err command_queue_show(const struct command_call *c) {
    const struct tree *t = NULL;
    TRY(command_ask(c, S("GET"), job_path(c), &t));
    command_show(c, t);
    return OK_ERR;
}

static err queue_verb(const struct command_call *c, str verb, str text) {
    const struct tree *t = NULL;
    TRY(command_ask(c, S("POST"),
        JOIN(c->mem, job_path(c), S("?do="), verb, S("&text="),
            percent_write(c->mem, text)),
        &t));
    command_show(c, t);
    return OK_ERR;
}

err command_queue_retry(const struct command_call *c) {
    return queue_verb(c, c->anew ? S("anew") : S("retry"), S(""));
}

err command_queue_done(const struct command_call *c) {
    return queue_verb(c, S("done"), c->evidence);
}
err command_queue_drop(const struct command_call *c) {
    return queue_verb(c, S("drop"), c->reason);
}

/* ---- reload ---- */

static str row_line(struct arena *mem, const struct tree *row) {
    str at = tree_get(row, S("file"));
    int64_t line = tree_get_int(row, S("line"), 0);
    if (line)
        at = JOIN(mem, at, S(":"), str_int(mem, line), S(":"),
            str_int(mem, tree_get_int(row, S("column"), 0)));
    str level = tree_get(row, S("level"));
    str words = str_is(level, S("mistake")) ? S("") : JOIN(mem, level, S(": "));
    return JOIN(mem, at, S(": "), words, tree_get(row, S("sentence")));
}

err command_reload(const struct command_call *c) {
    struct talk_answer answer = {0};
    const struct tree *t = NULL;
    str dir = {0};
    TRY(load_find(c->mem, c->dir, &dir));
    if (ask_running(c, dir, S("POST"), S("/reload"), &answer).code != ERR_NONE)
        return err_make(ERR_ABSENT,
            S("No program runs for this shop, so there is nothing to reload; `grosz run` reads the "
              "files when it starts."));
    TRY(json_read(c->mem, answer.body, &t));
    const struct tree *report = tree_find(t, S("report"));
    for (const struct tree *row = report && !c->json ? report->first : NULL; row; row = row->next)
        talk_line(row_line(c->mem, row));
    if (c->json)
        say(JOIN(c->mem, json_write(c->mem, t), S("\n")));
    if (!tree_get_bool(t, S("reloaded"), false))
        return err_make(ERR_FAILED, tree_get(t, S("sentence")));
    if (!c->json)
        talk_line(tree_get(t, S("sentence")));
    return OK_ERR;
}
