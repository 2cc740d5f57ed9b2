#include "base/encode.h"
#include "base/fill.h"
#include "base/json.h"
#include "partner/http_step.h"

static const struct tree *ask_of(const struct step_call *call) {
    const struct tree *ask = tree_find(call->with, S("ask"));
    return tree_is(ask, TREE_MAP) ? ask : NULL;
}

err http_ask(struct arena *mem, const struct step_call *call, struct talk_request *out) {
    const struct tree *ask = ask_of(call);
    struct talk_request r = {0};
    if (!ask)
        return err_make(ERR_ABSENT, S("the step has no `ask`"));
    TRY(http_begin(mem, call, tree_get(ask, S("url")), tree_find(ask, S("headers")), &r));
    r.method = S("GET");
    *out = r;
    return OK_ERR;
}

static enum step_found no_word(struct step_outcome *out, str why) {
    *out = (struct step_outcome){.result = STEP_UNCLEAR, .why = why};
    return STEP_NO_WORD;
}

/* ---- is it this record? ---- */

static bool matches(const struct tree *record, const struct tree *match) {
    for (const struct tree *m = match->first; m; m = m->next) {
        bool pointer = str_starts(m->name, S("/"));
        const struct tree *t = pointer ? tree_pointer(record, m->name) : tree_find(record, m->name);
        str wanted = tree_str(m);
        if (!wanted.len || !str_is(tree_str(t), wanted))
            return false;
    }
    return true;
}

static const struct tree *record_find(const struct tree *records, const struct tree *match) {
    for (const struct tree *r = records->first; r; r = r->next)
        if (matches(r, match))
            return r;
    return NULL;
}

static enum step_found found(struct arena *mem, const struct step_call *call,
    const struct tree *record, struct step_outcome *out) {
    const struct tree *ask = ask_of(call);
    struct step_outcome o = {.result = STEP_DID};
    err e = http_values(mem, call, tree_find(ask, S("values")), record, &o.values);
    if (e.code != ERR_NONE)
        return no_word(out, e.what);
    str receipt = tree_get(ask, S("receipt"));
    str text = receipt.len ? tree_str(tree_pointer(record, receipt)) : S("");
    o.receipt = http_value_fault(text).len ? S("found there") : text;
    *out = o;
    return STEP_FOUND;
}

/* ---- the next page ---- */

static str with_query(struct arena *mem, str url, str name, str value) {
    str joint = str_find_byte(url, '?') < url.len ? S("&") : S("?");
    return JOIN(mem, url, joint, percent_write(mem, name), S("="), percent_write(mem, value));
}

/* Not on this page: absent when it was the last. */
static enum step_found turn_page(struct arena *mem, const struct step_call *call,
    const struct tree *body, struct step_outcome *out, struct talk_request *next) {
    const struct tree *rule = tree_find(ask_of(call), S("next"));
    if (!rule)
        return STEP_ABSENT;
    str cursor = tree_str(tree_pointer(body, tree_get(rule, S("pointer"))));
    str more = tree_get(rule, S("more"));
    if (more.len) {
        const struct tree *flag = tree_pointer(body, more);
        if (!tree_is(flag, TREE_BOOL))
            return no_word(
                out, JOIN(mem, S("unexpected reply: "), more, S(" is neither true nor false")));
        if (!flag->truth)
            return STEP_ABSENT;
        if (!cursor.len)
            return no_word(out, S("unexpected reply: there are more pages, but none is named"));
    }
    if (!cursor.len)
        return STEP_ABSENT;
    struct talk_request r = {0};
    err e = http_ask(mem, call, &r);
    if (e.code != ERR_NONE)
        return no_word(out, e.what);
    r.url = with_query(mem, r.url, tree_get(rule, S("query")), cursor);
    *next = r;
    return no_word(out, S("not among the pages that were looked at"));
}

static enum step_found look(struct arena *mem, const struct step_call *call,
    const struct tree *body, struct step_outcome *out, struct talk_request *next) {
    const struct tree *ask = ask_of(call);
    struct tree *match = NULL;
    err e = fill_tree(mem, tree_find(ask, S("match")), call->view, FILL_TEXT, &match);
    if (e.code != ERR_NONE)
        return no_word(out, e.what);
    const struct tree *list = tree_find(ask, S("list"));
    if (!list)
        return matches(body, match) ? found(mem, call, body, out) : STEP_ABSENT;
    const struct tree *records = tree_pointer(body, tree_str(list));
    if (!tree_is(records, TREE_LIST))
        return no_word(out, JOIN(mem, S("unexpected reply: "), tree_str(list), S(" is no list")));
    const struct tree *record = record_find(records, match);
    return record ? found(mem, call, record, out) : turn_page(mem, call, body, out, next);
}

enum step_found http_asked(struct arena *mem, const struct step_call *call,
    const struct talk_answer *answer, struct step_outcome *out, struct talk_request *next) {
    const struct tree *body = NULL;
    *out = (struct step_outcome){.result = STEP_UNCLEAR};
    *next = (struct talk_request){0};
    if (!ask_of(call))
        return no_word(out, S("the step has no `ask`"));
    if (answer->sent == TALK_ANSWERED && answer->status == 404)
        return STEP_ABSENT;
    if (answer->sent != TALK_ANSWERED || answer->status / 100 != 2) {
        out->why = http_why(mem, call, answer);
        out->wait_ms = talk_retry_after(answer, call->now);
        return STEP_NO_WORD;
    }
    if (json_read(mem, answer->body, &body).code != ERR_NONE)
        return no_word(out, S("unexpected reply: not JSON"));
    return look(mem, call, body, out, next);
}
