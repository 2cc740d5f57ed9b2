#include "partner/connectors.h"
#include "partner/setting.h"

/* The built-in academy: an invitation is the address of the line's private lessons. It is
 * computed, so nobody needs to be talked to. */

static void academy_check(
    const struct shop_step *s, const struct shop *shop, struct report *report) {
    if (tree_is(s->with, TREE_MAP) && s->with->count)
        setting_wrong(report, s->at, s->with, S("`academy.invite` takes no settings"));
}

static enum step_class academy_class(const struct tree *with) {
    return STEP_NATURAL;
}

static err academy_render(
    struct arena *mem, const struct step_call *call, struct talk_request *out) {
    if (!call->access.len)
        return err_make(ERR_SETUP, S("an invitation belongs to a line of an order"));
    *out = (struct talk_request){.kind = TALK_NONE};
    return OK_ERR;
}

static void academy_read(struct arena *mem, const struct step_call *call,
    const struct talk_answer *answer, struct step_outcome *out) {
    if (!call->access.len) {
        *out = (struct step_outcome){
            .result = STEP_REFUSED, .why = S("an invitation belongs to a line of an order")};
        return;
    }
    struct tree *values = tree_map(mem);
    tree_put_text(mem, values, S("link"), call->access);
    *out = (struct step_outcome){.result = STEP_DID, .values = values, .receipt = S("own academy")};
}

static err academy_ask(struct arena *mem, const struct step_call *call, struct talk_request *out) {
    return err_make(ERR_ABSENT, S("the academy need not be asked"));
}

static enum step_found academy_asked(struct arena *mem, const struct step_call *call,
    const struct talk_answer *answer, struct step_outcome *out, struct talk_request *next) {
    return STEP_NO_WORD;
}

static const struct tree *academy_values(struct arena *mem, const struct tree *with) {
    struct tree *list = tree_list(mem);
    tree_add(list, tree_text(mem, S("link")));
    return list;
}

const struct connector connector_academy = {
    .name = "academy.invite",
    .access = true,
    .check = academy_check,
    .class = academy_class,
    .render = academy_render,
    .read = academy_read,
    .ask = academy_ask,
    .asked = academy_asked,
    .values = academy_values,
};
