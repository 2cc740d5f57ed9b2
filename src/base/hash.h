/* hash: digests, MACs and the comparison that tells nothing. The door to Nettle.
 * Results are raw bytes in the arena; hex where the name says so. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/arena.h"

str hash_md5_hex(struct arena *mem, str data);
str hash_sha256(struct arena *mem, str data);
str hash_sha256_hex(struct arena *mem, str data);
/* A key of many MACs: `ready`, which may be null, is what all of them begin with. */
struct hash_key {
    str bytes;
    const void *ready;
};
struct hash_key hash_key(struct arena *mem, str bytes);
/* 32 bytes. */
str hash_hmac(struct arena *mem, struct hash_key key, str data);
/* Constant time in the content; false at once for different lengths. */
bool hash_is(str a, str b);

#endif
