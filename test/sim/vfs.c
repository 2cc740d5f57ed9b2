#include "sim/vfs.h"

#include <sqlite3.h>

enum { FILES = 8, SECTOR = 512, REGIONS = 64, LOCKS = SQLITE_SHM_NLOCK };

struct pending { /* a write or a truncate */
    sqlite3_int64 at;
    int size;
    bool cuts;
    char *bytes; /* null: they still stand in the file */
    struct pending *next;
};

struct content {
    char *bytes;
    sqlite3_int64 size, room;
};

/* One file, by its name: as programs see it, and what is durable of it. */
struct image {
    char *name;
    struct content now, durable;
    struct pending *first, **last;
    struct sim_file *open;
    char *regions[REGIONS]; /* of the shared memory that goes with a database */
    int region_size, mapped;
};

struct sim_file {
    sqlite3_file base;
    struct image *image;
    struct sim_file *next;      /* also has it open */
    int level;                  /* SQLITE_LOCK_… */
    unsigned shared, exclusive; /* locks of the shared memory, a bit for each */
    bool maps;
};

static struct {
    sqlite3_vfs vfs;
    struct vfs_hooks hooks;
    struct image images[FILES];
    bool dark;   /* all fails */
    bool killed; /* … but only because the process is dead */
} state;

static void *must(void *got) {
    if (!got)
        abort();
    return got;
}

/* ---- images ---- */

static void content_room(struct content *i, sqlite3_int64 size) {
    if (size <= i->room)
        return;
    sqlite3_int64 room = size * 2;
    i->bytes = must(realloc(i->bytes, (size_t)room));
    memset(i->bytes + i->room, 0, (size_t)(room - i->room));
    i->room = room;
}

static void content_write(struct content *i, sqlite3_int64 at, const char *bytes, int size) {
    content_room(i, at + size);
    memcpy(i->bytes + at, bytes, (size_t)size);
    if (at + size > i->size)
        i->size = at + size;
}

static void content_cut(struct content *i, sqlite3_int64 size) {
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

static void pending_add(struct image *i, sqlite3_int64 at, int size, bool cuts) {
    struct pending *p = must(malloc(sizeof(*p)));
    *p = (struct pending){.at = at, .size = size, .cuts = cuts};
    if (!i->first)
        i->last = &i->first;
    *i->last = p;
    i->last = &p->next;
}

/* Before bytes of the file become others: what waits to be synced keeps its own. */
static void pending_save(struct image *i, sqlite3_int64 from, sqlite3_int64 to) {
    for (struct pending *p = i->first; p; p = p->next) {
        if (p->cuts || p->bytes || p->at >= to || p->at + p->size <= from)
            continue;
        p->bytes = must(malloc((size_t)p->size + 1));
        memcpy(p->bytes, i->now.bytes + p->at, (size_t)p->size);
    }
}

/* Of one write: all, nothing, or its first sectors. */
static int survives(const struct pending *p, bool chance) {
    if (!chance)
        return p->size;
    switch (state.hooks.below(state.hooks.self, 4)) {
    case 0: return 0;
    case 1:
        return (int)state.hooks.below(state.hooks.self, (uint64_t)p->size / SECTOR + 1) * SECTOR;
    default: return p->size;
    }
}

static void image_settle(struct image *i, bool chance) {
    while (i->first) {
        struct pending *p = i->first;
        int size = survives(p, chance);
        if (!p->cuts)
            content_write(&i->durable, p->at, p->bytes ? p->bytes : i->now.bytes + p->at, size);
        else if (!chance || size)
            content_cut(&i->durable, p->at);
        i->first = p->next;
        free(p->bytes);
        free(p);
    }
}

static struct image *image_find(const char *name) {
    for (int k = 0; k < FILES; k++)
        if (state.images[k].name && !strcmp(state.images[k].name, name))
            return &state.images[k];
    return NULL;
}

static struct image *image_new(const char *name) {
    struct image *i = state.images;
    while (i < state.images + FILES && i->name)
        i++;
    if (i == state.images + FILES)
        abort();
    i->name = must(strdup(name));
    return i;
}

static void regions_drop(struct image *i) {
    for (int k = 0; k < REGIONS; k++) {
        free(i->regions[k]);
        i->regions[k] = NULL;
    }
}

static void image_drop(struct image *i) {
    if (i->open)
        abort();
    image_settle(i, false);
    regions_drop(i);
    free(i->name);
    content_cut(&i->now, 0);
    content_cut(&i->durable, 0);
    *i = (struct image){.now = i->now, .durable = i->durable}; /* their room stays */
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

static bool is_log(const char *name) {
    size_t len = strlen(name);
    return len > 4 && !strcmp(name + len - 4, "-wal");
}

void vfs_restart(void) {
    for (int k = 0; k < FILES; k++) {
        struct image *i = &state.images[k];
        if (!i->name)
            continue;
        if (state.dark && !state.killed) {
            image_settle(i, true);
            content_copy(&i->now, &i->durable);
        } else if (is_log(i->name)) {
            image_settle(i, false);
        }
    }
    state.dark = state.killed = false;
}

void vfs_clear(void) {
    for (int k = 0; k < FILES; k++)
        if (state.images[k].name)
            image_drop(&state.images[k]);
    state.dark = state.killed = false;
}

/* ---- SQLite's side ---- */

#define FILE_OF(f) ((struct sim_file *)(void *)(f))

static int fault(bool sync) {
    static const int codes[] = {[VFS_FINE] = SQLITE_OK,
        [VFS_POWER] = SQLITE_IOERR,
        [VFS_WRITE_ERROR] = SQLITE_IOERR_WRITE,
        [VFS_SYNC_ERROR] = SQLITE_IOERR_FSYNC,
        [VFS_NO_SPACE] = SQLITE_FULL};
    if (state.dark)
        return SQLITE_IOERR;
    enum vfs_fault what = state.hooks.fault(state.hooks.self, sync);
    state.dark = what == VFS_POWER;
    return codes[what];
}

static int sim_read(sqlite3_file *f, void *to, int size, sqlite3_int64 at) {
    const struct content *now = &FILE_OF(f)->image->now;
    sqlite3_int64 there = now->size > at ? now->size - at : 0;
    int len = there < size ? (int)there : size;
    if (state.dark)
        return SQLITE_IOERR_READ;
    if (len)
        memcpy(to, now->bytes + at, (size_t)len);
    memset((char *)to + len, 0, (size_t)(size - len));
    return len < size ? SQLITE_IOERR_SHORT_READ : SQLITE_OK;
}

static int sim_write(sqlite3_file *f, const void *from, int size, sqlite3_int64 at) {
    int rc = fault(false);
    if (rc)
        return rc;
    struct image *i = FILE_OF(f)->image;
    pending_save(i, at, at + size);
    content_write(&i->now, at, from, size);
    pending_add(i, at, size, false);
    return SQLITE_OK;
}

static int sim_truncate(sqlite3_file *f, sqlite3_int64 size) {
    int rc = fault(false);
    if (rc)
        return rc;
    struct image *i = FILE_OF(f)->image;
    pending_save(i, size, INT64_MAX);
    content_cut(&i->now, size);
    pending_add(i, size, 1, true);
    return SQLITE_OK;
}

static int sim_sync(sqlite3_file *f, int flags) {
    int rc = fault(true);
    if (!rc)
        image_settle(FILE_OF(f)->image, false);
    return rc;
}

static int sim_size(sqlite3_file *f, sqlite3_int64 *size) {
    *size = FILE_OF(f)->image->now.size;
    return SQLITE_OK;
}

/* What MMAP_SIZE gives back is the size: nothing is ever mapped. */
static int sim_control(sqlite3_file *f, int op, void *arg) {
    if (op != SQLITE_FCNTL_MMAP_SIZE)
        return SQLITE_NOTFOUND;
    *(sqlite3_int64 *)arg = 0;
    return SQLITE_OK;
}

/* As the system's VFS says it. */
static int sim_sector(sqlite3_file *f) {
    return 4096;
}
static int sim_device(sqlite3_file *f) {
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

/* ---- locks of a file, among the connections of this process ---- */

static int level_of_others(const struct sim_file *f) {
    int level = SQLITE_LOCK_NONE;
    for (const struct sim_file *o = f->image->open; o; o = o->next)
        if (o != f && o->level > level)
            level = o->level;
    return level;
}

static int sim_lock(sqlite3_file *file, int lock) {
    struct sim_file *f = FILE_OF(file);
    int others = level_of_others(f);
    int most = lock == SQLITE_LOCK_SHARED     ? SQLITE_LOCK_RESERVED
               : lock == SQLITE_LOCK_RESERVED ? SQLITE_LOCK_SHARED
                                              : SQLITE_LOCK_NONE;
    if (f->level >= lock)
        return SQLITE_OK;
    if (others > most)
        return SQLITE_BUSY;
    f->level = lock;
    return SQLITE_OK;
}

static int sim_unlock(sqlite3_file *f, int lock) {
    if (FILE_OF(f)->level > lock)
        FILE_OF(f)->level = lock;
    return SQLITE_OK;
}

static int sim_reserved(sqlite3_file *f, int *out) {
    const struct sim_file *mine = FILE_OF(f);
    *out = mine->level >= SQLITE_LOCK_RESERVED || level_of_others(mine) >= SQLITE_LOCK_RESERVED;
    return SQLITE_OK;
}

/* ---- the shared memory of a log, and its locks ---- */

static int sim_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **out) {
    struct sim_file *f = FILE_OF(file);
    struct image *i = f->image;
    i->mapped += !f->maps;
    f->maps = true;
    if (page >= REGIONS)
        abort();
    if (!i->regions[page] && extend)
        i->regions[page] = must(calloc(1, (size_t)size));
    *out = i->regions[page];
    return SQLITE_OK;
}

static int sim_shm_lock(sqlite3_file *file, int at, int count, int flags) {
    struct sim_file *f = FILE_OF(file);
    unsigned bits = ((1u << count) - 1) << at;
    if (flags & SQLITE_SHM_UNLOCK) {
        f->shared &= ~bits;
        f->exclusive &= ~bits;
        return SQLITE_OK;
    }
    for (const struct sim_file *o = f->image->open; o; o = o->next)
        if (o != f && (o->exclusive & bits || (flags & SQLITE_SHM_EXCLUSIVE && o->shared & bits)))
            return SQLITE_BUSY;
    *(flags & SQLITE_SHM_EXCLUSIVE ? &f->exclusive : &f->shared) |= bits;
    return SQLITE_OK;
}

static void sim_shm_barrier(sqlite3_file *f) {}

/* Nobody has it mapped: the next one begins with an empty one, as the system's VFS has it. */
static int sim_shm_unmap(sqlite3_file *file, int remove) {
    struct sim_file *f = FILE_OF(file);
    f->shared = f->exclusive = 0;
    f->image->mapped -= f->maps;
    f->maps = false;
    if (!f->image->mapped)
        regions_drop(f->image);
    return SQLITE_OK;
}

/* ---- open and close ---- */

static int sim_close(sqlite3_file *file) {
    struct sim_file *f = FILE_OF(file), **at = &f->image->open;
    sim_shm_unmap(file, 0);
    while (*at != f)
        at = &(*at)->next;
    *at = f->next;
    return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = sim_close,
    .xRead = sim_read,
    .xWrite = sim_write,
    .xTruncate = sim_truncate,
    .xSync = sim_sync,
    .xFileSize = sim_size,
    .xLock = sim_lock,
    .xUnlock = sim_unlock,
    .xCheckReservedLock = sim_reserved,
    .xFileControl = sim_control,
    .xSectorSize = sim_sector,
    .xDeviceCharacteristics = sim_device,
    .xShmMap = sim_shm_map,
    .xShmLock = sim_shm_lock,
    .xShmBarrier = sim_shm_barrier,
    .xShmUnmap = sim_shm_unmap,
};

static int sim_open(
    sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags, int *out_flags) {
    struct sim_file *f = FILE_OF(file);
    struct image *i = name ? image_find(name) : NULL;
    *f = (struct sim_file){0};
    if (state.dark || !name || (!i && !(flags & SQLITE_OPEN_CREATE)))
        return SQLITE_CANTOPEN;
    f->base.pMethods = &methods;
    f->image = i ? i : image_new(name);
    f->next = f->image->open;
    f->image->open = f;
    if (out_flags)
        *out_flags = flags;
    return SQLITE_OK;
}

/* That a file is gone is taken as durable at once. */
static int sim_delete(sqlite3_vfs *vfs, const char *name, int sync) {
    struct image *i = image_find(name);
    if (state.dark)
        return SQLITE_IOERR_DELETE;
    if (!i)
        return SQLITE_IOERR_DELETE_NOENT;
    image_drop(i);
    return SQLITE_OK;
}

static int sim_access(sqlite3_vfs *vfs, const char *name, int flags, int *out) {
    *out = image_find(name) != NULL;
    return SQLITE_OK;
}

static int sim_full_name(sqlite3_vfs *vfs, const char *name, int size, char *out) {
    if (strlen(name) >= (size_t)size)
        return SQLITE_CANTOPEN;
    memcpy(out, name, strlen(name) + 1);
    return SQLITE_OK;
}

void vfs_install(const struct vfs_hooks *hooks) {
    state.hooks = *hooks;
    if (state.vfs.zName)
        return;
    /* One thread, and nobody asks for statistics. */
    sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    state.vfs = *sqlite3_vfs_find(NULL);
    state.vfs.zName = SIM_VFS;
    state.vfs.szOsFile = (int)sizeof(struct sim_file);
    state.vfs.xOpen = sim_open;
    state.vfs.xDelete = sim_delete;
    state.vfs.xAccess = sim_access;
    state.vfs.xFullPathname = sim_full_name;
    sqlite3_vfs_register(&state.vfs, 0);
}
