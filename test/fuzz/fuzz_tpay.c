/* A stranger's note: without the code nothing verifies. The input is also signed with the code,
 * so that what lies behind the signature is reached; what reads then is a lawful note. */
#include "base/encode.h"
#include "base/hash.h"
#include "http/form.h"
#include "partner/gateway.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct account account_new(struct arena *mem, str code) {
    struct tree *settings = tree_map(mem);
    tree_put_text(mem, settings, S("merchant"), S("12345"));
    tree_put_text(mem, settings, S("code"), code);
    return (struct account){.name = S("blik"), .settings = settings, .secret = code};
}

static str sign(struct arena *mem, str body) {
    struct tree *f = NULL, *twice = NULL;
    if (form_read(mem, body, &f, &twice).code != ERR_NONE)
        return body;
    str summed = JOIN(mem, tree_get(f, S("id")), tree_get(f, S("tr_id")),
        tree_get(f, S("tr_amount")), tree_get(f, S("tr_crc")), S("s3cr3t"));
    return JOIN(mem, body, S("&md5sum="), hash_md5_hex(mem, summed));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *mem = arena_new(64 << 20);
    struct account a = account_new(mem, S("s3cr3t"));
    struct account unguessed = account_new(mem, S("another code that is in no input"));
    struct request r = {.body = {(const char *)data, size}};
    struct note n = {0};
    const struct gateway *tpay = gateway_find(S("tpay")), *test = gateway_find(S("test"));
    assert(tpay->read(mem, &unguessed, &r, &n).code != ERR_NONE);
    assert(test->read(mem, &unguessed, &r, &n).code != ERR_NONE);
    struct test_payment p = {0};
    assert(gateway_test_payment(mem, &unguessed, r.body, &p).code != ERR_NONE);
    r.body = sign(mem, r.body);
    if (tpay->read(mem, &a, &r, &n).code == ERR_NONE) {
        assert(n.event.len > 0 && n.event.len <= 64 && n.transaction.len > 0);
        assert(n.amount.minor >= 0 && n.asked.minor >= 0 && n.amount.currency[0]);
        assert(utf8_is(n.status) && utf8_is(n.reference) && utf8_is(n.raw));
    }
    arena_free(mem);
    return 0;
}
