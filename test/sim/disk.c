#include "sim/sim.h"
#include "sim/vfs.h"

#include <unistd.h>

/* The store under the simulator: memory, which nothing can harm, or the real SQLite store on files
 * with a power switch. */

static struct sim *owner; /* for the callback of the store, which has no argument */

static enum vfs_fault disk_fault(void *self, bool sync) {
    struct sim *s = self;
    if (s->keeping && strikes(s, FAULT_KEEPING))
        return below(s, 2) ? VFS_POWER : VFS_KILL;
    if (strikes(s, FAULT_DISK_POWER))
        return VFS_POWER;
    if (sync)
        return strikes(s, FAULT_DISK_SYNC) ? VFS_SYNC_ERROR : VFS_FINE;
    if (strikes(s, FAULT_DISK_WRITE))
        return VFS_WRITE_ERROR;
    return strikes(s, FAULT_DISK_SPACE) ? VFS_NO_SPACE : VFS_FINE;
}

static uint64_t disk_below(void *self, uint64_t n) {
    return below(self, n);
}

/* What the real program does here: it says why, and exits with 75. */
static void disk_fatal(str why) {
    if (owner->current)
        process_crash(owner, owner->current->process);
}

const char *disk_new(struct arena *mem) {
    char folder[] = "/dev/shm/grosz-sim-XXXXXX", other[] = "/tmp/grosz-sim-XXXXXX";
    const char *made = mkdtemp(folder);
    if (!made)
        made = mkdtemp(other);
    if (!made)
        abort();
    return str_cz(mem, str_of(made));
}

const char *disk_file(const struct sim *s, struct arena *mem, str name) {
    return str_cz(mem, JOIN(mem, str_of(s->disk), S("/"), name));
}

/* Of the system's there are the lock and the reserve. */
static void files_drop(const char *folder) {
    static const char *const names[] = {"shop.db.lock", "shop.db.reserve"};
    char name[200];
    vfs_clear();
    for (size_t i = 0; i < COUNT(names); i++) {
        snprintf(name, sizeof(name), "%s/%s", folder, names[i]);
        unlink(name);
    }
}

void disk_drop(const char *folder) {
    files_drop(folder);
    rmdir(folder);
}

static void close_old(struct sim *s) {
    if (s->real)
        s->real->kind->close(s->real);
    s->real = NULL;
    arena_reset(s->store_mem);
}

void disk_rest(struct sim *s) {
    const struct vfs_hooks hooks = {.self = s, .fault = disk_fault, .below = disk_below};
    close_old(s);
    owner = s;
    vfs_install(&hooks, s->disk);
    vfs_restart();
}

static bool disk_up(struct sim *s) {
    const struct store_sqlite_options options = {
        .vfs = SIM_VFS, .now = s->now, .reserve = 64 * 1024};
    struct store *opened = NULL;
    disk_rest(s);
    str path = str_of(disk_file(s, s->store_mem, S("shop.db")));
    err e = store_sqlite(s->store_mem, path, &options, disk_fatal, &opened);
    if (e.code == ERR_CORRUPT && s->phase == PHASE_KIND)
        violate(s, "S1", "the database does not open: %.*s", (int)e.what.len, e.what.ptr);
    if (e.code != ERR_NONE)
        return false;
    s->real = opened;
    restore_settle(s);
    ghost_again(s);
    return true;
}

bool store_up(struct sim *s) {
    if (s->disk)
        return disk_up(s);
    if (!s->real)
        s->real = store_memory();
    return true;
}

void store_down(struct sim *s) {
    if (!s->disk)
        return;
    if (below(s, 2))
        vfs_power_off();
    else
        vfs_kill();
}

void store_end(struct sim *s) {
    close_old(s);
    if (s->disk)
        files_drop(s->disk);
}
