#include "store/fault_vfs.h"

#include <sqlite3.h>
#include <unistd.h>

/* What SQLite calls file and vfs: ours with the real one behind. */
struct fault_file {
    sqlite3_file base;
    sqlite3_file *real;
};

static struct {
    enum fault_kind kind;
    size_t left; /* calls until it strikes */
    bool struck;
    const char *reserve;
    sqlite3_vfs vfs;
    sqlite3_vfs *real;
} state;

void fault_set(enum fault_kind kind, size_t nth, const char *reserve) {
    state.kind = kind;
    state.left = nth;
    state.struck = false;
    state.reserve = reserve;
}

bool fault_struck(void) {
    return state.struck;
}

static bool fault_lasts(void) {
    switch (state.kind) {
    case FAULT_FULL_RESERVED: return state.struck && !access(state.reserve, F_OK);
    case FAULT_FULL_FOREVER: return state.struck;
    case FAULT_NONE:
    case FAULT_FULL:
    case FAULT_WRITE:
    case FAULT_SYNC: break;
    }
    return false;
}

/* The result code of this call, SQLITE_OK when it is passed on. */
static int fault_strikes(bool sync) {
    bool counts = state.kind != FAULT_NONE && (state.kind != FAULT_SYNC || sync);
    int code = state.kind == FAULT_SYNC    ? SQLITE_IOERR_FSYNC
               : state.kind == FAULT_WRITE ? SQLITE_IOERR_WRITE
                                           : SQLITE_FULL;

    /* A sync tells of disk errors; that there is no room, writes tell. */
    if (!counts || (sync && code == SQLITE_FULL))
        return SQLITE_OK;
    if (state.struck)
        return fault_lasts() ? code : SQLITE_OK;
    if (--state.left)
        return SQLITE_OK;
    state.struck = true;
    return code;
}

#define REAL(file) (((struct fault_file *)(void *)(file))->real)

static int fault_close(sqlite3_file *f) {
    return REAL(f)->pMethods->xClose(REAL(f));
}
static int fault_read(sqlite3_file *f, void *to, int size, sqlite3_int64 at) {
    return REAL(f)->pMethods->xRead(REAL(f), to, size, at);
}
static int fault_write(sqlite3_file *f, const void *from, int size, sqlite3_int64 at) {
    int rc = fault_strikes(false);

    return rc ? rc : REAL(f)->pMethods->xWrite(REAL(f), from, size, at);
}
static int fault_truncate(sqlite3_file *f, sqlite3_int64 size) {
    int rc = fault_strikes(false);

    return rc ? rc : REAL(f)->pMethods->xTruncate(REAL(f), size);
}
static int fault_sync(sqlite3_file *f, int flags) {
    int rc = fault_strikes(true);

    return rc ? rc : REAL(f)->pMethods->xSync(REAL(f), flags);
}
static int fault_size(sqlite3_file *f, sqlite3_int64 *size) {
    return REAL(f)->pMethods->xFileSize(REAL(f), size);
}
static int fault_lock(sqlite3_file *f, int lock) {
    return REAL(f)->pMethods->xLock(REAL(f), lock);
}
static int fault_unlock(sqlite3_file *f, int lock) {
    return REAL(f)->pMethods->xUnlock(REAL(f), lock);
}
static int fault_reserved(sqlite3_file *f, int *out) {
    return REAL(f)->pMethods->xCheckReservedLock(REAL(f), out);
}
static int fault_control(sqlite3_file *f, int op, void *arg) {
    return REAL(f)->pMethods->xFileControl(REAL(f), op, arg);
}
static int fault_sector(sqlite3_file *f) {
    return REAL(f)->pMethods->xSectorSize(REAL(f));
}
static int fault_device(sqlite3_file *f) {
    return REAL(f)->pMethods->xDeviceCharacteristics(REAL(f));
}
static int fault_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **out) {
    return REAL(f)->pMethods->xShmMap(REAL(f), page, size, extend, out);
}
static int fault_shm_lock(sqlite3_file *f, int at, int count, int flags) {
    return REAL(f)->pMethods->xShmLock(REAL(f), at, count, flags);
}
static void fault_shm_barrier(sqlite3_file *f) {
    REAL(f)->pMethods->xShmBarrier(REAL(f));
}
static int fault_shm_unmap(sqlite3_file *f, int remove) {
    return REAL(f)->pMethods->xShmUnmap(REAL(f), remove);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = fault_close,
    .xRead = fault_read,
    .xWrite = fault_write,
    .xTruncate = fault_truncate,
    .xSync = fault_sync,
    .xFileSize = fault_size,
    .xLock = fault_lock,
    .xUnlock = fault_unlock,
    .xCheckReservedLock = fault_reserved,
    .xFileControl = fault_control,
    .xSectorSize = fault_sector,
    .xDeviceCharacteristics = fault_device,
    .xShmMap = fault_shm_map,
    .xShmLock = fault_shm_lock,
    .xShmBarrier = fault_shm_barrier,
    .xShmUnmap = fault_shm_unmap,
};

static int fault_open(
    sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags, int *out_flags) {
    struct fault_file *f = (struct fault_file *)(void *)file;

    f->real = (sqlite3_file *)(void *)(f + 1);
    int rc = state.real->xOpen(state.real, name, f->real, flags, out_flags);
    f->base.pMethods = f->real->pMethods ? &methods : NULL;
    return rc;
}

void fault_install(void) {
    if (state.real)
        return;
    state.real = sqlite3_vfs_find(NULL);
    state.vfs = *state.real;
    state.vfs.zName = FAULT_VFS;
    state.vfs.szOsFile = (int)sizeof(struct fault_file) + state.real->szOsFile;
    state.vfs.xOpen = fault_open;
    sqlite3_vfs_register(&state.vfs, 0);
}
