#include "app/shelf.h"

#include "base/encode.h"
#include "base/hash.h"
#include "http/coding.h"
#include "http/condition.h"
#include "http/date.h"
#include "http/type.h"
#include "io/files.h"

enum {
    SLOTS = 1024,
    SHELF_MAX = 4 << 20,
    PAGE_MAX = 256 * 1024, /* of one, compressed */
    FILE_MAX = 512 * 1024, /* of one, before: the loop waits while it is compressed */
    SMALL = 256,           /* not worth a header */
    TAG = 12,              /* bytes of the digest in an ETag */
};

struct made {
    str path;        /* of a file its ETag: it has one, however many paths lead to it */
    str tag, zipped; /* zipped: "" when it is no smaller */
    str type;
    bool lasting;
};

struct shelf {
    struct arena *mem;
    struct made slots[SLOTS];
};

static void shelf_free(void *shelf) {
    arena_free(((struct shelf *)shelf)->mem);
}

struct shelf *shelf_new(struct arena *mem) {
    struct shelf *s = NEW(mem, struct shelf);
    s->mem = arena_new(SHELF_MAX);
    arena_defer(mem, shelf_free, s);
    return s;
}

static struct made *slot_of(struct shelf *s, str path) {
    uint64_t h = 1469598103934665603u;
    for (size_t i = 0; i < path.len; i++)
        h = (h ^ (unsigned char)path.ptr[i]) * 1099511628211u;
    return &s->slots[h % SLOTS];
}

static void shelf_put(struct shelf *s, str path, const struct made *m) {
    size_t size = path.len + m->tag.len + m->zipped.len + 64;
    if (size > PAGE_MAX)
        return;
    if (arena_taken(s->mem) + size > SHELF_MAX - PAGE_MAX) {
        arena_reset(s->mem);
        memset(s->slots, 0, sizeof(s->slots));
    }
    *slot_of(s, path) = (struct made){.path = str_copy(s->mem, path),
        .tag = str_copy(s->mem, m->tag),
        .zipped = str_copy(s->mem, m->zipped),
        .type = str_copy(s->mem, m->type),
        .lasting = m->lasting};
}

static struct made page_make(struct arena *mem, str path, const struct site_file *file) {
    struct made m = {.type = file->type, .lasting = file->lasting};
    if (!m.type.len)
        m.type = type_of(path)->name;
    m.tag = hex_write(mem, str_part(hash_sha256(mem, file->bytes), 0, TAG));
    if (file->bytes.len < SMALL)
        return m;
    str zipped = gzip_write(mem, file->bytes);
    if (zipped.len < file->bytes.len)
        m.zipped = zipped;
    return m;
}

static str cache_words(const struct flow *f, bool lasting) {
    if (lasting)
        return S("public, max-age=31536000, immutable");
    return f->shop->live ? S("public, max-age=60, must-revalidate") : S("no-cache");
}

static void answer_made(
    const struct flow *f, const struct made *m, bool zipped, str bytes, struct response *out) {
    str tag = JOIN(f->mem, S("\""), m->tag, zipped ? S("-gz\"") : S("\""));
    *out =
        f->shop->live ? response_page(f->mem, 200, bytes) : response_page_local(f->mem, 200, bytes);
    out->type = m->type;
    response_header(out, S("Cache-Control"), cache_words(f, m->lasting));
    if (f->dressed)
        return;
    response_header(out, S("ETag"), tag);
    response_header(out, S("Vary"), S("Accept-Encoding"));
    if (zipped)
        response_header(out, S("Content-Encoding"), S("gzip"));
    int status = condition_check(f->request, tag, 0);
    if (status)
        out->status = status;
    if (status == 412)
        out->body = S("");
}

err shelf_answer(const struct flow *f, struct response *out) {
    struct made *kept = f->shelf ? slot_of(f->shelf, f->request->path) : NULL;
    bool takes = !f->dressed && request_takes_gzip(f->request);
    bool ready = kept && kept->tag.len && str_is(kept->path, f->request->path);
    if (ready && takes && kept->zipped.len) {
        struct made m = *kept;
        m.type = str_copy(f->mem, m.type);
        answer_made(f, &m, true, str_copy(f->mem, kept->zipped), out);
        return OK_ERR;
    }
    struct site_file file = {0};
    TRY(site_render(f->mem, f->site, f->request->path, &file));
    struct made m = page_make(f->mem, f->request->path, &file);
    if (f->shelf && !ready)
        shelf_put(f->shelf, f->request->path, &m);
    bool zipped = takes && m.zipped.len;
    answer_made(f, &m, zipped, zipped ? m.zipped : file.bytes, out);
    return OK_ERR;
}

/* ---- files ---- */

/* Nothing is kept of a file that is changed while it is read. */
static err file_zip(const struct flow *f, const struct response *r, str etag, struct made *out) {
    struct file_mark after = {0};
    str bytes = {0};
    TRY(files_read(f->mem, r->file_in, r->file, FILE_MAX, &bytes));
    TRY(files_mark(f->mem, r->file_in, r->file, &after));
    if (!str_is(after.etag, etag))
        return err_make(ERR_BUSY, S("the file is being written"));
    str zipped = gzip_write(f->mem, bytes);
    bool fits = zipped.len < bytes.len && zipped.len < PAGE_MAX - 1024;
    *out = (struct made){.path = etag, .tag = etag, .zipped = fits ? zipped : S("")};
    return OK_ERR;
}

static str file_zipped(const struct flow *f, const struct response *r, str etag) {
    const struct made *kept = slot_of(f->shelf, etag);
    struct made m = {0};
    if (str_is(kept->path, etag))
        return str_copy(f->mem, kept->zipped);
    if (file_zip(f, r, etag, &m).code != ERR_NONE)
        return S("");
    shelf_put(f->shelf, etag, &m);
    return m.zipped;
}

void shelf_file(const struct flow *f, struct response *r) {
    const struct type *type = type_of(r->file);
    struct file_mark mark = {0};
    if (!type->text)
        return;
    response_header(r, S("Vary"), S("Accept-Encoding"));
    if (!f->shelf || f->dressed || !request_takes_gzip(f->request)
        || request_header(f->request, S("Range")).len)
        return;
    err e = files_mark(f->mem, r->file_in, r->file, &mark);
    if (e.code != ERR_NONE || mark.size < SMALL || mark.size > FILE_MAX)
        return;
    str zipped = file_zipped(f, r, mark.etag);
    if (!zipped.len)
        return;
    str tag = JOIN(f->mem, str_part(mark.etag, 0, mark.etag.len - 1), S("-gz\""));
    response_header(r, S("ETag"), tag);
    response_header(r, S("Last-Modified"), date_write(f->mem, mark.changed));
    response_header(r, S("Content-Encoding"), S("gzip"));
    int status = condition_check(f->request, tag, mark.changed);
    r->status = status ? status : 200;
    r->body = status == 412 ? S("") : zipped;
    r->type = type->name;
    r->file = r->file_in = S("");
}
