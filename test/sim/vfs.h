/* vfs: the files of a machine with a power switch, for SQLite and for the store's own calls.
 *
 * Each file is in memory, twice: as programs see it, which stands for the page cache, and what is
 * durable of it: the bytes at the last sync, and every write and truncate since. The folder is too:
 * names as programs see them, and those that are durable. When the power goes, all that is still
 * tried fails; then each unsynced write is kept, lost or torn at a sector, in any mixture, names
 * are what they were at some moment since the folder was last synced, and the files are made what a
 * machine would find. After a sync that failed, what it should have written is in the page cache
 * only, and no later sync writes it, unless it is written to again: so Linux does it.
 */
#ifndef TEST_SIM_VFS_H
#define TEST_SIM_VFS_H

#include <stdbool.h>
#include <stdint.h>

#define SIM_VFS "sim"

/* Asked before each write, truncate, sync and change of a name, by the simulator's dice. */
enum vfs_fault { VFS_FINE, VFS_POWER, VFS_KILL, VFS_WRITE_ERROR, VFS_SYNC_ERROR, VFS_NO_SPACE };

struct vfs_hooks {
    void *self;
    enum vfs_fault (*fault)(void *self, bool sync);
    uint64_t (*below)(void *self, uint64_t n);
};

/* All files that are opened as `folder`/NAME are ours from then on, but for those that end with
 * .lock and .reserve. It must be there. */
void vfs_install(const struct vfs_hooks *hooks, const char *folder);
void vfs_power_off(void);
/* The process is dead and writes no more; with the power still on. */
void vfs_kill(void);
/* Did one of the two happen? */
bool vfs_is_dark(void);
/* To be called when nothing has the files open any more: after a power cut they become what is
 * durable and some of the rest; after a kill they stay as they are. */
void vfs_restart(void);
/* Forgets all files. */
void vfs_clear(void);
/* A number of the file with that name, no other file ever has it; 0: there is none. */
uint64_t vfs_number(const char *name);

#endif
