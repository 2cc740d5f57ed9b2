#include "app/build.h"
#include "app/command.h"
#include "base/json.h"

static err shop_load(const struct command_call *c, struct house_shop *shop) {
    struct report report = report_new(c->mem);
    str dir = {0};
    TRY(load_find(c->mem, c->dir, &dir));
    load(c->mem, dir, false, &report, shop);
    for (const struct report_row *row = report.first; row; row = row->next)
        if (row->level == REPORT_MISTAKE)
            talk_line(report_line(c->mem, row));
    if (!report.mistakes)
        return OK_ERR;
    return err_make(
        ERR_FAILED, S("Nothing was built. Mend these mistakes, then type `grosz build` again."));
}

static void tell(const struct command_call *c, str to, const struct output_counts *n) {
    const int64_t numbers[] = {(int64_t)n->written, (int64_t)n->unchanged, (int64_t)n->removed};
    static const str names[] = {S_INIT("written"), S_INIT("unchanged"), S_INIT("removed")};
    struct tree *t = tree_map(c->mem);
    str words = S("");
    tree_put_text(c->mem, t, S("folder"), to);
    for (size_t i = 0; i < COUNT(names); i++) {
        tree_put_int(c->mem, t, names[i], numbers[i]);
        words =
            JOIN(c->mem, words, i ? S(", ") : S(""), str_int(c->mem, numbers[i]), S(" "), names[i]);
    }
    if (c->json)
        say(JOIN(c->mem, json_write(c->mem, t), S("\n")));
    else if (!c->quiet)
        talk_line(JOIN(c->mem, S("Built "), to, S(": "), words, S(".")));
}

err command_build(const struct command_call *c) {
    struct house_shop shop = {0};
    struct output_counts counts = {0};
    TRY(shop_load(c, &shop));
    str to = c->to.len ? c->to : JOIN(c->mem, shop.dir, S("/public"));
    TRY(build(c->mem, &shop, to, &counts));
    tell(c, to, &counts);
    return OK_ERR;
}
