#include "sim/vfs_file.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

/* SQLite's side of the files. */

struct sim_file {
    sqlite3_file base;
    struct image *image;
    struct sim_file *next;      /* also has it open */
    int level;                  /* SQLITE_LOCK_… */
    unsigned shared, exclusive; /* locks of the shared memory, a bit for each */
    bool maps, names;           /* names: its first sync syncs the folder too */
};

static sqlite3_vfs vfs;

#define FILE_OF(f) ((struct sim_file *)(void *)(f))

static int fault(void) {
    static const int codes[] = {[VFS_FINE] = SQLITE_OK,
        [VFS_POWER] = SQLITE_IOERR,
        [VFS_KILL] = SQLITE_IOERR,
        [VFS_WRITE_ERROR] = SQLITE_IOERR_WRITE,
        [VFS_SYNC_ERROR] = SQLITE_IOERR_WRITE,
        [VFS_NO_SPACE] = SQLITE_FULL};
    return codes[vfs_fault(false)];
}

static int sim_read(sqlite3_file *f, void *to, int size, sqlite3_int64 at) {
    if (vfs_is_dark())
        return SQLITE_IOERR_READ;
    int len = (int)image_read(FILE_OF(f)->image, at, to, size);
    memset((char *)to + len, 0, (size_t)(size - len));
    return len < size ? SQLITE_IOERR_SHORT_READ : SQLITE_OK;
}

static int sim_write(sqlite3_file *f, const void *from, int size, sqlite3_int64 at) {
    int rc = fault();
    if (!rc)
        image_write(FILE_OF(f)->image, at, from, size);
    return rc;
}

static int sim_truncate(sqlite3_file *f, sqlite3_int64 size) {
    int rc = fault();
    if (!rc)
        image_cut(FILE_OF(f)->image, size);
    return rc;
}

/* As the system's VFS does it: with the first sync of a journal or log its name is durable. */
static int sim_sync(sqlite3_file *file, int flags) {
    struct sim_file *f = FILE_OF(file);
    enum vfs_fault what = vfs_fault(true);
    if (what == VFS_SYNC_ERROR)
        image_sync_fails(f->image);
    if (what != VFS_FINE)
        return what == VFS_SYNC_ERROR ? SQLITE_IOERR_FSYNC : SQLITE_IOERR;
    image_sync(f->image);
    if (f->names)
        names_sync();
    f->names = false;
    return SQLITE_OK;
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
    if (page >= VFS_REGIONS)
        abort();
    if (!i->regions[page] && extend && !(i->regions[page] = calloc(1, (size_t)size)))
        abort();
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
    sqlite3_vfs *self, sqlite3_filename name, sqlite3_file *file, int flags, int *out_flags) {
    struct sim_file *f = FILE_OF(file);
    struct image *i = name ? image_find(name) : NULL;
    bool makes = flags & SQLITE_OPEN_CREATE;
    *f = (struct sim_file){0};
    if (vfs_is_dark() || !name || (!i && !makes))
        return SQLITE_CANTOPEN;
    f->base.pMethods = &methods;
    f->image = i ? i : image_make(name);
    f->names = makes && flags & (SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL);
    f->next = f->image->open;
    f->image->open = f;
    if (out_flags)
        *out_flags = flags;
    return SQLITE_OK;
}

static int sim_delete(sqlite3_vfs *self, const char *name, int sync) {
    if (vfs_is_dark() || vfs_fault(false) != VFS_FINE)
        return SQLITE_IOERR_DELETE;
    if (!name_drop(name))
        return SQLITE_IOERR_DELETE_NOENT;
    if (sync && vfs_fault(true) != VFS_FINE)
        return SQLITE_IOERR_DIR_FSYNC;
    if (sync)
        names_sync();
    return SQLITE_OK;
}

/* An empty file is none, as the system's VFS has it. */
static int sim_access(sqlite3_vfs *self, const char *name, int flags, int *out) {
    const struct image *i = image_find(name);
    *out = i && (flags != SQLITE_ACCESS_EXISTS || i->now.size > 0);
    return SQLITE_OK;
}

static int sim_full_name(sqlite3_vfs *self, const char *name, int size, char *out) {
    if (strlen(name) >= (size_t)size)
        return SQLITE_CANTOPEN;
    memcpy(out, name, strlen(name) + 1);
    return SQLITE_OK;
}

void vfs_install(const struct vfs_hooks *hooks, const char *folder) {
    vfs_hook(hooks);
    vfs_folder(folder);
    if (vfs.zName)
        return;
    /* One thread, and nobody asks for statistics. */
    sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    vfs = *sqlite3_vfs_find(NULL);
    vfs.zName = SIM_VFS;
    vfs.szOsFile = (int)sizeof(struct sim_file);
    vfs.xOpen = sim_open;
    vfs.xDelete = sim_delete;
    vfs.xAccess = sim_access;
    vfs.xFullPathname = sim_full_name;
    sqlite3_vfs_register(&vfs, 1);
}
