/* sqlite_door: the one door to SQLite.
 *
 * A connection with a table of statements, each prepared when it is first used. Bound texts and
 * bytes are borrowed until the step is over; columns are valid until the next step or reset of that
 * statement. A step that gives no row resets its statement. Every result code of the library
 * becomes one of five answers here, so that what to do about it is decided once.
 */
#ifndef STORE_SQLITE_DOOR_H
#define STORE_SQLITE_DOOR_H

#include "base/err.h"

struct sql;

enum sql_answer {
    SQL_DONE,
    SQL_ROW,
    SQL_BUSY,   /* someone else holds what is needed */
    SQL_FULL,   /* no space left: the transaction is undone */
    SQL_ODD,    /* this statement failed, the connection is fine */
    SQL_BROKEN, /* disk error, corruption, no memory: nothing may be acknowledged any more */
};

enum { SQL_STATEMENTS = 16 };

struct sql_setting {
    const char *vfs;          /* null: the usual one */
    const char *const *texts; /* of the statements, SQL_STATEMENTS at most */
    bool reader;              /* may not write, make or checkpoint */
};

enum sql_answer sql_open(const char *path, const struct sql_setting *setting, struct sql **out);
/* Does not checkpoint when it broke: what the disk holds is for the next start to find out. */
void sql_close(struct sql *q);
/* It broke on a file that could not be read, written or made; what it holds may be whole. */
bool sql_refused(const struct sql *q);
/* In words, for the owner. */
const char *sql_why(const struct sql *q);
/* Statements without parameters and results, ; between them. */
enum sql_answer sql_run(struct sql *q, const char *text);
/* The first column of the first row of a statement; one text may be bound. SQL_DONE: out is set, ""
 * when there is no row. */
enum sql_answer sql_ask(struct sql *q, struct arena *mem, const char *text, str bound, str *out);

void sql_text(struct sql *q, size_t which, int at, str text);
/* A value above every text. */
void sql_top(struct sql *q, size_t which, int at);
void sql_bytes(struct sql *q, size_t which, int at, str bytes);
void sql_int(struct sql *q, size_t which, int at, int64_t number);
enum sql_answer sql_step(struct sql *q, size_t which);
void sql_reset(struct sql *q, size_t which);
/* Rows that the last INSERT, UPDATE or DELETE changed. */
int64_t sql_changes(const struct sql *q);
str sql_column(struct sql *q, size_t which, int at);
int64_t sql_column_int(struct sql *q, size_t which, int at);

/* Undoes the transaction if there still is one. */
void sql_undo(struct sql *q);
/* Frames in the write-ahead log after the last commit. */
int sql_frames(const struct sql *q);
/* truncate: waits for readers (busy time-out) and empties the log; else copies what it can. */
enum sql_answer sql_checkpoint(struct sql *q, bool truncate);

#endif
