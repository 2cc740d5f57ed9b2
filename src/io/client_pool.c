#include "io/client_pool.h"

#include <errno.h>

void client_pool_open(struct client_pool *p) {
    pthread_condattr_t steady;
    memset(p, 0, sizeof(*p));
    pthread_mutex_init(&p->lock, 0);
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_cond_init(&p->left, &steady);
    pthread_condattr_destroy(&steady);
}

bool client_pool_enter(struct client_pool *p, int64_t wait_ms) {
    struct timespec end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    int64_t nanoseconds = end.tv_nsec + wait_ms % 1000 * 1000000;
    end.tv_sec += (time_t)(wait_ms / 1000 + nanoseconds / 1000000000);
    end.tv_nsec = (long)(nanoseconds % 1000000000);
    pthread_mutex_lock(&p->lock);
    int why = 0;
    while (p->tls >= CLIENT_TLS && why != ETIMEDOUT)
        why = pthread_cond_timedwait(&p->left, &p->lock, &end);
    bool in = p->tls < CLIENT_TLS;
    if (in)
        p->tls++;
    pthread_mutex_unlock(&p->lock);
    return in;
}

void client_pool_leave(struct client_pool *p) {
    pthread_mutex_lock(&p->lock);
    p->tls--;
    pthread_cond_signal(&p->left);
    pthread_mutex_unlock(&p->lock);
}

static bool is_key(const struct client_kept *k, str key) {
    return k->handle && str_is((str){k->key, k->key_size}, key);
}

void *client_pool_take(struct client_pool *p, str key, int64_t now) {
    void *handle = 0;
    pthread_mutex_lock(&p->lock);
    for (size_t i = 0; i < CLIENT_KEPT && !handle; i++) {
        struct client_kept *k = &p->kept[i];
        if (is_key(k, key) && now - k->since < CLIENT_IDLE_MS) {
            handle = k->handle;
            k->handle = 0;
        }
    }
    pthread_mutex_unlock(&p->lock);
    return handle;
}

void *client_pool_put(struct client_pool *p, str key, void *handle, int64_t now) {
    if (key.len > CLIENT_KEY)
        return handle;
    pthread_mutex_lock(&p->lock);
    struct client_kept *place = &p->kept[0];
    for (size_t i = 1; i < CLIENT_KEPT && place->handle; i++)
        if (!p->kept[i].handle || p->kept[i].since < place->since)
            place = &p->kept[i];
    void *out = place->handle;
    *place = (struct client_kept){.handle = handle, .since = now, .key_size = key.len};
    memcpy(place->key, key.ptr, key.len);
    pthread_mutex_unlock(&p->lock);
    return out;
}

void *client_pool_old(struct client_pool *p, int64_t now) {
    void *handle = 0;
    pthread_mutex_lock(&p->lock);
    for (size_t i = 0; i < CLIENT_KEPT && !handle; i++) {
        struct client_kept *k = &p->kept[i];
        if (k->handle && now - k->since >= CLIENT_IDLE_MS) {
            handle = k->handle;
            k->handle = 0;
        }
    }
    pthread_mutex_unlock(&p->lock);
    return handle;
}

void client_pool_close(struct client_pool *p) {
    pthread_cond_destroy(&p->left);
    pthread_mutex_destroy(&p->lock);
}
