/* vfs: SQLite's files with a power switch.
 *
 * Each file is in memory, twice: as programs see it, which stands for the page cache, and what is
 * durable of it: the bytes at the last sync, and every write and truncate since. When the power
 * goes, all that SQLite still tries fails; then each unsynced write is kept, lost or torn at a
 * sector, in any mixture, and the files are made what a machine would find.
 */
#ifndef TEST_SIM_VFS_H
#define TEST_SIM_VFS_H

#include <stdbool.h>
#include <stdint.h>

#define SIM_VFS "sim"

/* Asked before each write, truncate and sync, by the simulator's dice. */
enum vfs_fault { VFS_FINE, VFS_POWER, VFS_WRITE_ERROR, VFS_SYNC_ERROR, VFS_NO_SPACE };

struct vfs_hooks {
    void *self;
    enum vfs_fault (*fault)(void *self, bool sync);
    uint64_t (*below)(void *self, uint64_t n);
};

void vfs_install(const struct vfs_hooks *hooks);
void vfs_power_off(void);
/* The process is dead and writes no more; with the power still on. */
void vfs_kill(void);
/* To be called when nothing has the files open any more: after a power cut they become what is
 * durable and some of the rest; after a kill they stay as they are, and the log is durable, because
 * the start-up gate of the store writes it over itself and syncs it, past SQLite. */
void vfs_restart(void);
/* Forgets all files. */
void vfs_clear(void);

#endif
