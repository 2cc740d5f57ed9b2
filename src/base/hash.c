#include "base/hash.h"

#include "base/encode.h"

#include <nettle/hmac.h>
#include <nettle/md5.h>
#include <nettle/memops.h>
#include <nettle/sha2.h>

static const uint8_t *bytes(str data) {
    return (const uint8_t *)(data.len ? data.ptr : "");
}

str hash_md5_hex(struct arena *mem, str data) {
    uint8_t sum[MD5_DIGEST_SIZE];
    struct md5_ctx md5;
    md5_init(&md5);
    md5_update(&md5, data.len, bytes(data));
    md5_digest(&md5, sizeof(sum), sum);
    return hex_write(mem, (str){(const char *)sum, sizeof(sum)});
}

str hash_sha256(struct arena *mem, str data) {
    uint8_t *sum = arena_bytes(mem, SHA256_DIGEST_SIZE);
    struct sha256_ctx sha;
    sha256_init(&sha);
    sha256_update(&sha, data.len, bytes(data));
    sha256_digest(&sha, SHA256_DIGEST_SIZE, sum);
    return (str){(const char *)sum, SHA256_DIGEST_SIZE};
}

str hash_sha256_hex(struct arena *mem, str data) {
    return hex_write(mem, hash_sha256(mem, data));
}

struct hash_key hash_key(struct arena *mem, str key) {
    struct hmac_sha256_ctx *ready = NEW(mem, struct hmac_sha256_ctx);
    hmac_sha256_set_key(ready, key.len, bytes(key));
    return (struct hash_key){key, ready};
}

str hash_hmac(struct arena *mem, struct hash_key key, str data) {
    uint8_t *code = arena_bytes(mem, SHA256_DIGEST_SIZE);
    struct hmac_sha256_ctx hmac;
    if (key.ready)
        memcpy(&hmac, key.ready, sizeof(hmac));
    else
        hmac_sha256_set_key(&hmac, key.bytes.len, bytes(key.bytes));
    hmac_sha256_update(&hmac, data.len, bytes(data));
    hmac_sha256_digest(&hmac, SHA256_DIGEST_SIZE, code);
    return (str){(const char *)code, SHA256_DIGEST_SIZE};
}

bool hash_is(str a, str b) {
    return a.len == b.len && (!a.len || memeql_sec(a.ptr, b.ptr, a.len));
}
