#include "app/build.h"

#include "base/arena.h"
#include "base/encode.h"
#include "base/limits.h"
#include "io/files.h"

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

static err pages(struct arena *mem, const struct house_shop *shop, struct output *o) {
    struct arena *one = arena_new(LIMIT_REQUEST_ARENA);
    const struct tree *paths = site_paths(mem, &shop->site);
    err e = OK_ERR;
    for (const struct tree *t = paths->first; t && e.code == ERR_NONE; t = t->next) {
        struct site_file page = {0};
        str file = {0};
        arena_reset(one);
        e = page_file(one, t->text, &file);
        if (e.code == ERR_NONE)
            e = site_render(one, &shop->site, t->text, &page);
        if (e.code == ERR_NONE)
            e = output_put(o, file, page.bytes, page.lasting);
    }
    e.what = str_copy(mem, e.what);
    arena_free(one);
    return e;
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
