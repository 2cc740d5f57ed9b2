#include "io/manifest.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/encode.h"

enum { TEXT_MOST = 1 << 28 };

static const str marks[] = {
    [MANIFEST_PAGE] = S_INIT("page "),
    [MANIFEST_LASTING] = S_INIT("lasting "),
    [MANIFEST_FORMER] = S_INIT("former "),
};

bool manifest_path_is(str path) {
    str rest = path, piece = {0};
    if (control_has(path, S("")))
        return false;
    while (str_cut(&rest, '/', &piece))
        if (!piece.len || piece.ptr[0] == '.')
            return false;
    return path.len > 0 && !str_ends(path, S("/"));
}

static bool entry_read(str line, struct manifest_entry *out) {
    for (size_t i = 0; i < COUNT(marks); i++)
        if (str_starts(line, marks[i])) {
            *out = (struct manifest_entry){str_from(line, marks[i].len), (enum manifest_mark)i};
            return manifest_path_is(out->path);
        }
    return false;
}

static struct manifest of_size(struct arena *mem, size_t count) {
    return (struct manifest){arena_array(mem, count, sizeof(struct manifest_entry)), 0};
}

static void add(struct manifest *m, struct manifest_entry entry) {
    m->entries[m->count++] = entry;
}

err manifest_read(struct arena *mem, str text, struct manifest *out) {
    size_t lines = 0;
    for (size_t i = 0; i < text.len; i++)
        lines += text.ptr[i] == '\n';
    struct manifest m = of_size(mem, lines + 1);
    str line = {0};
    while (str_cut(&text, '\n', &line)) {
        struct manifest_entry entry = {0};
        if (!entry_read(line, &entry))
            return err_make(ERR_CORRUPT, JOIN(mem, S("`"), line, S("` is no line of it")));
        add(&m, entry);
    }
    TRY(manifest_sort(mem, &m));
    *out = m;
    return OK_ERR;
}

str manifest_write(struct arena *mem, const struct manifest *m) {
    struct buf b = buf_new(mem, TEXT_MOST);
    for (size_t i = 0; i < m->count; i++) {
        buf_add(&b, marks[m->entries[i].mark]);
        buf_add(&b, m->entries[i].path);
        buf_byte(&b, '\n');
    }
    return buf_str(&b);
}

static int by_path(const void *a, const void *b) {
    return str_order(
        ((const struct manifest_entry *)a)->path, ((const struct manifest_entry *)b)->path);
}

err manifest_sort(struct arena *mem, struct manifest *m) {
    if (m->count)
        qsort(m->entries, m->count, sizeof(*m->entries), by_path);
    for (size_t i = 1; i < m->count; i++)
        if (str_is(m->entries[i - 1].path, m->entries[i].path))
            return err_make(ERR_INVALID,
                JOIN(mem, S("two things of the shop want to be "), m->entries[i].path));
    return OK_ERR;
}

const struct manifest_entry *manifest_find(const struct manifest *m, str path) {
    const struct manifest_entry wanted = {.path = path};
    return m->count ? bsearch(&wanted, m->entries, m->count, sizeof(wanted), by_path) : NULL;
}

/* Walks both in order; the entry of `new` wins. *old and *new are null where one has it not. */
struct walk {
    const struct manifest *old, *new;
    size_t at_old, at_new;
};

static bool walk_on(
    struct walk *w, const struct manifest_entry **old, const struct manifest_entry **new) {
    *old = w->at_old < w->old->count ? &w->old->entries[w->at_old] : NULL;
    *new = w->at_new < w->new->count ? &w->new->entries[w->at_new] : NULL;
    int order = *old && *new ? by_path(*old, *new) : 0;
    if (order < 0)
        *new = NULL;
    if (order > 0)
        *old = NULL;
    w->at_old += *old != NULL;
    w->at_new += *new != NULL;
    return *old || *new;
}

struct manifest manifest_join(
    struct arena *mem, const struct manifest *old, const struct manifest *new) {
    struct manifest m = of_size(mem, old->count + new->count);
    struct walk w = {.old = old, .new = new};
    for (const struct manifest_entry *a, *b; walk_on(&w, &a, &b);)
        add(&m, b ? *b : *a);
    return m;
}

/* Whether a lasting file of the old build is not in the new one: a new generation. */
static bool has_turned(const struct manifest *old, const struct manifest *new) {
    struct walk w = {.old = old, .new = new};
    for (const struct manifest_entry *a, *b; walk_on(&w, &a, &b);)
        if (!b && a->mark == MANIFEST_LASTING)
            return true;
    return false;
}

void manifest_next(struct arena *mem, const struct manifest *old, const struct manifest *new,
    struct manifest *kept, struct manifest *gone) {
    bool turned = has_turned(old, new);
    struct walk w = {.old = old, .new = new};
    *kept = of_size(mem, old->count + new->count);
    *gone = of_size(mem, old->count);
    for (const struct manifest_entry *a, *b; walk_on(&w, &a, &b);) {
        if (b)
            add(kept, *b);
        else if (a->mark == MANIFEST_LASTING || (a->mark == MANIFEST_FORMER && !turned))
            add(kept, (struct manifest_entry){a->path, MANIFEST_FORMER});
        else
            add(gone, *a);
    }
}
