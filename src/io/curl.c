#include "io/curl.h"

#include "base/arena.h"
#include "io/address.h"

#include <dlfcn.h>
#include <sys/socket.h>

#define SYSTEM_CA "/etc/ssl/certs/ca-certificates.crt"

static const struct {
    const char *name;
    size_t at;
} functions[] = {
    {"curl_global_init", offsetof(struct curl, global_init)},
    {"curl_global_cleanup", offsetof(struct curl, global_cleanup)},
    {"curl_easy_init", offsetof(struct curl, init)},
    {"curl_easy_setopt", offsetof(struct curl, set)},
    {"curl_easy_perform", offsetof(struct curl, perform)},
    {"curl_easy_getinfo", offsetof(struct curl, info)},
    {"curl_easy_reset", offsetof(struct curl, reset)},
    {"curl_easy_cleanup", offsetof(struct curl, cleanup)},
    {"curl_easy_strerror", offsetof(struct curl, words)},
    {"curl_slist_append", offsetof(struct curl, append)},
    {"curl_slist_free_all", offsetof(struct curl, free_list)},
};

static bool load(struct curl *out) {
    void *library = dlopen("libcurl-gnutls.so.4", RTLD_NOW | RTLD_LOCAL);
    for (size_t i = 0; library && i < COUNT(functions); i++) {
        void *found = dlsym(library, functions[i].name);
        if (!found)
            return false;
        memcpy((char *)out + functions[i].at, &found, sizeof(found));
    }
    return library && out->global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

bool curl_door_new(struct curl_door *d) {
    *d = (struct curl_door){0};
    return !pthread_mutex_init(&d->lock, 0);
}

bool curl_door_open(struct curl_door *d) {
    pthread_mutex_lock(&d->lock);
    if (!d->open)
        d->open = load(&d->calls);
    bool open = d->open;
    pthread_mutex_unlock(&d->lock);
    return open;
}

void curl_door_close(struct curl_door *d) {
    if (d->open)
        d->calls.global_cleanup();
    pthread_mutex_destroy(&d->lock);
}

static const struct {
    CURLoption option;
    long value;
} settings[] = {
    {CURLOPT_NOSIGNAL, 1},
    {CURLOPT_SSL_VERIFYPEER, 1},
    {CURLOPT_SSL_VERIFYHOST, 2},
    {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
    {CURLOPT_NETRC, CURL_NETRC_IGNORED},
};

CURLcode curl_common(struct arena *mem, const struct curl *calls, CURL *handle, str ca) {
    CURLcode bad = CURLE_OK;
    for (size_t i = 0; i < COUNT(settings); i++)
        CURL_SET(calls, handle, &bad, settings[i].option, settings[i].value);
    CURL_SET(calls, handle, &bad, CURLOPT_PROXY, "");
    CURL_SET(calls, handle, &bad, CURLOPT_CAPATH, (char *)0);
    CURL_SET(calls, handle, &bad, CURLOPT_CAINFO, ca.len ? str_cz(mem, ca) : SYSTEM_CA);
    return bad;
}

curl_socket_t curl_socket(const struct curl_sockaddr *to, bool allow_private) {
    struct address a;
    if (!allow_private && (!address_of(&to->addr, &a) || address_is_private(&a)))
        return CURL_SOCKET_BAD;
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}
