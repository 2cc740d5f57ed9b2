/* sqlite_disk: the files beside the database, and the room on its disk.
 *
 * The lock file is held for life by flock, which the kernel gives back whatever ends the process;
 * it is never removed, and names its holder. The reserve file is room set aside: given back to the
 * disk when that is full, so that what must still be kept (notes, outcomes) can be.
 */
#ifndef STORE_SQLITE_DISK_H
#define STORE_SQLITE_DISK_H

#include "base/err.h"

struct disk {
    int lock; /* -1: not held */
    const char *folder;
    const char *reserve; /* path */
    size_t reserve_size;
};

/* Makes the database file (0600) if there is none, and takes its lock. ERR_BUSY names the holder.
 */
err disk_open(struct arena *mem, str path, size_t reserve_size, struct disk *out);
void disk_close(struct disk *d);
/* Makes the reserve file if there is none; false when there is no room for it. */
bool disk_reserve(const struct disk *d);
void disk_release(const struct disk *d);
/* Are `times` the size of the reserve free? */
bool disk_has_room(const struct disk *d, size_t times);
bool disk_has_bytes(const struct disk *d, uint64_t bytes);
/* Writes the bytes of a file over themselves and syncs it. After a failed fsync pages may be in the
 * page cache only, and clean: this makes them durable. A file that is not there is fine. */
bool disk_renew(const char *path);
/* What was made or renamed in the folder is durable. */
bool disk_sync_folder(const char *folder);
/* The folder a path is in. */
const char *disk_folder(struct arena *mem, str path);

#endif
