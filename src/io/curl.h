/* curl: the one door to libcurl, for whoever talks: io/client and io/mailer.
 *
 * libcurl is opened (dlopen) at the first talk, once for the whole process: it brings 24 libraries.
 * What every conversation has in common is said here: no signals, no proxy and no .netrc of the
 * environment, TLS 1.2 and up, verified against the system's authorities or one's own.
 */
#ifndef IO_CURL_H
#define IO_CURL_H

#include "base/str.h"

#include <curl/curl.h>
#include <pthread.h>

struct curl {
    CURLcode (*global_init)(long flags);
    void (*global_cleanup)(void);
    CURL *(*init)(void);
    CURLcode (*set)(CURL *handle, CURLoption option, ...);
    CURLcode (*perform)(CURL *handle);
    CURLcode (*info)(CURL *handle, CURLINFO what, ...);
    void (*reset)(CURL *handle);
    void (*cleanup)(CURL *handle);
    const char *(*words)(CURLcode code);
    struct curl_slist *(*append)(struct curl_slist *list, const char *text);
    void (*free_list)(struct curl_slist *list);
};

struct curl_door {
    pthread_mutex_t lock; /* of opening */
    bool open;
    struct curl calls;
};

/* False: no lock to be had. */
bool curl_door_new(struct curl_door *d);
/* False: the library is not there. From any thread. */
bool curl_door_open(struct curl_door *d);
void curl_door_close(struct curl_door *d);

/* Sets an option, and keeps in *bad the first one that was refused. */
#define CURL_SET(calls, handle, bad, option, value)                         \
    do {                                                                    \
        CURLcode curl_set_code = (calls)->set((handle), (option), (value)); \
        if (curl_set_code != CURLE_OK && *(bad) == CURLE_OK)                \
            *(bad) = curl_set_code;                                         \
    } while (0)

/* ca: a file with the partner's own authority, "" for the system's. The first option refused. */
CURLcode curl_common(struct arena *mem, const struct curl *calls, CURL *handle, str ca);
/* For CURLOPT_OPENSOCKETFUNCTION: the address is looked at after resolving, so that no name leads
 * inside. CURL_SOCKET_BAD: it is private and may not be. */
curl_socket_t curl_socket(const struct curl_sockaddr *to, bool allow_private);

#define CURL_IS_NOT_THERE "libcurl-gnutls.so.4 cannot be loaded: install libcurl3-gnutls"

#endif
