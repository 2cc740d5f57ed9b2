#include "shop/matter.h"

#include "base/encode.h"
#include "base/limits.h"
#include "shop/record.h"
#include "shop/shop.h"

static const struct field fields[] = {
    FIELD(matter, FIELD_TEXT, letter),
    FIELD(matter, FIELD_TREE, facts),
    FIELD_INSIDE(matter, step, step_record),
    FIELD(matter, FIELD_TREE, request),
};
static const struct record matter_record = {sizeof(struct matter), fields, COUNT(fields), 0, 0};

struct matter matter_new(struct arena *mem, const struct shop *shop, str part, str key) {
    return (struct matter){.facts = tree_map(mem),
        .step = {.line = -1,
            .id = key,
            .does = S("mail"),
            .key = step_key(mem, shop->secret, part, -1, key),
            .state = STEP_READY}};
}

str matter_stray(struct arena *mem, const struct shop *shop, const struct note *n, str key) {
    struct matter m = matter_new(mem, shop, S("stray"), key);
    struct tree *facts = tree_map(mem);
    const str rows[][2] = {{S("job"), shell_quoted(mem, JOIN(mem, S("note/"), key))},
        {S("gateway"), n->gateway}, {S("transaction"), n->transaction},
        {S("reference"), n->reference}, {S("status"), n->status},
        {S("amount"), n->amount.currency[0] ? money_write(mem, n->amount) : S("")},
        {S("at"), zone_show(mem, shop->zone, n->at)}};
    for (size_t i = 0; i < COUNT(rows); i++)
        tree_put_text(mem, facts, rows[i][0], rows[i][1]);
    tree_put_bool(mem, facts, S("test"), n->test);
    m.letter = S("stray");
    m.facts = facts;
    return matter_write(mem, &m);
}

str matter_silence(struct arena *mem, const struct shop *shop, const struct silence *s) {
    struct matter m = matter_new(mem, shop, S("silence"), s->key);
    struct tree *facts = tree_map(mem);
    tree_put_text(mem, facts, S("gateway"), s->gateway);
    tree_put_text(mem, facts, S("orders"), str_int(mem, s->orders));
    tree_put_text(mem, facts, S("since"), zone_show(mem, shop->zone, s->since));
    tree_put_text(mem, facts, S("address"), JOIN(mem, shop->api, S("/api/payment/"), s->gateway));
    m.letter = S("silence");
    m.facts = facts;
    return matter_write(mem, &m);
}

str matter_doctor(struct arena *mem, const struct shop *shop, const struct tree *list, str key) {
    struct matter m = matter_new(mem, shop, S("doctor"), key);
    struct tree *facts = tree_map(mem);
    tree_put_bool(mem, facts, S("test"), !shop->live);
    tree_put_text(mem, facts, S("count"), str_int(mem, (int64_t)list->count));
    struct tree *rows = tree_put(facts, S("findings"), tree_list(mem));
    for (const struct tree *t = list->first; t; t = t->next) {
        struct tree *row = tree_add(rows, tree_map(mem));
        static const str names[] = {S_INIT("check"), S_INIT("says"), S_INIT("mend")};
        for (size_t i = 0; i < COUNT(names); i++)
            tree_put_text(mem, row, names[i], tree_get(t, names[i]));
    }
    m.letter = S("doctor");
    m.facts = facts;
    return matter_write(mem, &m);
}

str matter_write(struct arena *mem, const struct matter *m) {
    struct buf b = buf_new(mem, 4 * LIMIT_ROW);
    record_write(&b, &matter_record, m);
    return buf_str(&b);
}

err matter_read(struct arena *mem, str bytes, struct matter *out) {
    struct matter m = {0};
    struct json_row row = json_row_new(mem, bytes);
    TRY(record_read(mem, &matter_record, &row, &m));
    if (!json_row_end(&row) || !m.letter.len)
        return err_make(ERR_CORRUPT, S("a kept matter does not read"));
    *out = m;
    return OK_ERR;
}
