#include "partner/connectors.h"
#include "partner/http_step.h"

static const struct tree *values_of(struct arena *mem, const struct tree *with) {
    struct tree *list = tree_list(mem);
    const struct tree *values = tree_find(with, S("values"));
    for (const struct tree *v = tree_is(values, TREE_MAP) ? values->first : NULL; v; v = v->next)
        tree_add(list, tree_text(mem, v->name));
    return list;
}

const struct connector connector_http = {
    .name = "http",
    .check = http_check,
    .class = http_class,
    .render = http_render,
    .read = http_read,
    .ask = http_ask,
    .asked = http_asked,
    .values = values_of,
};
