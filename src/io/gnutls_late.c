/* Nobody else may find these names: libcurl brings the library itself. */
#pragma GCC visibility push(hidden)
#include "io/gnutls.h"
#pragma GCC visibility pop

#include "base/str.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* The library's functions under their own names, as libmicrohttpd's archive and io/certificate want
 * them, each leading to the library once that is open. Its prototypes are its header's: what does
 * not fit does not compile; and what a later libmicrohttpd needs beyond these does not link, which
 * Meson tries beforehand. */
#define FUNCTIONS(F)                                                                             \
    F(int, gnutls_alpn_set_protocols,                                                            \
        (gnutls_session_t a, const gnutls_datum_t *b, unsigned c, unsigned d), (a, b, c, d))     \
    F(int, gnutls_bye, (gnutls_session_t a, gnutls_close_request_t b), (a, b))                   \
    F(int, gnutls_certificate_allocate_credentials, (gnutls_certificate_credentials_t *a), (a))  \
    F(void, gnutls_certificate_free_credentials, (gnutls_certificate_credentials_t a), (a))      \
    F(void, gnutls_certificate_server_set_request,                                               \
        (gnutls_session_t a, gnutls_certificate_request_t b), (a, b))                            \
    F(void, gnutls_certificate_set_dh_params,                                                    \
        (gnutls_certificate_credentials_t a, gnutls_dh_params_t b), (a, b))                      \
    F(void, gnutls_certificate_set_retrieve_function2,                                           \
        (gnutls_certificate_credentials_t a, gnutls_certificate_retrieve_function2 *b), (a, b))  \
    F(void, gnutls_certificate_set_retrieve_function3,                                           \
        (gnutls_certificate_credentials_t a, gnutls_certificate_retrieve_function3 *b), (a, b))  \
    F(int, gnutls_certificate_set_x509_key_mem,                                                  \
        (gnutls_certificate_credentials_t a, const gnutls_datum_t *b, const gnutls_datum_t *c,   \
        gnutls_x509_crt_fmt_t d), (a, b, c, d))                                                  \
    F(int, gnutls_certificate_set_x509_key_mem2,                                                 \
        (gnutls_certificate_credentials_t a, const gnutls_datum_t *b, const gnutls_datum_t *c,   \
        gnutls_x509_crt_fmt_t d, const char *e, unsigned f), (a, b, c, d, e, f))                 \
    F(int, gnutls_certificate_set_x509_trust_mem,                                                \
        (gnutls_certificate_credentials_t a, const gnutls_datum_t *b,                            \
        gnutls_x509_crt_fmt_t c), (a, b, c))                                                     \
    F(gnutls_cipher_algorithm_t, gnutls_cipher_get, (gnutls_session_t a), (a))                   \
    F(int, gnutls_credentials_set,                                                               \
        (gnutls_session_t a, gnutls_credentials_type_t b, void *c), (a, b, c))                   \
    F(void, gnutls_deinit, (gnutls_session_t a), (a))                                            \
    F(void, gnutls_dh_params_deinit, (gnutls_dh_params_t a), (a))                                \
    F(int, gnutls_dh_params_import_pkcs3,                                                        \
        (gnutls_dh_params_t a, const gnutls_datum_t *b, gnutls_x509_crt_fmt_t c), (a, b, c))     \
    F(int, gnutls_dh_params_init, (gnutls_dh_params_t *a), (a))                                  \
    F(int, gnutls_handshake, (gnutls_session_t a), (a))                                          \
    F(int, gnutls_init, (gnutls_session_t *a, unsigned b), (a, b))                               \
    F(void, gnutls_pcert_deinit, (gnutls_pcert_st *a), (a))                                      \
    F(int, gnutls_pcert_import_x509_list,                                                        \
        (gnutls_pcert_st *a, gnutls_x509_crt_t *b, unsigned *c, unsigned d), (a, b, c, d))       \
    F(void, gnutls_priority_deinit, (gnutls_priority_t a), (a))                                  \
    F(int, gnutls_priority_init,                                                                 \
        (gnutls_priority_t *a, const char *b, const char **c), (a, b, c))                        \
    F(int, gnutls_priority_set, (gnutls_session_t a, gnutls_priority_t b), (a, b))               \
    F(void, gnutls_privkey_deinit, (gnutls_privkey_t a), (a))                                    \
    F(int, gnutls_privkey_import_x509_raw,                                                       \
        (gnutls_privkey_t a, const gnutls_datum_t *b, gnutls_x509_crt_fmt_t c, const char *d,    \
        unsigned e), (a, b, c, d, e))                                                            \
    F(int, gnutls_privkey_init, (gnutls_privkey_t *a), (a))                                      \
    F(gnutls_protocol_t, gnutls_protocol_get_version, (gnutls_session_t a), (a))                 \
    F(int, gnutls_psk_allocate_server_credentials, (gnutls_psk_server_credentials_t *a), (a))    \
    F(void, gnutls_psk_free_server_credentials, (gnutls_psk_server_credentials_t a), (a))        \
    F(void, gnutls_psk_set_server_credentials_function,                                          \
        (gnutls_psk_server_credentials_t a, gnutls_psk_server_credentials_function *b), (a, b))  \
    F(void, gnutls_pubkey_deinit, (gnutls_pubkey_t a), (a))                                      \
    F(int, gnutls_pubkey_get_key_id,                                                             \
        (gnutls_pubkey_t a, unsigned b, unsigned char *c, size_t *d), (a, b, c, d))              \
    F(int, gnutls_pubkey_import_privkey,                                                         \
        (gnutls_pubkey_t a, gnutls_privkey_t b, unsigned c, unsigned d), (a, b, c, d))           \
    F(int, gnutls_pubkey_init, (gnutls_pubkey_t *a), (a))                                        \
    F(size_t, gnutls_record_check_pending, (gnutls_session_t a), (a))                            \
    F(int, gnutls_record_get_direction, (gnutls_session_t a), (a))                               \
    F(ssize_t, gnutls_record_recv, (gnutls_session_t a, void *b, size_t c), (a, b, c))           \
    F(ssize_t, gnutls_record_send, (gnutls_session_t a, const void *b, size_t c), (a, b, c))     \
    F(void *, gnutls_session_get_ptr, (gnutls_session_t a), (a))                                 \
    F(void, gnutls_session_set_ptr, (gnutls_session_t a, void *b), (a, b))                       \
    F(const char *, gnutls_strerror, (int a), (a))                                               \
    F(void, gnutls_transport_set_int2, (gnutls_session_t a, int b, int c), (a, b, c))            \
    F(unsigned, gnutls_x509_crt_check_hostname, (gnutls_x509_crt_t a, const char *b), (a, b))    \
    F(void, gnutls_x509_crt_deinit, (gnutls_x509_crt_t a), (a))                                  \
    F(time_t, gnutls_x509_crt_get_activation_time, (gnutls_x509_crt_t a), (a))                   \
    F(time_t, gnutls_x509_crt_get_expiration_time, (gnutls_x509_crt_t a), (a))                   \
    F(int, gnutls_x509_crt_get_key_id,                                                           \
        (gnutls_x509_crt_t a, unsigned b, unsigned char *c, size_t *d), (a, b, c, d))            \
    F(int, gnutls_x509_crt_list_import2,                                                         \
        (gnutls_x509_crt_t **a, unsigned *b, const gnutls_datum_t *c, gnutls_x509_crt_fmt_t d,   \
        unsigned e), (a, b, c, d, e))

#define MEMBER(result, name, given, passed) __typeof__(name) *name;
#define ROW(result, name, given, passed)    {#name, offsetof(struct library, name)},
#define LEAD(result, name, given, passed) \
    result name given {                   \
        return library.name passed;       \
    }

struct library {
    FUNCTIONS(MEMBER)
};

static const struct {
    const char *name;
    size_t at;
} functions[] = {FUNCTIONS(ROW)};

/* Global as the library itself is: its functions are called without any handle of ours. */
static struct library library;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool is_open;

static void load(void) {
    void *handle = dlopen("libgnutls.so.30", RTLD_NOW | RTLD_LOCAL);
    size_t found = 0;
    for (size_t i = 0; handle && i < COUNT(functions); i++) {
        void *function = dlsym(handle, functions[i].name);
        memcpy((char *)&library + functions[i].at, &function, sizeof(function));
        found += function != NULL;
    }
    is_open = found == COUNT(functions);
}

bool gnutls_open(void) {
    pthread_once(&once, load);
    return is_open;
}

FUNCTIONS(LEAD)

/* It sets itself up when it is opened (since 3.3), and is never closed. */
int gnutls_global_init(void) {
    return 0;
}

void gnutls_global_deinit(void) {
}

gnutls_alloc_function gnutls_malloc = malloc;
gnutls_free_function gnutls_free = free;
