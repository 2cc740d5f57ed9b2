#include "io/certificate.h"

#include "io/gnutls.h"

#include <stdatomic.h>

enum { CHAIN_MAX = 16, ARENA_MAX = 1 << 16, KEY_ID = 64 };

struct certificate {
    struct arena *own;
    _Atomic size_t users;
    gnutls_x509_crt_t first; /* the server's own */
    gnutls_pcert_st chain[CHAIN_MAX];
    unsigned count;
    gnutls_privkey_t key; /* null before certificate_key */
};

const char certificate_priorities[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA";

static bool has(str text, str word) {
    return str_find(text, word) < text.len;
}

static gnutls_datum_t datum(str text) {
    /* The library does not write into it; its signature is older than const. */
    return (gnutls_datum_t){(unsigned char *)(uintptr_t)text.ptr, (unsigned)text.len};
}

static err wrong(struct arena *mem, str words, int code) {
    return err_make(ERR_INVALID, JOIN(mem, words, S(" ("), str_of(gnutls_strerror(code)), S(")")));
}

/* ---- the chain ---- */

static err chain_read(struct arena *mem, struct certificate *c, str chain) {
    gnutls_datum_t pem = datum(chain);
    gnutls_x509_crt_t *list = NULL;
    unsigned count = 0;
    int rc = gnutls_x509_crt_list_import2(&list, &count, &pem, GNUTLS_X509_FMT_PEM, 0);
    if (rc < 0)
        return wrong(mem, S("this is no certificate that can be read"), rc);
    c->count = count < CHAIN_MAX ? count : CHAIN_MAX;
    rc = gnutls_pcert_import_x509_list(c->chain, list, &c->count, GNUTLS_X509_CRT_LIST_SORT);
    if (rc < 0)
        c->count = 0;
    c->first = list[0];
    for (unsigned i = 1; i < count; i++)
        gnutls_x509_crt_deinit(list[i]);
    gnutls_free(list);
    return rc < 0 ? wrong(mem, S("these certificates are no chain: the shop's own comes first"), rc)
                  : OK_ERR;
}

err certificate_new(struct arena *mem, str chain, struct certificate **out) {
    if (!has(chain, S("-----BEGIN ")))
        return err_make(ERR_INVALID,
            S("this is not PEM: a certificate begins with -----BEGIN CERTIFICATE-----"));
    if (!has(chain, S("CERTIFICATE-----")))
        return err_make(ERR_INVALID,
            has(chain, S("PRIVATE KEY-----"))
                ? S("this is a key and no certificate: are `cert` and `key` exchanged?")
                : S("there is no -----BEGIN CERTIFICATE----- in it"));
    if (!gnutls_open())
        return err_make(ERR_SETUP, S(GNUTLS_IS_NOT_THERE));
    struct arena *own = arena_new(ARENA_MAX);
    struct certificate *c = NEW(own, struct certificate);
    c->own = own;
    c->users = 1;
    err e = chain_read(mem, c, chain);
    if (e.code == ERR_NONE)
        *out = c;
    else
        certificate_drop(c);
    return e;
}

/* ---- the key ---- */

static bool fits(const struct certificate *c) {
    unsigned char a[KEY_ID], b[KEY_ID];
    size_t a_size = sizeof(a), b_size = sizeof(b);
    gnutls_pubkey_t half = NULL;
    bool same = !gnutls_pubkey_init(&half) && !gnutls_pubkey_import_privkey(half, c->key, 0, 0)
                && !gnutls_pubkey_get_key_id(half, GNUTLS_KEYID_USE_SHA256, a, &a_size)
                && !gnutls_x509_crt_get_key_id(c->first, GNUTLS_KEYID_USE_SHA256, b, &b_size)
                && a_size == b_size && !memcmp(a, b, a_size);
    if (half)
        gnutls_pubkey_deinit(half);
    return same;
}

err certificate_key(struct arena *mem, struct certificate *c, str key) {
    gnutls_datum_t pem = datum(key);
    if (!has(key, S("PRIVATE KEY-----")))
        return err_make(ERR_INVALID,
            has(key, S("CERTIFICATE-----"))
                ? S("this is a certificate and no key: are `cert` and `key` exchanged?")
                : S("this is not PEM: a key begins with -----BEGIN PRIVATE KEY-----"));
    if (has(key, S("ENCRYPTED")))
        return err_make(ERR_INVALID,
            S("this key has a password, and nobody is there to type it: write it without one "
              "(openssl pkey)"));
    int rc = gnutls_privkey_init(&c->key);
    if (!rc)
        rc = gnutls_privkey_import_x509_raw(c->key, &pem, GNUTLS_X509_FMT_PEM, NULL, 0);
    if (rc < 0)
        return wrong(mem, S("this is no key that can be read"), rc);
    if (!fits(c))
        return err_make(ERR_INVALID,
            S("this key does not fit the certificate: both must come from the same request; copy "
              "both anew from where they were made"));
    return OK_ERR;
}

/* ---- facts ---- */

instant certificate_from(const struct certificate *c) {
    return (instant)gnutls_x509_crt_get_activation_time(c->first) * TIME_SECOND;
}

instant certificate_until(const struct certificate *c) {
    return (instant)gnutls_x509_crt_get_expiration_time(c->first) * TIME_SECOND;
}

bool certificate_covers(struct arena *mem, const struct certificate *c, str host) {
    return gnutls_x509_crt_check_hostname(c->first, str_cz(mem, host)) != 0;
}

/* ---- keeping ---- */

struct certificate *certificate_keep(struct certificate *c) {
    atomic_fetch_add(&c->users, 1);
    return c;
}

void certificate_drop(struct certificate *c) {
    if (!c || atomic_fetch_sub(&c->users, 1) != 1)
        return;
    for (unsigned i = 0; i < c->count; i++)
        gnutls_pcert_deinit(&c->chain[i]);
    if (c->first)
        gnutls_x509_crt_deinit(c->first);
    if (c->key)
        gnutls_privkey_deinit(c->key);
    arena_free(c->own);
}

/* ---- in a session ---- */

void certificate_bind(struct certificate *c, void *session) {
    gnutls_session_set_ptr(session, c);
}

static int choose(gnutls_session_t session, const gnutls_datum_t *authorities, int authority_count,
    const gnutls_pk_algorithm_t *algorithms, int algorithm_count, gnutls_pcert_st **chain,
    unsigned *count, gnutls_privkey_t *key) {
    (void)authorities, (void)authority_count, (void)algorithms, (void)algorithm_count;
    struct certificate *c = gnutls_session_get_ptr(session);
    *chain = c->chain;
    *count = c->count;
    *key = c->key;
    return 0;
}

void (*certificate_chooser(void))(void) {
    return (void (*)(void))choose;
}
