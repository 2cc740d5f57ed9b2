/* fault_vfs: a VFS for SQLite whose n-th write, sync or truncate fails.
 *
 * It passes everything on to the usual one. Counting starts when a fault is set; one at a time, for
 * the whole process.
 */
#ifndef TEST_STORE_FAULT_VFS_H
#define TEST_STORE_FAULT_VFS_H

#include <stdbool.h>
#include <stddef.h>

#define FAULT_VFS "fault"

enum fault_kind {
    FAULT_NONE,
    FAULT_FULL,          /* no space, once */
    FAULT_FULL_RESERVED, /* no space as long as the file `reserve` is there */
    FAULT_FULL_FOREVER,
    FAULT_WRITE, /* disk error, once */
    FAULT_SYNC,  /* disk error at the n-th sync, once; writes do not count */
};

void fault_install(void);
void fault_set(enum fault_kind kind, size_t nth, const char *reserve);
/* Did it happen? */
bool fault_struck(void);

#endif
