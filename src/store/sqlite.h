/* sqlite: the inside of the SQLite store, shared by its files and by nobody else.
 *
 * One connection writes (apply, lease, checkpoints: the committer's thread), a few only read (get
 * and list: any thread, each taking one that is free). After a disk error the store is dead: what
 * it was about to acknowledge is unknown, nothing is written or checkpointed any more, and `fatal`
 * ends the process, because only a fresh start with its truncating checkpoint can make good of it.
 */
#ifndef STORE_SQLITE_H
#define STORE_SQLITE_H

#include "store/sqlite_disk.h"
#include "store/sqlite_door.h"
#include "store/store.h"

#include <pthread.h>
#include <stdatomic.h>

enum { SQLITE_READERS = 4 };

struct sqlite_reader {
    struct sql *sql; /* null until it is needed */
    bool taken;
};

struct store_sqlite {
    struct store base;
    const char *path, *vfs;
    struct disk disk;
    void (*fatal)(str why);
    struct sql *writer;
    int checkpointed; /* frames of the log at the last checkpoint */
    atomic_bool full, dead;
    unsigned applies;     /* since the disk was looked at */
    pthread_mutex_t lock; /* of the readers */
    pthread_cond_t returned;
    struct sqlite_reader readers[SQLITE_READERS];
};

/* Of the writer. */
extern const char *const sqlite_texts[SQL_STATEMENTS];

/* The start-up gate; the writer stays in s in any case, for sqlite_close. */
err sqlite_gate(
    struct store_sqlite *s, struct arena *mem, const struct store_sqlite_options *options);
/* Is it a database of this program, of a schema it knows? */
err sqlite_gate_known(struct store_sqlite *s, struct arena *mem);
err sqlite_check_quick(struct sql *q, struct arena *mem);
/* Under the lock, before the database is opened: ends what a restore has begun. */
err sqlite_restore_finish(struct arena *mem, str path);
/* An answer of the writer as an err, with the library's words. */
err sqlite_err(struct arena *mem, const struct sql *q, enum sql_answer answer, const char *doing);

err sqlite_get(struct store *base, struct arena *mem, str part, str kind, str key, struct row *out);
err sqlite_list(struct store *base, struct arena *mem, const struct query *q, struct row_list *out);
/* A connection that only reads, closed by sql_close. */
err sqlite_reader_open(
    const struct store_sqlite *s, struct arena *mem, const char *path, struct sql **out);
void sqlite_readers_close(struct store_sqlite *s);

#endif
