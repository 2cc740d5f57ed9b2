#include "base/encode.h"
#include "base/hash.h"
#include "shop/order.h"

/* 26 characters: 130 of the 256 bits. */
enum { MAC_SIZE = 26, MAC_BYTES = 17 };

static str mac_of(struct arena *mem, struct hash_key secret, str text) {
    str mac = str_part(hash_hmac(mem, secret, text), 0, MAC_BYTES);
    return str_part(base32_write(mem, mac), 0, MAC_SIZE);
}

str order_key(struct arena *mem, struct hash_key secret, str id, int64_t turn, str label) {
    return mac_of(
        mem, secret, JOIN(mem, S("order/"), label, S("/"), id, S("/"), str_int(mem, turn)));
}

bool order_key_is(
    struct arena *mem, struct hash_key secret, const struct order *o, str label, str key) {
    return hash_is(order_key(mem, secret, o->id, o->turn, label), key);
}

str step_key(struct arena *mem, struct hash_key secret, str order, int line, str id) {
    return mac_of(mem, secret,
        JOIN(mem, S("step/"), order, S("/"), str_int(mem, (int64_t)line + 1), S("/"), id));
}

/* ---- academy tokens ---- */

static str token_mac(struct arena *mem, struct hash_key secret, const struct order *o, int line) {
    return mac_of(mem, secret,
        JOIN(mem, S("academy/"), o->id, S("/"), str_int(mem, line), S("/"), str_int(mem, o->turn)));
}

str access_token(struct arena *mem, struct hash_key secret, const struct order *o, int line) {
    return JOIN(mem, o->id, S("-"), str_int(mem, line), S("-"), token_mac(mem, secret, o, line));
}

err access_token_read(str token, str *id, int *line) {
    str rest = token, order = {0}, number = {0};
    int64_t value = 0;
    bool cut = str_cut(&rest, '-', &order) && str_cut(&rest, '-', &number);
    if (!cut || !order_id_is(order) || number.len > 4 || !str_number(number, &value)
        || rest.len != MAC_SIZE)
        return err_make(ERR_ABSENT, S("this is not an address of lessons"));
    *id = order;
    *line = (int)value;
    return OK_ERR;
}

bool access_token_was(
    struct arena *mem, struct hash_key secret, const struct order *o, int line, str token) {
    struct order former = *o;
    for (former.turn = o->turn - 1; former.turn >= 0; former.turn--)
        if (access_token_is(mem, secret, &former, line, token))
            return true;
    return false;
}

bool access_token_is(
    struct arena *mem, struct hash_key secret, const struct order *o, int line, str token) {
    if (line < 0 || (size_t)line >= o->line_count)
        return false;
    return hash_is(access_token(mem, secret, o, line), token);
}

str access_belongings(struct arena *mem, struct hash_key secret, str hash, int64_t turns) {
    return mac_of(mem, secret, JOIN(mem, S("belongings/"), hash, S("/"), str_int(mem, turns)));
}
