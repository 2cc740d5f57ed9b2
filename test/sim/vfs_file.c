#include "sim/vfs_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILES = 48, NAMES = 64, NAME = 120, SECTOR = 512, PAGE = 4096 };

struct name {
    char text[NAME];
    struct image *now, *durable;
};

struct naming { /* a change of one name, or of two at once */
    struct name *of[2];
    struct image *to[2];
    struct naming *next;
};

static struct {
    struct vfs_hooks hooks;
    struct image images[FILES];
    struct name names[NAMES];
    struct naming *first, **last;
    uint64_t numbers;
    bool dark;   /* all fails */
    bool killed; /* … but only because the process is dead */
} state;

static void *must(void *got) {
    if (!got)
        abort();
    return got;
}

static uint64_t below(uint64_t n) {
    return state.hooks.below(state.hooks.self, n);
}

/* ---- contents ---- */

static void content_room(struct content *i, int64_t size) {
    if (size <= i->room)
        return;
    int64_t room = size * 2;
    i->bytes = must(realloc(i->bytes, (size_t)room));
    memset(i->bytes + i->room, 0, (size_t)(room - i->room));
    i->room = room;
}

static void content_write(struct content *i, int64_t at, const void *bytes, int64_t size) {
    if (!size)
        return; /* lost: not the file's end either */
    content_room(i, at + size);
    memcpy(i->bytes + at, bytes, (size_t)size);
    if (at + size > i->size)
        i->size = at + size;
}

static void content_cut(struct content *i, int64_t size) {
    if (size < i->size)
        memset(i->bytes + size, 0, (size_t)(i->size - size));
    content_room(i, size);
    i->size = size;
}

static void content_copy(struct content *to, const struct content *from) {
    content_cut(to, from->size);
    if (from->size)
        memcpy(to->bytes, from->bytes, (size_t)from->size);
}

/* ---- what is not synced ---- */

static void pending_add(struct image *i, int64_t at, int64_t size, bool cuts) {
    struct pending *p = must(malloc(sizeof(*p)));
    *p = (struct pending){.at = at, .size = size, .cuts = cuts};
    if (!i->first)
        i->last = &i->first;
    *i->last = p;
    i->last = &p->next;
}

/* Before bytes of the file become others: what waits to be synced keeps its own. */
static void pending_save(struct image *i, int64_t from, int64_t to) {
    for (struct pending *p = i->first; p; p = p->next) {
        if (p->cuts || p->bytes || p->at >= to || p->at + p->size <= from)
            continue;
        p->bytes = must(malloc((size_t)p->size + 1));
        memcpy(p->bytes, i->now.bytes + p->at, (size_t)p->size);
    }
}

void image_write(struct image *i, int64_t at, const void *from, int64_t size) {
    pending_save(i, at, at + size);
    content_write(&i->now, at, from, size);
    if (i->rotten) { /* the whole page is dirty again */
        int64_t start = at - at % PAGE, end = at + size + PAGE - 1;
        end -= end % PAGE;
        size = (end < i->now.size ? end : i->now.size) - start;
        at = start;
    }
    pending_add(i, at, size, false);
}

void image_cut(struct image *i, int64_t size) {
    pending_save(i, size, INT64_MAX);
    content_cut(&i->now, size);
    pending_add(i, size, 1, true);
}

int64_t image_read(const struct image *i, int64_t at, void *to, int64_t size) {
    int64_t there = i->now.size > at ? i->now.size - at : 0;
    int64_t len = there < size ? there : size;
    if (len)
        memcpy(to, i->now.bytes + at, (size_t)len);
    return len;
}

/* Of one write: all, nothing, or its first sectors. */
static int64_t survives(const struct pending *p, bool chance) {
    if (!chance)
        return p->size;
    switch (below(4)) {
    case 0: return 0;
    case 1: return (int64_t)below((uint64_t)p->size / SECTOR + 1) * SECTOR;
    default: return p->size;
    }
}

static void image_settle(struct image *i, bool chance) {
    while (i->first) {
        struct pending *p = i->first;
        int64_t size = survives(p, chance);
        if (!p->cuts)
            content_write(&i->durable, p->at, p->bytes ? p->bytes : i->now.bytes + p->at, size);
        else if (!chance || size)
            content_cut(&i->durable, p->at);
        i->first = p->next;
        free(p->bytes);
        free(p);
    }
}

void image_sync(struct image *i) {
    image_settle(i, false);
}

/* Some of it was written; what was not is clean, and can be read. */
void image_sync_fails(struct image *i) {
    image_settle(i, true);
    i->rotten = true;
}

/* ---- files ---- */

void regions_drop(struct image *i) {
    for (int k = 0; k < VFS_REGIONS; k++) {
        free(i->regions[k]);
        i->regions[k] = NULL;
    }
}

static bool is_used(const struct image *i) {
    bool used = i->open || i->held;
    for (int k = 0; k < NAMES; k++)
        used |= state.names[k].now == i || state.names[k].durable == i;
    for (const struct naming *n = state.first; n; n = n->next)
        used |= n->to[0] == i || n->to[1] == i;
    return used;
}

static void image_drop(struct image *i) {
    image_settle(i, false);
    regions_drop(i);
    content_cut(&i->now, 0);
    content_cut(&i->durable, 0);
    *i = (struct image){.now = i->now, .durable = i->durable}; /* their room stays */
}

static struct image *image_free(void) {
    for (int k = 0; k < FILES; k++)
        if (!state.images[k].number)
            return &state.images[k];
    return NULL;
}

static struct image *image_new(void) {
    struct image *i = image_free();
    for (int k = 0; !i && k < FILES; k++)
        if (!is_used(&state.images[k]))
            image_drop(&state.images[k]);
    i = must(i ? i : image_free());
    i->number = ++state.numbers;
    return i;
}

/* ---- names ---- */

static struct name *name_of(const char *text) {
    struct name *unused = NULL;
    for (int k = NAMES - 1; k >= 0; k--) {
        struct name *n = &state.names[k];
        if (!strcmp(n->text, text))
            return n;
        unused = n->text[0] ? unused : n;
    }
    unused = must(unused);
    if (strlen(text) >= NAME)
        abort();
    memcpy(unused->text, text, strlen(text) + 1);
    return unused;
}

static void naming_add(const struct naming *what, int count) {
    struct naming *n = must(malloc(sizeof(*n)));
    *n = *what;
    for (int k = 0; k < count; k++)
        n->of[k]->now = n->to[k];
    if (!state.first)
        state.last = &state.first;
    *state.last = n;
    state.last = &n->next;
}

/* The first `count` of what waits happens, the rest never did. */
static void names_settle(uint64_t count) {
    for (uint64_t done = 0; state.first; done++) {
        struct naming *n = state.first;
        for (int k = 0; k < 2 && n->of[k] && done < count; k++)
            n->of[k]->durable = n->to[k];
        state.first = n->next;
        free(n);
    }
}

void names_sync(void) {
    names_settle(UINT64_MAX);
}

struct image *image_find(const char *name) {
    for (int k = 0; k < NAMES; k++)
        if (state.names[k].now && !strcmp(state.names[k].text, name))
            return state.names[k].now;
    return NULL;
}

struct image *image_make(const char *name) {
    const struct naming made = {.of = {name_of(name)}, .to = {image_new()}};
    naming_add(&made, 1);
    return made.to[0];
}

bool name_link(const char *from, const char *to) {
    const struct naming linked = {.of = {name_of(to)}, .to = {image_find(from)}};
    if (!linked.to[0] || linked.of[0]->now)
        return false;
    naming_add(&linked, 1);
    return true;
}

bool name_drop(const char *name) {
    const struct naming dropped = {.of = {name_of(name)}};
    if (!dropped.of[0]->now)
        return false;
    naming_add(&dropped, 1);
    return true;
}

bool name_move(const char *from, const char *to) {
    const struct naming moved = {.of = {name_of(to), name_of(from)}, .to = {image_find(from)}};
    if (!moved.to[0])
        return false;
    naming_add(&moved, 2);
    return true;
}

/* ---- from outside ---- */

void vfs_power_off(void) {
    state.killed = false;
    state.dark = true;
}

void vfs_kill(void) {
    state.killed = !state.dark || state.killed;
    state.dark = true;
}

bool vfs_is_dark(void) {
    return state.dark;
}

static uint64_t namings(void) {
    uint64_t count = 0;
    for (const struct naming *n = state.first; n; n = n->next)
        count++;
    return count;
}

static void power_returns(void) {
    names_settle(below(namings() + 1));
    for (int k = 0; k < NAMES; k++)
        state.names[k].now = state.names[k].durable;
    for (int k = 0; k < FILES; k++) {
        struct image *i = &state.images[k];
        if (!i->number)
            continue;
        image_settle(i, true);
        content_copy(&i->now, &i->durable);
        i->rotten = false;
    }
}

void vfs_restart(void) {
    for (int k = 0; k < FILES; k++)
        if (state.images[k].open || state.images[k].held)
            abort();
    if (state.dark && !state.killed)
        power_returns();
    state.dark = state.killed = false;
}

void vfs_clear(void) {
    names_settle(0);
    memset(state.names, 0, sizeof(state.names));
    for (int k = 0; k < FILES; k++)
        if (state.images[k].number)
            image_drop(&state.images[k]);
    state.dark = state.killed = false;
}

uint64_t vfs_number(const char *name) {
    const struct image *i = image_find(name);
    return i ? i->number : 0;
}

void vfs_hook(const struct vfs_hooks *hooks) {
    state.hooks = *hooks;
}

enum vfs_fault vfs_fault(bool sync) {
    if (state.dark)
        return VFS_KILL;
    enum vfs_fault what = state.hooks.fault(state.hooks.self, sync);
    if (what == VFS_POWER)
        vfs_power_off();
    if (what == VFS_KILL)
        vfs_kill();
    return what;
}
