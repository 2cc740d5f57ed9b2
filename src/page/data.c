#include "page/data.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"

/* These three stand only within JSON's strings, and none of them may end the element. */
static str escaped(char c) {
    return c == '<' ? S("\\u003c") : c == '>' ? S("\\u003e") : S("\\u0026");
}

struct tree *data_html(struct arena *mem, const struct tree *facts) {
    str json = json_write(mem, facts);
    struct buf b = buf_new(mem, LIMIT_PAGE);
    buf_add(&b, S("<script type=\"application/ld+json\">"));
    for (size_t i = 0; i < json.len; i++)
        if (json.ptr[i] == '<' || json.ptr[i] == '>' || json.ptr[i] == '&')
            buf_add(&b, escaped(json.ptr[i]));
        else
            buf_byte(&b, json.ptr[i]);
    buf_add(&b, S("</script>\n"));
    struct tree *t = tree_text(mem, buf_str(&b));
    t->kind = TREE_HTML;
    return t;
}
