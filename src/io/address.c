#include "io/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

struct range {
    uint8_t start[16];
    unsigned bits;
};

#define V4(a, b, c, bits) \
    { {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, (a), (b), (c), 0}, 96 + (bits) }

/* The special-purpose registries of RFC 6890, without what is reachable from everywhere. */
static const struct range private_ranges[] = {
    /* clang-format off */
    V4(0, 0, 0, 8),       V4(10, 0, 0, 8),      V4(100, 64, 0, 10), V4(127, 0, 0, 8),
    V4(169, 254, 0, 16),  V4(172, 16, 0, 12),   V4(192, 0, 0, 24),  V4(192, 0, 2, 24),
    V4(192, 168, 0, 16),  V4(198, 18, 0, 15),   V4(198, 51, 100, 24), V4(203, 0, 113, 24),
    V4(224, 0, 0, 4),     V4(240, 0, 0, 4),
    {{0}, 127},                                /* :: and ::1 */
    {{0x01}, 64},                              /* discard-only */
    {{0x20, 0x01, 0x0d, 0xb8}, 32},            /* documentation */
    {{0xfc}, 7},  {{0xfe, 0x80}, 10},  {{0xfe, 0xc0}, 10},  {{0xff}, 8},
    /* clang-format on */
};

/* Ranges that carry an IPv4 address inside, and the byte where it begins. */
static const struct {
    struct range range;
    size_t at;
} carriers[] = {
    {{{0}, 96}, 12},                      /* IPv4-compatible, deprecated */
    {{{0x00, 0x64, 0xff, 0x9b}, 96}, 12}, /* NAT64 */
    {{{0x20, 0x02}, 16}, 2},              /* 6to4 */
};

static struct address from_v4(const void *four) {
    struct address a;
    memcpy(a.bytes, mapped, sizeof(mapped));
    memcpy(a.bytes + sizeof(mapped), four, 4);
    return a;
}

static bool read_plain(str text, struct address *out) {
    char host[ADDRESS_TEXT];
    if (!text.len || text.len >= sizeof(host) || memchr(text.ptr, 0, text.len))
        return false;
    memcpy(host, text.ptr, text.len);
    host[text.len] = 0;
    uint8_t four[4];
    if (inet_pton(AF_INET, host, four) == 1) {
        *out = from_v4(four);
        return true;
    }
    return inet_pton(AF_INET6, host, out->bytes) == 1;
}

bool address_read(str text, struct address *out) {
    text = str_trim(text);
    if (str_starts(text, S("["))) {
        size_t end = str_find_byte(text, ']');
        str rest = str_from(text, end);
        if (!str_is(rest, S("]")) && !str_starts(rest, S("]:")))
            return false;
        return read_plain(str_part(text, 1, end - 1), out);
    }
    size_t colon = str_find_byte(text, ':');
    bool one =
        colon < text.len && str_find_byte(str_from(text, colon + 1), ':') + colon + 1 >= text.len;
    return read_plain(one ? str_part(text, 0, colon) : text, out);
}

bool address_of(const struct sockaddr *at, struct address *out) {
    if (at->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, at, sizeof(v4));
        *out = from_v4(&v4.sin_addr);
        return true;
    }
    if (at->sa_family != AF_INET6)
        return false;
    struct sockaddr_in6 v6;
    memcpy(&v6, at, sizeof(v6));
    memcpy(out->bytes, &v6.sin6_addr, sizeof(out->bytes));
    return true;
}

str address_text(const struct address *a, char text[ADDRESS_TEXT]) {
    bool v4 = !memcmp(a->bytes, mapped, sizeof(mapped));
    if (!inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? a->bytes + 12 : a->bytes, text, ADDRESS_TEXT))
        return S("");
    return str_of(text);
}

bool address_is(const struct address *a, const struct address *b) {
    return !memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

static bool in_range(const struct address *a, const struct range *r) {
    size_t whole = r->bits / 8;
    unsigned rest = r->bits % 8;
    if (memcmp(a->bytes, r->start, whole))
        return false;
    return !rest || (a->bytes[whole] ^ r->start[whole]) >> (8 - rest) == 0;
}

bool address_is_private(const struct address *a) {
    for (size_t i = 0; i < COUNT(private_ranges); i++)
        if (in_range(a, &private_ranges[i]))
            return true;
    for (size_t i = 0; i < COUNT(carriers); i++)
        if (in_range(a, &carriers[i].range)) {
            struct address inside = from_v4(a->bytes + carriers[i].at);
            return address_is_private(&inside);
        }
    return false;
}
