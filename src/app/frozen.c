#include "app/frozen.h"

#include "app/orders.h"
#include "base/hash.h"
#include "base/json_row.h"
#include "base/limits.h"

static str frozen_key(struct arena *mem, const struct step *s) {
    return JOIN(mem, orders_step_row(mem, s), S("/"), str_int(mem, s->round));
}

err frozen_put(struct arena *mem, struct step *s, const struct talk_request *r, struct put *out) {
    str bytes = talk_request_write(mem, r);
    if (bytes.len > LIMIT_ROW)
        return err_make(ERR_TOO_BIG,
            S("the request is larger than 60 KiB, which is the most that is kept and sent"));
    s->digest = hash_sha256_hex(mem, bytes);
    *out = (struct put){
        .kind = S("sent"), .key = frozen_key(mem, s), .version = PUT_ANY, .bytes = bytes};
    return OK_ERR;
}

err frozen_get(struct arena *mem, struct store *store, str order, const struct step *s,
    struct talk_request *out) {
    struct row row;
    const struct tree *t = NULL;
    TRY(store->kind->get(store, mem, order, S("sent"), frozen_key(mem, s), &row));
    TRY(json_read_row(mem, row.bytes, &t));
    return talk_request_read(mem, t, out);
}
