/* store: where rows are kept, with what exactly one SQL transaction and one Azure partition can
 * both do.
 *
 * A row has a part (an order's id, "shop", …), a kind and a key; (kind, part, key) is unique. Its
 * version starts at 1 and grows by 1 with every put. A row with a due time is a job: `lease` finds
 * it. A change is a list of puts in ONE part and is applied whole or not at all; apply takes many
 * changes at once (group commit) and says for each what became of it. A failed commit is
 * KEPT_UNKNOWN, never "surely not applied". The store does not know what a row means.
 *
 * Threads: get and list may be called from any thread; apply and lease go through the committer,
 * which alone calls them. Leases are held by the row: version + 1, due = until;
 * a put that leaves that due time as it is goes on holding the lease, and one may take it.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/err.h"
#include "base/time.h"

enum kept {
    KEPT_UNKNOWN,  /* may or may not be there: read again */
    KEPT_OK,       /* durable */
    KEPT_KNOWN,    /* a put with version PUT_NEW found the row: nothing of this change is applied */
    KEPT_CONFLICT, /* a version did not fit: nothing of this change is applied */
    KEPT_FULL,     /* the disk is full: nothing of this change is applied */
};

#define PUT_NEW ((int64_t)0)  /* the row must not exist */
#define PUT_ANY ((int64_t)-1) /* whatever is there is replaced */

struct put {
    str part, kind, key;
    int64_t version; /* that the row must have, PUT_NEW or PUT_ANY */
    str bytes;       /* at most LIMIT_ROW */
    instant due;     /* 0: not a job */
    bool drop;       /* remove the row; dropping what is not there is no mistake with PUT_ANY */
    bool lease;      /* takes the lease of the job, until `due` */
};

struct change {
    const struct put *puts;
    size_t count;   /* 1 … LIMIT_CHANGE_PUTS, all with the same part, each (kind, key) once */
    bool reserve;   /* may use the reserve of a full disk: notes and outcomes, not new orders */
    enum kept kept; /* out */
};

/* Does it keep to all of the above, with names (part, kind, key) of at most LIMIT_KEY bytes without
 * control characters? A store aborts on one that does not: ask where a stranger's word is in it. */
bool change_is_lawful(const struct change *c);

struct row {
    str part, kind, key;
    int64_t version;
    str bytes;
    instant due;
};
/* All of it in mem. */
struct row row_copy(struct arena *mem, const struct row *row);

struct row_list {
    const struct row *rows;
    size_t count;
    bool more; /* the limit, or LIMIT_LIST bytes, cut it: go on behind the last row */
};

struct query {
    str kind;
    str part_from, part_to;    /* [from, to) in byte order; "" for to: no end */
    str after_part, after_key; /* go on behind this row; "" and "": from the start. With newest
                                  first this means: before it */
    bool newest_first;
    bool due_only; /* rows with due in (0, due_max], by due and then part; the rest is ignored but
                      kind ("" takes all kinds) and limit */
    instant due_max;
    size_t limit; /* 1 … 1000 */
};

struct store; /* begins with its kind */

struct store_kind {
    const char *name;
    /* Rows come back in mem. ERR_ABSENT, ERR_BUSY, ERR_CORRUPT. */
    err (*get)(struct store *s, struct arena *mem, str part, str kind, str key, struct row *out);
    err (*list)(struct store *s, struct arena *mem, const struct query *q, struct row_list *out);
    void (*apply)(struct store *s, struct change *changes, size_t count);
    /* Up to limit rows with 0 < due <= now, oldest due first, each now due at `until` with a
     * version one higher; what comes back is the row as it is now. */
    err (*lease)(struct store *s, struct arena *mem, instant now, instant until, size_t limit,
        struct row_list *out);
    void (*close)(struct store *s);
};

struct store {
    const struct store_kind *kind;
};

/* In memory, for tests and the simulator: forgotten at close. Not locked: one thread. */
struct store *store_memory(void);

struct store_sqlite_options {
    bool sync_normal;     /* only for the test that must fail: synchronous=NORMAL */
    bool skip_checkpoint; /* only for the test that must fail: the log is taken as found at start */
    const char *vfs;      /* the simulator's, or null */
    instant now;          /* for the boot row; leases of a former life are ended at open */
    size_t reserve;       /* bytes of the reserve file; 0 means 1 MiB */
};
/* Opens or makes the file, holding its lock for life. ERR_BUSY (75): another process has it, named
 * by its pid; ERR_SETUP: newer schema, not WAL, no place; ERR_CORRUPT. The start-up gate of design
 * 5 has passed when this returns. A failed fsync later ends the process (exit 75) through `fatal`.
 */
MUST err store_sqlite(struct arena *mem, str path, const struct store_sqlite_options *options,
    void (*fatal)(str why), struct store **out);
/* One word about the disk: is the store refusing new orders because the disk is full? */
bool store_sqlite_full(struct store *s);
/* PRAGMA quick_check, slow; ERR_CORRUPT says what it found. */
MUST err store_sqlite_check(struct store *s, struct arena *mem);
/* Whether a file begins as every SQLite database does, or is empty, as mktemp makes it. Not for one
 * that is open here: closing it drops SQLite's locks. */
bool store_sqlite_is(struct arena *mem, str path);
/* A whole copy while running, in one file: made beside (<path>.part), opened again and verified,
 * synced, renamed. ERR_CONFLICT: a file is there that is not to be replaced, is no database, or is
 * ours; ERR_SETUP: no such folder; ERR_FULL. A killed process leaves only the .part. */
struct store_backup {
    instant now;       /* 0: the copy is not labelled */
    str print, secret; /* of the shop secret; the secret itself only when it shall be in it */
    bool replace;      /* a file that is there */
    int64_t orders, bytes; /* out */
};
MUST err store_sqlite_backup(struct store *s, struct arena *mem, str path, struct store_backup *b);
/* The backup in `file` takes the place of the database, which nobody may have open (ERR_BUSY), and
 * which is kept beside it as <path>.before-<n>. Foreign, newer and broken files are refused. Killed
 * at any point, either nothing has happened or the next one to open it finishes. A row says that it
 * was restored: part "shop", kind "restored", as store_restored says. */
struct store_restore {
    instant now;
    /* Asked when the file is known to be good; an error ends it with nothing changed. */
    err (*agree)(const struct store_restore *r);
    instant made_at; /* out, with the rest; without a label: the last start of what was copied */
    int64_t orders;
    str print, secret;
};
/* {at, made_at}. `at` is now, or when the newest order in the backup was placed, live or test, if a
 * clock was ahead: every order up to then may have been in it. It names the restore, so it is not
 * that of one `before`, whose row is in the backup (0: none). */
str store_restored(struct arena *mem, instant now, instant made_at, instant before, str newest_live,
    str newest_test);
MUST err store_sqlite_restore(struct arena *mem, str path, str file, struct store_restore *r);
/* The same as store_sqlite_backup, without a label. */
MUST err store_sqlite_copy(struct store *s, struct arena *mem, str path);

#endif
