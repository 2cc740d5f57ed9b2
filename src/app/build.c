#include "app/build.h"

#include "base/arena.h"
#include "base/encode.h"
#include "base/limits.h"
#include "io/files.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

enum { FOLDERS_DEEP = 16 };

/* "/p/book/" is p/book/index.html; what is percent-encoded in an address is not in a name. */
static err page_file(struct arena *mem, str path, str *out) {
    str file = {0};
    if (!percent_read(mem, str_from(path, 1), false, &file))
        return err_make(ERR_INVALID, JOIN(mem, path, S(" cannot be a file")));
    *out = str_ends(path, S("/")) ? JOIN(mem, file, S("index.html")) : file;
    return OK_ERR;
}

/* ---- pictures ---- */

static err pictures(struct arena *mem, str dir, str folder, int deep, struct output *o);

static err picture(struct arena *mem, str dir, str path, struct output *o) {
    int fd = -1;
    TRY(files_open(mem, dir, path, &fd));
    err e = output_put_file(o, path, fd);
    files_close(fd);
    return e;
}

static err pictures(struct arena *mem, str dir, str folder, int deep, struct output *o) {
    const str *names = NULL;
    size_t count = 0;
    err e = files_list(mem, dir, folder, &names, &count);
    if (e.code == ERR_ABSENT && deep == FOLDERS_DEEP)
        return OK_ERR;
    TRY(e);
    for (size_t i = 0; i < count; i++) {
        str path = JOIN(mem, folder, S("/"), names[i]);
        if (names[i].ptr[0] == '.')
            continue;
        if (!files_is_dir(dir, path))
            TRY(picture(mem, dir, path, o));
        else if (deep)
            TRY(pictures(mem, dir, path, deep - 1, o));
        else
            return err_make(ERR_INVALID, JOIN(mem, path, S(": folders in folders without end")));
    }
    return OK_ERR;
}

/* ---- pages ---- */

enum { PIECE = 16, THREADS_MOST = 8 };

/* Threads take the next few pages until there are none. */
struct pages {
    const struct house_shop *shop;
    struct output *output;
    const str *paths;
    size_t count;
    atomic_size_t next;
    pthread_mutex_t guard;
    size_t failed_at; /* the first page that failed, whoever came to it: always the same one */
    err failed;
    struct arena *words; /* of that */
};

static err page_put(struct arena *mem, struct pages *p, size_t at) {
    struct site_file page = {0};
    str file = {0};
    TRY(page_file(mem, p->paths[at], &file));
    TRY(site_render(mem, &p->shop->site, p->paths[at], &page));
    return output_put(p->output, at + 1, file, page.bytes, page.lasting);
}

static void page_failed(struct pages *p, size_t at, err e) {
    pthread_mutex_lock(&p->guard);
    if (at < p->failed_at) {
        p->failed_at = at;
        p->failed = err_make(e.code, str_copy(p->words, e.what));
    }
    pthread_mutex_unlock(&p->guard);
    atomic_store(&p->next, p->count);
}

static void *pages_some(void *data) {
    struct pages *p = data;
    struct arena *one = arena_new(LIMIT_REQUEST_ARENA);
    size_t from;
    while ((from = atomic_fetch_add(&p->next, PIECE)) < p->count)
        for (size_t at = from; at < p->count && at < from + PIECE; at++) {
            arena_reset(one);
            err e = page_put(one, p, at);
            if (e.code == ERR_NONE)
                continue;
            page_failed(p, at, e);
            break;
        }
    arena_free(one);
    return NULL;
}

static size_t threads_for(size_t pages) {
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t most = processors > 1 ? (size_t)processors : 1;
    size_t wanted = pages / (4 * PIECE) + 1;
    wanted = wanted < most ? wanted : most;
    return wanted < THREADS_MOST ? wanted : THREADS_MOST;
}

static err pages(struct arena *mem, const struct house_shop *shop, struct output *o) {
    const struct tree *list = site_paths(mem, &shop->site);
    struct pages p = {.shop = shop, .output = o, .guard = PTHREAD_MUTEX_INITIALIZER};
    str *paths = arena_array(mem, list->count, sizeof(*paths));
    for (const struct tree *t = list->first; t; t = t->next)
        paths[p.count++] = t->text;
    p.paths = paths;
    p.failed_at = p.count;
    p.words = arena_new(LIMIT_REQUEST_ARENA);
    pthread_t threads[THREADS_MOST];
    size_t begun = 0, more = threads_for(p.count) - 1;
    while (begun < more && !pthread_create(&threads[begun], NULL, pages_some, &p))
        begun++;
    pages_some(&p);
    while (begun)
        pthread_join(threads[--begun], NULL);
    p.failed.what = str_copy(mem, p.failed.what);
    arena_free(p.words);
    return p.failed;
}

/* Pages must not lie among what they are made from: the next build would take them for that. */
static err place_check(struct arena *mem, str dir, str to) {
    static const str sources[] = {S_INIT("_data"), S_INIT("academy"), S_INIT("images"),
        S_INIT("pages"), S_INIT("theme"), S_INIT("var")};
    str real = {0}, source = {0};
    if (files_is(to, S("shop.yml")))
        return err_make(ERR_USAGE,
            JOIN(mem, to, S(" is a shop's folder; pages go into a folder of their own, like "), to,
                S("/public")));
    TRY(err_in(mem, files_make_dir(to, S(""), 0755), JOIN(mem, S("cannot make "), to, S(": "))));
    TRY(files_path(mem, to, S("."), &real));
    real = JOIN(mem, real, S("/"));
    for (size_t i = 0; i < COUNT(sources); i++)
        if (files_path(mem, dir, sources[i], &source).code == ERR_NONE
            && str_starts(real, JOIN(mem, source, S("/"))))
            return err_make(ERR_USAGE, JOIN(mem, to, S(" is where the shop has its "), sources[i],
                                           S("; pages go into a folder of their own")));
    return OK_ERR;
}

err build(struct arena *mem, const struct house_shop *shop, str to, struct output_counts *out) {
    struct output *o = NULL;
    TRY(place_check(mem, shop->dir, to));
    TRY(output_open(mem, to, &o));
    err e = pictures(mem, shop->dir, S("images"), FOLDERS_DEEP, o);
    if (e.code == ERR_NONE)
        e = pages(mem, shop, o);
    if (e.code == ERR_NONE)
        e = output_finish(o, out);
    output_close(o);
    return e;
}
