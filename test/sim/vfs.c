#include "sim/vfs.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

enum { FILES = 8, SECTOR = 512 };

struct pending { /* a write, or a truncate (bytes null) */
    sqlite3_int64 at;
    int size;
    char *bytes;
    struct pending *next;
};

/* What is durable of one file, by its name. */
struct image {
    char *name;
    char *bytes;
    sqlite3_int64 size, room;
    struct pending *first, **last;
};

struct sim_file {
    sqlite3_file base;
    struct image *image; /* null: not followed (the shared memory, temporary files) */
    sqlite3_file *real;
};

static struct {
    sqlite3_vfs vfs, *real;
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

static void image_room(struct image *i, sqlite3_int64 size) {
    if (size <= i->room)
        return;
    sqlite3_int64 room = size * 2;
    i->bytes = must(realloc(i->bytes, (size_t)room));
    memset(i->bytes + i->room, 0, (size_t)(room - i->room));
    i->room = room;
}

static void image_write(struct image *i, sqlite3_int64 at, const char *bytes, int size) {
    image_room(i, at + size);
    memcpy(i->bytes + at, bytes, (size_t)size);
    if (at + size > i->size)
        i->size = at + size;
}

static void image_cut(struct image *i, sqlite3_int64 size) {
    if (size < i->size)
        memset(i->bytes + size, 0, (size_t)(i->size - size));
    image_room(i, size);
    i->size = size;
}

static void pending_add(struct image *i, sqlite3_int64 at, const void *bytes, int size) {
    struct pending *p = must(calloc(1, sizeof(*p)));
    *p = (struct pending){.at = at, .size = size};
    if (bytes) {
        p->bytes = must(malloc((size_t)size + 1));
        memcpy(p->bytes, bytes, (size_t)size);
    }
    if (!i->first)
        i->last = &i->first;
    *i->last = p;
    i->last = &p->next;
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
        if (p->bytes)
            image_write(i, p->at, p->bytes, size);
        else if (!chance || size)
            image_cut(i, p->at);
        i->first = p->next;
        free(p->bytes);
        free(p);
    }
}

static struct image *image_of(const char *name) {
    struct image *empty = NULL;
    for (int k = FILES - 1; name && k >= 0; k--) {
        if (state.images[k].name && !strcmp(state.images[k].name, name))
            return &state.images[k];
        if (!state.images[k].name)
            empty = &state.images[k];
    }
    if (empty)
        empty->name = must(strdup(name));
    return empty;
}

static void image_drop(struct image *i) {
    image_settle(i, false);
    free(i->name);
    free(i->bytes);
    *i = (struct image){0};
}

/* The file becomes what the image is. */
static void image_put(const struct image *i) {
    int file = open(i->name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0 || (i->size && pwrite(file, i->bytes, (size_t)i->size, 0) != i->size))
        abort();
    close(file);
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
            image_put(i);
        } else if (is_log(i->name)) {
            image_settle(i, false);
        }
    }
    state.dark = state.killed = false;
}

void vfs_clear(void) {
    for (int k = 0; k < FILES; k++)
        if (state.images[k].name) {
            unlink(state.images[k].name);
            image_drop(&state.images[k]);
        }
    state.dark = state.killed = false;
}

/* ---- SQLite's side ---- */

#define FILE_OF(f) ((struct sim_file *)(void *)(f))
#define REAL(f)    (FILE_OF(f)->real)

static int fault(sqlite3_file *f, bool sync) {
    static const int codes[] = {[VFS_FINE] = SQLITE_OK,
        [VFS_POWER] = SQLITE_IOERR,
        [VFS_WRITE_ERROR] = SQLITE_IOERR_WRITE,
        [VFS_SYNC_ERROR] = SQLITE_IOERR_FSYNC,
        [VFS_NO_SPACE] = SQLITE_FULL};
    if (state.dark)
        return SQLITE_IOERR;
    if (!FILE_OF(f)->image)
        return SQLITE_OK;
    enum vfs_fault what = state.hooks.fault(state.hooks.self, sync);
    state.dark = what == VFS_POWER;
    return codes[what];
}

static int sim_close(sqlite3_file *f) {
    return REAL(f)->pMethods->xClose(REAL(f));
}
static int sim_read(sqlite3_file *f, void *to, int size, sqlite3_int64 at) {
    return state.dark ? SQLITE_IOERR_READ : REAL(f)->pMethods->xRead(REAL(f), to, size, at);
}
static int sim_write(sqlite3_file *f, const void *from, int size, sqlite3_int64 at) {
    int rc = fault(f, false);
    if (!rc)
        rc = REAL(f)->pMethods->xWrite(REAL(f), from, size, at);
    if (!rc && FILE_OF(f)->image)
        pending_add(FILE_OF(f)->image, at, from, size);
    return rc;
}
static int sim_truncate(sqlite3_file *f, sqlite3_int64 size) {
    int rc = fault(f, false);
    if (!rc)
        rc = REAL(f)->pMethods->xTruncate(REAL(f), size);
    if (!rc && FILE_OF(f)->image)
        pending_add(FILE_OF(f)->image, size, NULL, 1);
    return rc;
}
static int sim_sync(sqlite3_file *f, int flags) {
    int rc = fault(f, true);
    if (!rc && FILE_OF(f)->image)
        image_settle(FILE_OF(f)->image, false);
    return rc;
}
static int sim_size(sqlite3_file *f, sqlite3_int64 *size) {
    return REAL(f)->pMethods->xFileSize(REAL(f), size);
}
static int sim_lock(sqlite3_file *f, int lock) {
    return REAL(f)->pMethods->xLock(REAL(f), lock);
}
static int sim_unlock(sqlite3_file *f, int lock) {
    return REAL(f)->pMethods->xUnlock(REAL(f), lock);
}
static int sim_reserved(sqlite3_file *f, int *out) {
    return REAL(f)->pMethods->xCheckReservedLock(REAL(f), out);
}
static int sim_control(sqlite3_file *f, int op, void *arg) {
    return REAL(f)->pMethods->xFileControl(REAL(f), op, arg);
}
static int sim_sector(sqlite3_file *f) {
    return REAL(f)->pMethods->xSectorSize(REAL(f));
}
static int sim_device(sqlite3_file *f) {
    return REAL(f)->pMethods->xDeviceCharacteristics(REAL(f));
}
static int sim_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **out) {
    return REAL(f)->pMethods->xShmMap(REAL(f), page, size, extend, out);
}
static int sim_shm_lock(sqlite3_file *f, int at, int count, int flags) {
    return REAL(f)->pMethods->xShmLock(REAL(f), at, count, flags);
}
static void sim_shm_barrier(sqlite3_file *f) {
    REAL(f)->pMethods->xShmBarrier(REAL(f));
}
static int sim_shm_unmap(sqlite3_file *f, int remove) {
    return REAL(f)->pMethods->xShmUnmap(REAL(f), remove);
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
    bool followed = flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL);
    if (state.dark)
        return SQLITE_CANTOPEN;
    *f = (struct sim_file){.real = (sqlite3_file *)(void *)(f + 1)};
    int rc = state.real->xOpen(state.real, name, f->real, flags, out_flags);
    f->base.pMethods = f->real->pMethods ? &methods : NULL;
    if (!rc && followed)
        f->image = image_of(name);
    return rc;
}

/* That a file is gone is taken as durable at once. */
static int sim_delete(sqlite3_vfs *vfs, const char *name, int sync) {
    if (state.dark)
        return SQLITE_IOERR_DELETE;
    struct image *i = image_of(name);
    if (i)
        image_drop(i);
    return state.real->xDelete(state.real, name, sync);
}

void vfs_install(const struct vfs_hooks *hooks) {
    state.hooks = *hooks;
    if (state.real)
        return;
    state.real = sqlite3_vfs_find(NULL);
    state.vfs = *state.real;
    state.vfs.zName = SIM_VFS;
    state.vfs.szOsFile = (int)sizeof(struct sim_file) + state.real->szOsFile;
    state.vfs.xOpen = sim_open;
    state.vfs.xDelete = sim_delete;
    sqlite3_vfs_register(&state.vfs, 0);
}
