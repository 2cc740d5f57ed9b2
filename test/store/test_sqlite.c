#include "base/arena.h"
#include "check.h"
#include "store/fault_vfs.h"
#include "store/script.h"
#include "store/sqlite_door.h"
#include "store/test_store.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the SQLite store promises beside the contract. */

static err try_open(struct arena *mem, str path, instant now, struct store **out) {
    const struct store_sqlite_options options = {.now = now, .reserve = 4096};

    return store_sqlite(mem, path, &options, test_no_fatal, out);
}

/* Another program's hands on the file. */
static void tamper(str path, const char *text) {
    const struct sql_setting setting = {0};
    struct arena *mem = arena_new(1 << 20);
    struct sql *q;

    if (sql_open(str_cz(mem, path), &setting, &q) != SQL_DONE || sql_run(q, text) != SQL_DONE)
        test_no_fatal(str_of(sql_why(q)));
    sql_close(q);
    arena_free(mem);
}

static void write_file(str path, off_t at, const char *text, size_t size) {
    struct arena *mem = arena_new(1 << 20);
    int file = open(str_cz(mem, path), O_RDWR | O_CREAT, 0600);

    if (file < 0 || pwrite(file, text, size, at) != (ssize_t)size || close(file))
        test_no_fatal(S("cannot write a file"));
    arena_free(mem);
}

static int64_t file_size(struct arena *mem, str path) {
    struct stat st;

    return stat(str_cz(mem, path), &st) ? -1 : (int64_t)st.st_size;
}

void test_sqlite_open(void) {
    struct arena *mem = arena_new(16 << 20);
    str path = test_path(mem);
    struct store *s = test_sqlite(mem, path);
    struct stat st;

    script_check(mem, s, "first life", S("apply a.o.=new:x@9|b.o.=new:y -> ok ok"));
    CHECK("only the owner reads it", !stat(str_cz(mem, path), &st) && (st.st_mode & 077) == 0);
    CHECK("there is a reserve", file_size(mem, JOIN(mem, path, S(".reserve"))) == 4096);
    CHECK("the disk is not full", !store_sqlite_full(s));
    s->kind->close(s);
    s = test_sqlite(mem, path);
    script_check(mem, s, "second life", S("get a.o. -> a.o.=1:x@9\napply b.o.=1:z -> ok"));
    s->kind->close(s);
    arena_free(mem);
}

/* What is refused at open: prepared by SQL on an empty file, or by bytes in it. */
void test_sqlite_gate(void) {
    static const struct {
        const char *name, *sql, *bytes;
        enum err_code code;
        const char *says;
    } rows[] = {
        {"a newer schema",
            "PRAGMA application_id=1198681971;CREATE TABLE x(y);PRAGMA user_version=99", NULL,
            ERR_SETUP, "newer grosz (schema 99"},
        {"another program's database", "CREATE TABLE x(y)", NULL, ERR_SETUP, "another program"},
        {"not a database", NULL, "this is a text file, and not a short one, that nobody can open",
            ERR_CORRUPT, "not a database"},
        {"an empty file", NULL, "", ERR_NONE, ""},
    };
    struct arena *mem = arena_new(16 << 20);
    struct store *s = NULL;

    for (size_t i = 0; i < COUNT(rows); i++) {
        str path = test_path(mem);
        if (rows[i].sql)
            tamper(path, rows[i].sql);
        else
            write_file(path, 0, rows[i].bytes, strlen(rows[i].bytes));
        err e = try_open(mem, path, 1, &s);
        CHECK_INT(rows[i].name, e.code, rows[i].code);
        CHECK(rows[i].name, str_find(e.what, str_of(rows[i].says)) < e.what.len || !e.what.len);
        if (e.code == ERR_NONE)
            s->kind->close(s);
    }
    err e = try_open(mem, S("/nowhere/at/all/shop.db"), 1, &s);
    CHECK_INT("no such folder", e.code, ERR_SETUP);
    arena_free(mem);
}

/* A reader of another program keeps the start-up checkpoint from emptying the log. */
static void gate_with_reader(struct arena *mem) {
    const struct sql_setting setting = {0};
    str path = test_path(mem), at = S("");
    struct store *s = test_sqlite(mem, path);
    struct sql *reader;

    s->kind->close(s);
    CHECK("reader", sql_open(str_cz(mem, path), &setting, &reader) == SQL_DONE);
    CHECK("reader", sql_run(reader, "BEGIN") == SQL_DONE);
    CHECK("reader", sql_ask(reader, mem, "SELECT at FROM boot", S(""), &at) == SQL_DONE);
    /* While it reads, the log is not emptied when the writer closes: as after a kill. */
    tamper(path, "UPDATE boot SET at = 5");
    err e = try_open(mem, path, 7, &s);
    CHECK_INT("read by another", e.code, ERR_BUSY);
    CHECK("read by another", str_find(e.what, S("another program")) < e.what.len);
    sql_close(reader);
    e = try_open(mem, path, 7, &s);
    CHECK_INT("read no more", e.code, ERR_NONE);
    if (e.code == ERR_NONE)
        s->kind->close(s);
}

void test_sqlite_lock(void) {
    struct arena *mem = arena_new(16 << 20);
    str path = test_path(mem);
    struct store *s = test_sqlite(mem, path), *other = NULL;
    err e = try_open(mem, path, 1, &other);
    int pipes[2], status;
    char byte;

    CHECK_INT("held", e.code, ERR_BUSY);
    CHECK("names the holder",
        str_find(e.what, JOIN(mem, S("process "), str_int(mem, getpid()))) < e.what.len);
    s->kind->close(s);
    /* The lock goes with its process, whatever ends it. */
    if (pipe(pipes))
        abort();
    pid_t child = fork();
    if (child == 0) {
        test_sqlite(mem, path);
        if (write(pipes[1], "x", 1) == 1)
            pause();
        _exit(1);
    }
    CHECK("child has it", read(pipes[0], &byte, 1) == 1);
    CHECK_INT("held by a child", try_open(mem, path, 1, &other).code, ERR_BUSY);
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    e = try_open(mem, path, 1, &other);
    CHECK_INT("free after a kill", e.code, ERR_NONE);
    if (e.code == ERR_NONE)
        other->kind->close(other);
    close(pipes[0]);
    close(pipes[1]);
    gate_with_reader(mem);
    arena_free(mem);
}

void test_sqlite_leases(void) {
    struct arena *mem = arena_new(16 << 20);
    str path = test_path(mem);
    struct store *s = test_sqlite(mem, path);

    script_check(mem, s, "first life",
        S("apply a.o.=new:x@5|b.o.=new:y@6|c.o.=new:z@70|d.o.=new:w@4|e.o.=new:v@4\nlease 9 50 9\n"
          "apply d.o.=2:done@60|e.o.=2:going@50 -> ok ok\n"
          "apply f.o.=new:p@@55|g.o.=new:q@8 -> ok ok\napply g.o.=1:q@@56|h.o.=any:r@@57 -> ok ok\n"
          "apply h.o.=1:r@58 -> ok"));
    s->kind->close(s);
    if (try_open(mem, path, 20, &s).code != ERR_NONE)
        abort();
    script_check(mem, s, "leases of the former life are ended, nothing else is",
        S("due - 99 9 -> a.o.=3:x@20 b.o.=3:y@20 e.o.=4:going@20 f.o.=2:p@20 g.o.=3:q@20"
          " h.o.=2:r@58 d.o.=3:done@60 c.o.=1:z@70\n"
          "apply f.o.!2|g.o.!3|h.o.!2\n"
          "apply a.o.=2:late -> conflict\napply e.o.=4:ended\n"
          "lease 20 90 9 -> a.o.=4:x@90 b.o.=4:y@90"));
    s->kind->close(s);
    if (try_open(mem, path, 30, &s).code != ERR_NONE)
        abort();
    script_check(mem, s, "and again", S("due - 30 9 -> a.o.=5:x@30 b.o.=5:y@30"));
    s->kind->close(s);
    arena_free(mem);
}

/* A reserve that no disk has room for is a disk that is too full from the start. */
void test_sqlite_full(void) {
    struct arena *mem = arena_new(16 << 20);
    str path = test_path(mem);
    str reserve = JOIN(mem, path, S(".reserve"));
    struct store_sqlite_options options = {.now = 1, .reserve = (size_t)1 << 60};
    struct store *s = NULL;

    CHECK("opens", store_sqlite(mem, path, &options, test_no_fatal, &s).code == ERR_NONE);
    CHECK("is full", store_sqlite_full(s));
    script_check(mem, s, "new orders are refused, notes are kept",
        S("apply a.o.=new:x|a.n.=new:y@5~|b.o.=new:z -> full ok full\n"
          "get a.o. -> absent\nget a.n. -> a.n.=1:y@5\nlease 9 20 9 -> a.n.=2:y@20"));
    s->kind->close(s);

    options = (struct store_sqlite_options){.now = 1, .reserve = 4096, .vfs = FAULT_VFS};
    fault_install();
    fault_set(FAULT_NONE, 0, NULL);
    CHECK("opens", store_sqlite(mem, path, &options, test_no_fatal, &s).code == ERR_NONE);
    CHECK("is not full", !store_sqlite_full(s));
    fault_set(FAULT_FULL_FOREVER, 1, NULL);
    script_check(mem, s, "nothing fits", S("apply a.o.=new:x|b.n.=new:y~ -> full full"));
    CHECK("is full now", store_sqlite_full(s) && file_size(mem, reserve) == -1);
    script_check(mem, s, "nor does a lease", S("lease 30 40 9 -> lease: database or disk is full"));
    fault_set(FAULT_NONE, 0, NULL);
    script_check(mem, s, "there is room again", S("apply a.o.=new:x|b.n.=new:y~ -> ok ok"));
    CHECK("is not full", !store_sqlite_full(s) && file_size(mem, reserve) == 4096);
    s->kind->close(s);
    arena_free(mem);
}

/* The log is copied into the database while it runs, and does not grow for ever. */
void test_sqlite_log(void) {
    struct arena *mem = arena_new(16 << 20);
    str path = test_path(mem);
    struct store *s = test_sqlite(mem, path);
    char bytes[8000];

    memset(bytes, 'x', sizeof bytes);
    for (size_t i = 0; i < 2000; i++) {
        const struct put put = {.part = S("a"),
            .kind = S("o"),
            .key = str_int(mem, (int64_t)i),
            .bytes = {bytes, sizeof bytes}};
        struct change c = {.puts = &put, .count = 1};
        s->kind->apply(s, &c, 1);
    }
    CHECK("much was written", file_size(mem, path) > 2000 * 7000);
    CHECK("the log is short", file_size(mem, JOIN(mem, path, S("-wal"))) < 6 << 20);
    s->kind->close(s);
    CHECK_INT("the log is gone", file_size(mem, JOIN(mem, path, S("-wal"))), -1);
    arena_free(mem);
}

void test_sqlite_copy(void) {
    struct arena *mem = arena_new(16 << 20);
    str path = test_path(mem), copy = JOIN(mem, path, S(".copy"));
    struct store *s = test_sqlite(mem, path), *other;

    script_check(mem, s, "kept", S("apply a.o.=new:x@9|b.o.=new:y -> ok ok"));
    CHECK_INT("copied", store_sqlite_copy(s, mem, copy).code, ERR_NONE);
    script_check(mem, s, "goes on", S("apply c.o.=new:z -> ok"));
    CHECK_INT("not over a file", store_sqlite_copy(s, mem, copy).code, ERR_CONFLICT);
    CHECK_INT("nothing left behind", file_size(mem, JOIN(mem, copy, S(".part"))), -1);
    CHECK_INT("no such folder", store_sqlite_copy(s, mem, S("/nowhere/x")).code, ERR_SETUP);
    other = test_sqlite(mem, copy);
    script_check(mem, other, "the copy",
        S("list o - - - up 9 -> a.o.=1:x@9 b.o.=1:y\napply a.o.=1:w -> ok"));
    other->kind->close(other);
    s->kind->close(s);
    arena_free(mem);
}

/* What a killed backup or restore left beside its half made file is not played into the next. */
void test_sqlite_journals(void) {
    struct arena *mem = arena_new(16 << 20);
    str path = test_path(mem), copy = JOIN(mem, path, S(".copy"));
    str left[] = {JOIN(mem, copy, S(".part-journal")), JOIN(mem, path, S(".restore.part-journal"))};

    for (size_t i = 0; i < COUNT(left); i++)
        write_file(left[i], 0, "x", 1);
    struct store *s = test_sqlite(mem, path);
    CHECK_INT("copied", store_sqlite_copy(s, mem, copy).code, ERR_NONE);
    for (size_t i = 0; i < COUNT(left); i++)
        CHECK_INT("the journal is gone", file_size(mem, left[i]), -1);
    s->kind->close(s);
    arena_free(mem);
}

/* The reserve stands for what the shop needs: one that no disk has leaves no room for a copy. */
void test_sqlite_copy_room(void) {
    struct arena *mem = arena_new(16 << 20);
    str path = test_path(mem), copy = JOIN(mem, path, S(".copy"));
    const struct store_sqlite_options options = {.now = 1, .reserve = (size_t)1 << 60};
    struct store *s = NULL;

    CHECK_INT("opened", store_sqlite(mem, path, &options, test_no_fatal, &s).code, ERR_NONE);
    CHECK_INT("no room", store_sqlite_copy(s, mem, copy).code, ERR_FULL);
    CHECK_INT("nothing made", file_size(mem, copy), -1);
    CHECK_INT("nothing half made", file_size(mem, JOIN(mem, copy, S(".part"))), -1);
    s->kind->close(s);
    arena_free(mem);
}

void test_sqlite_check(void) {
    struct arena *mem = arena_new(64 << 20);
    str path = test_path(mem);
    struct store *s = test_sqlite(mem, path);
    char garbage[512];

    memset(garbage, 0xa5, sizeof garbage);
    for (size_t i = 0; i < 40; i++)
        script_step(mem, s, JOIN(mem, S("apply p"), str_int(mem, (int64_t)i), S(".o.=new:x")));
    CHECK_INT("whole", store_sqlite_check(s, mem).code, ERR_NONE);
    s->kind->close(s);
    /* The second page is the table of rows. */
    write_file(path, 8192, garbage, sizeof garbage);
    if (try_open(mem, path, 1, &s).code != ERR_NONE) {
        CHECK("opens", false);
        return;
    }
    CHECK_INT("damaged", store_sqlite_check(s, mem).code, ERR_CORRUPT);
    s->kind->close(s);
    arena_free(mem);
}

/* ---- more readers than connections, while one writes ---- */

struct reading {
    struct store *store;
    atomic_bool stop;
    atomic_int reads, wrong;
};

static void *read_on(void *owner) {
    struct reading *r = owner;
    struct arena *mem = arena_new(4 << 20);

    while (!atomic_load(&r->stop)) {
        /* Both rows are of one change: never apart. */
        str both = script_step(mem, r->store, S("list o a b - up 9"));
        str one = str_part(both, 0, str_find_byte(both, ' '));
        str other = str_from(both, one.len + 1);
        size_t from = str_find_byte(one, '='), other_from = str_find_byte(other, '=');
        if (!str_is(str_from(one, from), str_from(other, other_from)))
            atomic_fetch_add(&r->wrong, 1);
        atomic_fetch_add(&r->reads, 1);
        arena_reset(mem);
    }
    arena_free(mem);
    return NULL;
}

void test_sqlite_readers(void) {
    struct arena *mem = arena_new(16 << 20), *scratch = arena_new(16 << 20);
    struct reading r = {.store = test_sqlite(mem, test_path(mem))};
    pthread_t threads[6];

    script_step(mem, r.store, S("apply a.o.1=new:x&a.o.2=new:x"));
    for (size_t i = 0; i < COUNT(threads); i++)
        if (pthread_create(&threads[i], NULL, read_on, &r))
            abort();
    for (int64_t i = 1; i <= 300; i++) {
        str version = str_int(scratch, i);
        script_step(scratch, r.store,
            JOIN(scratch, S("apply a.o.1="), version, S(":"), version, S("&a.o.2="), version,
                S(":"), version));
        arena_reset(scratch);
    }
    while (atomic_load(&r.reads) < 1000)
        usleep(1000);
    atomic_store(&r.stop, true);
    for (size_t i = 0; i < COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    CHECK_INT("both or none", atomic_load(&r.wrong), 0);
    script_check(mem, r.store, "written", S("get a.o.1 -> a.o.1=301:300"));
    r.store->kind->close(r.store);
    arena_free(scratch);
    arena_free(mem);
}
