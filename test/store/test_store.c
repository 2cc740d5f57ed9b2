#include "store/test_store.h"

#include "base/arena.h"
#include "check.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

/* One program for the room: the contract on every store, and what each promises beside it. */

/* In memory where that is to be had: thousands of stores are made, each with its fsyncs. Named
 * once: a child of a test has the same. */
const char *test_folder(void) {
    static char folder[64];
    const char *fast = access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm";

    if (!folder[0])
        snprintf(folder, sizeof folder, "%s/test_store.%d", fast, (int)getpid());
    return folder;
}

void test_clear(void) {
    DIR *folder = opendir(test_folder());
    struct dirent *entry;
    char path[512];

    while (folder && (entry = readdir(folder))) {
        snprintf(path, sizeof path, "%s/%s", test_folder(), entry->d_name);
        if (entry->d_name[0] != '.')
            unlink(path);
    }
    if (folder)
        closedir(folder);
}

str test_path(struct arena *mem) {
    test_clear();
    return JOIN(mem, str_of(test_folder()), S("/shop.db"));
}

void test_no_fatal(str why) {
    fprintf(stderr, "fatal: %.*s\n", (int)why.len, why.ptr);
    abort();
}

struct store *test_sqlite(struct arena *mem, str path) {
    const struct store_sqlite_options options = {.now = 1000, .reserve = 4096};
    struct store *s = NULL;
    err e = store_sqlite(mem, path, &options, test_no_fatal, &s);

    if (e.code != ERR_NONE)
        test_no_fatal(e.what);
    return s;
}

int main(int argc, char **argv) {
    static const struct check_test tests[] = {
        ROW(treap),
        ROW(contract),
        ROW(stores_agree),
        ROW(lawful),
        ROW(limits),
        ROW(long_list),
        ROW(sqlite_open),
        ROW(sqlite_lock),
        ROW(sqlite_leases),
        ROW(sqlite_gate),
        ROW(sqlite_full),
        ROW(sqlite_log),
        ROW(sqlite_copy),
        ROW(sqlite_copy_room),
        ROW(sqlite_journals),
        ROW(sqlite_check),
        ROW(sqlite_faults),
        ROW(sqlite_readers),
        ROW(committer_blocks),
        ROW(committer_submits),
        ROW(committer_leases),
        ROW(committer_groups),
        ROW(committer_early),
    };

    if (access(test_folder(), F_OK) && mkdir(test_folder(), 0700))
        test_no_fatal(S("cannot make a folder"));
    int rc = check_run(argc, argv, tests, COUNT(tests));
    test_clear();
    rmdir(test_folder());
    return rc;
}
