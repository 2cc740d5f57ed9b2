/* vfs_file: the inside of vfs: files and their names, for vfs.c (SQLite) and vfs_call.c (the
 * store's own calls). */
#ifndef TEST_SIM_VFS_FILE_H
#define TEST_SIM_VFS_FILE_H

#include "sim/vfs.h"

enum { VFS_REGIONS = 64 };

struct pending { /* a write or a truncate */
    int64_t at;
    int64_t size;
    bool cuts;
    char *bytes; /* null: they still stand in the file */
    struct pending *next;
};

struct content {
    char *bytes;
    int64_t size, room;
};

struct sim_file;

/* One file: as programs see it, and what is durable of it. */
struct image {
    uint64_t number; /* 0: none */
    struct content now, durable;
    struct pending *first, **last;
    bool rotten; /* a sync failed: there are pages that are clean and not durable */
    struct sim_file *open;
    int held;                   /* descriptors of the store's own */
    char *regions[VFS_REGIONS]; /* of the shared memory that goes with a database */
    int mapped;
};

/* What the dice say now: 0, or why it fails. */
/* Whose calls are ours (vfs_call.c). */
void vfs_folder(const char *folder);
void vfs_hook(const struct vfs_hooks *hooks);
enum vfs_fault vfs_fault(bool sync);

struct image *image_find(const char *name);
/* A new file with that name. */
struct image *image_make(const char *name);
void image_write(struct image *i, int64_t at, const void *from, int64_t size);
void image_cut(struct image *i, int64_t size);
/* Up to `size` bytes; how many there were. */
int64_t image_read(const struct image *i, int64_t at, void *to, int64_t size);
void image_sync(struct image *i);
void image_sync_fails(struct image *i);
void regions_drop(struct image *i);

/* What was asked of the folder since it was last synced happens in this order, or not at all. */
bool name_link(const char *from, const char *to); /* false: `to` is there, or `from` is not */
bool name_drop(const char *name);                 /* false: it is not there */
bool name_move(const char *from, const char *to);
void names_sync(void);

#endif
