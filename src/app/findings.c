#include "app/findings.h"

#include "app/matter.h"
#include "base/json.h"

#define AGAIN (7 * TIME_DAY - TIME_HOUR) /* the timer's own time wanders */

#define PART S("doctor")

static bool is_news(const struct tree *list, const struct tree *last, instant now) {
    instant at = 0;
    const struct tree *names = tree_find(last, S("names"));
    for (const struct tree *t = list->first; t; t = t->next)
        if (!tree_has(names, tree_get(t, S("check"))))
            return true;
    bool known = time_read(tree_get(last, S("told")), &at).code == ERR_NONE;
    return list->count && (!known || now - at > AGAIN);
}

/* What is kept until the next look. */
static str found(struct arena *mem, const struct tree *list, str told) {
    struct tree *t = tree_map(mem);
    tree_put_text(mem, t, S("told"), told);
    struct tree *names = tree_put(t, S("names"), tree_list(mem));
    for (const struct tree *f = list->first; f; f = f->next)
        tree_add(names, tree_text(mem, tree_get(f, S("check"))));
    return json_write(mem, t);
}

err findings_tell(struct arena *mem, const struct work *w, const struct tree *list, bool *told) {
    struct store *s = w->doors->store;
    instant now = w->doors->now(w->doors->self);
    struct row row = {.version = PUT_NEW};
    const struct tree *last = NULL;
    err e = s->kind->get(s, mem, PART, S("found"), S(""), &row);
    if (e.code == ERR_NONE)
        e = json_read(mem, row.bytes, &last);
    if (e.code != ERR_NONE && e.code != ERR_ABSENT)
        return e;
    bool news = is_news(list, last, now);
    str key = time_iso(mem, now);
    struct put puts[2] = {
        {.part = PART,
            .kind = S("found"),
            .version = row.version,
            .bytes = found(mem, list, news ? key : tree_get(last, S("told")))},
    };
    if (news)
        puts[1] = matter_put(PART, key, matter_doctor(mem, w->shop, list, key), now);
    struct change change = {.puts = puts, .count = news ? 2 : 1, .reserve = true};
    s->kind->apply(s, &change, 1);
    if (change.kept != KEPT_OK)
        return err_make(ERR_BUSY, S("the letter to you was not kept: try again"));
    *told = news;
    return OK_ERR;
}
