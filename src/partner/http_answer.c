#include "base/buf.h"
#include "base/encode.h"
#include "base/fill.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/mask.h"
#include "partner/http_step.h"

/* ---- what an answer said, for the owner ---- */

enum { WHY_MAX = 300, WORDS_MAX = 4096 };

/* Where services put the words of an error: Kit's `errors`, OAuth's two, problem+json, and the
 * usual. */
static const str word_places[] = {S_INIT("errors"), S_INIT("error_description"), S_INIT("error"),
    S_INIT("detail"), S_INIT("message"), S_INIT("title")};

/* All texts below, joined: `errors` may be lists in lists (Kit's sequences) or maps of lists. */
static void words_add(struct buf *b, const struct tree *t) {
    if (t->kind == TREE_TEXT || t->kind == TREE_NUMBER) {
        if (b->len)
            buf_add(b, S("; "));
        buf_add(b, t->text);
    }
    for (const struct tree *c = t->first; c; c = c->next)
        words_add(b, c);
}

static str words_of(struct arena *mem, str body) {
    const struct tree *t = NULL;
    struct buf b = buf_new(mem, LIMIT_ANSWER);
    if (json_read(mem, body, &t).code != ERR_NONE)
        return str_starts(str_trim(body), S("<")) ? S("") : body;
    for (size_t i = 0; i < COUNT(word_places) && !b.len; i++)
        if (tree_find(t, word_places[i]))
            words_add(&b, tree_find(t, word_places[i]));
    return buf_str(&b);
}

static str one_line(struct arena *mem, str text) {
    struct buf b = buf_new(mem, text.len + 1);
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        buf_byte(&b, c < ' ' || c == 0x7f ? ' ' : (char)c);
    }
    return str_trim(buf_str(&b));
}

str http_why(struct arena *mem, const struct step_call *call, const struct talk_answer *answer) {
    str words = answer->why;
    if (answer->sent == TALK_ANSWERED) {
        str said = utf8_is(answer->body) ? words_of(mem, answer->body) : S("");
        str head = JOIN(mem, S("the partner answered "), str_int(mem, answer->status));
        words = said.len ? JOIN(mem, head, S(": "), said) : head;
    }
    words = utf8_prefix(words, WORDS_MAX);
    /* Before it is cut: half a secret is one too. */
    const struct tree *secrets = call->shop ? call->shop->secrets : NULL;
    words = one_line(mem, mask_names(mem, words, secrets, MASK_WORDS));
    return utf8_prefix(words, WHY_MAX);
}

/* ---- what it means ---- */

static bool has_code(const struct tree *list, int status) {
    for (const struct tree *t = list ? list->first : NULL; t; t = t->next) {
        int64_t code = 0;
        if (str_number(tree_str(t), &code) && code == status)
            return true;
    }
    return false;
}

/* The owner's lists, in the order they are looked at. */
static const struct {
    str name;
    enum step_result result;
} lists[] = {
    {S_INIT("ok"), STEP_DID},
    {S_INIT("later"), STEP_LATER},
    {S_INIT("refused"), STEP_REFUSED},
};

/* Without a list, in this order. A list that is given replaces the rows of its result, but for
 * 429: it says by itself that nothing was done. 408 and 5xx may have been executed; a redirect
 * was not followed, so it was not. */
static const struct {
    int from, to;
    enum step_result result;
} defaults[] = {
    {429, 429, STEP_LATER},
    {503, 503, STEP_LATER},
    {408, 408, STEP_UNCLEAR},
    {200, 299, STEP_DID},
    {300, 399, STEP_REFUSED},
    {400, 499, STEP_REFUSED},
};

static bool is_listed(const struct tree *with, enum step_result result, int status) {
    if (status == 429 || (result == STEP_REFUSED && status < 400))
        return false;
    for (size_t i = 0; i < COUNT(lists); i++)
        if (lists[i].result == result)
            return tree_find(with, lists[i].name) != NULL;
    return false;
}

static enum step_result result_of(const struct tree *with, int status) {
    for (size_t i = 0; i < COUNT(lists); i++)
        if (has_code(tree_find(with, lists[i].name), status))
            return lists[i].result;
    for (size_t i = 0; i < COUNT(defaults); i++)
        if (status >= defaults[i].from && status <= defaults[i].to
            && !is_listed(with, defaults[i].result, status))
            return defaults[i].result;
    return STEP_UNCLEAR;
}

/* ---- what it gives ---- */

static err unexpected(struct arena *mem, str pointer, str what) {
    return err_make(ERR_PARTNER, JOIN(mem, S("unexpected reply: "), pointer, what));
}

str http_value_fault(str s) {
    if (control_has(s, S("")))
        return S(" is not one line of text");
    return !s.len                ? S(" is not there or no text")
           : s.len > LIMIT_FIELD ? S(" is longer than 4096 bytes, which is the most that is kept")
                                 : S("");
}

err http_values(struct arena *mem, const struct step_call *call, const struct tree *pointers,
    const struct tree *body, const struct tree **out) {
    struct tree *values = tree_map(mem), *filled = NULL;
    TRY(fill_tree(mem, pointers, call->view, FILL_TEXT, &filled));
    for (const struct tree *p = filled->first; p; p = p->next) {
        str value = tree_str(tree_pointer(body, tree_str(p)));
        str fault = http_value_fault(value);
        if (fault.len)
            return unexpected(mem, tree_str(p), fault);
        tree_put_text(mem, values, p->name, value);
    }
    *out = values;
    return OK_ERR;
}

/* Kit drops a custom field that it does not know, with a success: what was sent must come back. */
static err expected(struct arena *mem, const struct step_call *call, const struct tree *body) {
    struct tree *filled = NULL;
    TRY(fill_tree(mem, tree_find(call->with, S("expect")), call->view, FILL_TEXT, &filled));
    for (const struct tree *e = filled->first; e; e = e->next) {
        const struct tree *found = tree_pointer(body, e->name);
        if (!found || !str_is(tree_str(found), tree_str(e)))
            return unexpected(mem, e->name, S(" is not what was sent"));
    }
    return OK_ERR;
}

static void succeed(struct arena *mem, const struct step_call *call,
    const struct talk_answer *answer, struct step_outcome *out) {
    const struct tree *body = NULL;
    const struct tree *pointers = tree_find(call->with, S("values"));
    str receipt = tree_get(call->with, S("receipt"));
    bool wanted = pointers || receipt.len || tree_find(call->with, S("expect"));
    err e = wanted ? json_read(mem, answer->body, &body) : OK_ERR;
    if (e.code != ERR_NONE) {
        *out = (struct step_outcome){
            .result = STEP_UNCLEAR, .why = S("unexpected reply: a success that is not JSON")};
        return;
    }
    struct step_outcome o = {.result = STEP_DID};
    e = wanted ? http_values(mem, call, pointers, body, &o.values) : OK_ERR;
    if (e.code == ERR_NONE && wanted)
        e = expected(mem, call, body);
    /* Any proxy can say 200: what has no receipt where the partner gives one was not done. */
    o.receipt = receipt.len ? tree_str(tree_pointer(body, receipt)) : str_int(mem, answer->status);
    str fault = http_value_fault(o.receipt);
    if (e.code == ERR_NONE && fault.len)
        e = unexpected(mem, receipt, fault);
    if (e.code != ERR_NONE) {
        *out = (struct step_outcome){.result = STEP_REFUSED, .why = e.what};
        return;
    }
    *out = o;
}

void http_read(struct arena *mem, const struct step_call *call, const struct talk_answer *answer,
    struct step_outcome *out) {
    struct step_outcome o = {.result = STEP_UNCLEAR};
    if (answer->sent == TALK_NOT_SENT)
        o.result = STEP_LATER;
    else if (answer->sent == TALK_ANSWERED)
        o.result = result_of(call->with, answer->status);
    if (o.result == STEP_DID) {
        succeed(mem, call, answer, out);
        return;
    }
    if (o.result == STEP_LATER)
        o.wait_ms = talk_retry_after(answer, call->now);
    o.why = http_why(mem, call, answer);
    *out = o;
}
