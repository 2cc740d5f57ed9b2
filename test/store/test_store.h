/* test_store: what the parts of the store's test program share. */
#ifndef TEST_STORE_TEST_STORE_H
#define TEST_STORE_TEST_STORE_H

#include "store/committer.h"

/* A folder for this run, removed at its end. */
const char *test_folder(void);
/* A path in it that no other call got. */
str test_path(struct arena *mem);
/* Opens a SQLite store that must open; fatal aborts the test program. */
struct store *test_sqlite(struct arena *mem, str path);
void test_no_fatal(str why);
/* Empties the folder. */
void test_clear(void);

void test_treap(void);
void test_contract(void);
void test_stores_agree(void);
void test_lawful(void);
void test_limits(void);
void test_long_list(void);
void test_sqlite_open(void);
void test_sqlite_lock(void);
void test_sqlite_leases(void);
void test_sqlite_gate(void);
void test_sqlite_full(void);
void test_sqlite_log(void);
void test_sqlite_copy(void);
void test_sqlite_copy_room(void);
void test_sqlite_journals(void);
void test_sqlite_check(void);
void test_sqlite_faults(void);
void test_sqlite_readers(void);
void test_committer_blocks(void);
void test_committer_submits(void);
void test_committer_leases(void);
void test_committer_groups(void);
void test_committer_early(void);

#endif
