#include "house.h"
#include "io/files.h"
#include "io/log.h"
#include "io/world.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MEMORY = 16 << 20 };

static void make_link(struct arena *mem, str dir, const char *to, const char *name) {
    const char *path = str_cz(mem, JOIN(mem, dir, S("/"), str_of(name)));
    CHECK(name, !symlink(to, path));
}

static str make_shop(struct arena *mem) {
    str above = fresh_dir(mem), dir = JOIN(mem, above, S("/shop"));
    CHECK("made", files_make_dir(above, S("shop/pages"), 0755).code == ERR_NONE);
    CHECK("made", files_write(above, S("secret"), S("s"), 0600).code == ERR_NONE);
    CHECK("made", files_write(dir, S("shop.yml"), S("name: x\n"), 0644).code == ERR_NONE);
    CHECK("made", files_write(dir, S("empty"), S(""), 0644).code == ERR_NONE);
    make_link(mem, dir, "../secret", "out");
    make_link(mem, dir, "/etc/passwd", "far");
    make_link(mem, dir, "..", "up");
    make_link(mem, dir, "shop.yml", "inside");
    make_link(mem, dir, "loop", "loop");
    CHECK("a fifo", !mkfifo(str_cz(mem, JOIN(mem, dir, S("/fifo"))), 0600));
    return dir;
}

TEST(reading) {
    static const struct {
        const char *path;
        enum err_code code;
        const char *text;
        bool is, is_dir, path_too;
    } rows[] = {
        {"shop.yml", ERR_NONE, "name: x\n", true, false, true},
        {"./shop.yml", ERR_NONE, "name: x\n", true, false, true},
        {"pages/../shop.yml", ERR_NONE, "name: x\n", true, false, true},
        {"empty", ERR_NONE, "", true, false, true},
        {"inside", ERR_NONE, "name: x\n", true, false, true},
        {"nothing", ERR_ABSENT, 0, false, false, true},
        {"pages/none/x", ERR_ABSENT, 0, false, false, false},
        {"shop.yml/x", ERR_ABSENT, 0, false, false, false},
        {"pages", ERR_INVALID, 0, false, true, true},
        {"fifo", ERR_INVALID, 0, false, false, true},
        {"out", ERR_INVALID, 0, false, false, false},
        {"far", ERR_INVALID, 0, false, false, false},
        {"up/secret", ERR_INVALID, 0, false, false, false},
        {"../secret", ERR_INVALID, 0, false, false, false},
        {"/etc/passwd", ERR_INVALID, 0, false, false, false},
        {"loop", ERR_INVALID, 0, false, false, false},
    };
    struct arena *mem = arena_new(MEMORY);
    str dir = make_shop(mem);
    for (size_t i = 0; i < COUNT(rows); i++) {
        str path = str_of(rows[i].path), text = S("untouched"), whole;
        err e = files_read(mem, dir, path, 100, &text);
        CHECK_INT(rows[i].path, e.code, rows[i].code);
        CHECK_STR(rows[i].path, text, rows[i].text ? str_of(rows[i].text) : S("untouched"));
        CHECK(rows[i].path, files_is(dir, path) == rows[i].is);
        CHECK(rows[i].path, files_is_dir(dir, path) == rows[i].is_dir);
        e = files_path(mem, dir, path, &whole);
        CHECK(rows[i].path, (e.code == ERR_NONE) == rows[i].path_too);
    }
    str text;
    CHECK_INT("too big", files_read(mem, dir, S("shop.yml"), 7, &text).code, ERR_TOO_BIG);
    CHECK_INT("a NUL", files_read(mem, dir, (str){"a\0b", 3}, 7, &text).code, ERR_INVALID);
    CHECK("free", files_free(dir) > 0);
    CHECK_INT("free of nothing", files_free(S("/no/such")), -1);
    arena_free(mem);
}

TEST(writing) {
    static const struct {
        const char *path;
        enum err_code code;
    } rows[] = {
        {"a", ERR_NONE},
        {"a", ERR_NONE},
        {"new/deep/er/a", ERR_NONE},
        {"inside", ERR_NONE},
        {"pages", ERR_INVALID},
        {"a/b", ERR_ABSENT},
        {"up/a", ERR_INVALID},
        {"../a", ERR_INVALID},
        {"x/../../a", ERR_INVALID},
        {"/tmp/a", ERR_INVALID},
        {"", ERR_INVALID},
        {"pages/", ERR_INVALID},
    };
    struct arena *mem = arena_new(MEMORY);
    str dir = make_shop(mem);
    for (size_t i = 0; i < COUNT(rows); i++) {
        str path = str_of(rows[i].path), text;
        struct stat is = {0};
        CHECK_INT(rows[i].path, files_write(dir, path, path, 0640).code, rows[i].code);
        if (rows[i].code != ERR_NONE)
            continue;
        CHECK(rows[i].path, files_read(mem, dir, path, 100, &text).code == ERR_NONE);
        CHECK_STR(rows[i].path, text, path);
        CHECK(rows[i].path, !lstat(str_cz(mem, JOIN(mem, dir, S("/"), path)), &is));
        CHECK_INT(rows[i].path, is.st_mode, S_IFREG | 0640);
    }
    const str *names;
    size_t count = 0;
    CHECK("list", files_list(mem, dir, S("."), &names, &count).code == ERR_NONE);
    static const char *const wanted[] = {
        "a", "empty", "far", "fifo", "inside", "loop", "new", "out", "pages", "shop.yml", "up"};
    /* Nothing half-written is left. */
    CHECK_INT("list", count, COUNT(wanted));
    for (size_t i = 0; i < count && i < COUNT(wanted); i++)
        CHECK_STR("sorted", names[i], str_of(wanted[i]));
    CHECK_INT("no list", files_list(mem, dir, S("no"), &names, &count).code, ERR_ABSENT);
    CHECK_INT("list out", files_list(mem, dir, S("up"), &names, &count).code, ERR_INVALID);
    str fresh = JOIN(mem, dir, S("/sub/fresh"));
    CHECK_INT("the folder itself", files_make_dir(fresh, S(""), 0700).code, ERR_NONE);
    CHECK("the folder itself", files_is_dir(dir, S("sub/fresh")));
    arena_free(mem);
}

/* The limit on a file's size stands in for a full disk. */
TEST(full_disk) {
    struct arena *mem = arena_new(MEMORY);
    str dir = make_shop(mem), text = {0};
    struct rlimit was, tight;
    CHECK("limit", !getrlimit(RLIMIT_FSIZE, &was));
    tight = was;
    tight.rlim_cur = 5;
    (void)signal(SIGXFSZ, SIG_IGN);
    CHECK("limit", !setrlimit(RLIMIT_FSIZE, &tight));
    err e = files_write(dir, S("shop.yml"), S("a longer text"), 0644);
    CHECK("limit", !setrlimit(RLIMIT_FSIZE, &was));
    CHECK_INT("full", e.code, ERR_FULL);
    CHECK("the old one stays", files_read(mem, dir, S("shop.yml"), 100, &text).code == ERR_NONE);
    CHECK_STR("the old one stays", text, S("name: x\n"));
    const str *names;
    size_t count = 0;
    CHECK("list", files_list(mem, dir, S("."), &names, &count).code == ERR_NONE);
    CHECK("nothing is left beside it", count && !str_starts(names[0], S(".")));
    arena_free(mem);
}

TEST(secrets) {
    static const struct {
        const char *row, *name, *file, *variable, *value;
    } rows[] = {
        {"nowhere", "AN_1", 0, 0, 0},
        {"the environment", "AN_1", 0, "env", "env"},
        {"a credential", "AN_1", "file\n", "env", "file"},
        {"one newline only", "AN_1", "file\n\n", 0, "file\n"},
        {"an empty variable", "AN_1", 0, "", 0},
        {"an empty credential", "AN_1", "\n", "env", 0},
        {"a path", "../AN_1", 0, 0, 0},
        {"small letters", "an_1", 0, "env", 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena *mem = arena_new(MEMORY);
        str dir = fresh_dir(mem), got = {0};
        (void)setenv("CREDENTIALS_DIRECTORY", str_cz(mem, dir), 1);
        (void)unsetenv(rows[i].name);
        if (rows[i].variable)
            (void)setenv(rows[i].name, rows[i].variable, 1);
        if (rows[i].file)
            CHECK(
                rows[i].row, files_write(dir, str_of(rows[i].name), str_of(rows[i].file), 0600).code
                                 == ERR_NONE);
        err e = world_secret(mem, str_of(rows[i].name), &got);
        CHECK_INT(rows[i].row, e.code, rows[i].value ? ERR_NONE : ERR_ABSENT);
        CHECK_STR(rows[i].row, got, rows[i].value ? str_of(rows[i].value) : S(""));
        arena_free(mem);
    }
    (void)unsetenv("CREDENTIALS_DIRECTORY");
}

TEST(world) {
    int fd = -1;
    uint64_t one = dice_throw(), two = dice_throw();
    CHECK("dice", one != two);
    int64_t steady = clock_steady();
    instant now = clock_now();
    CHECK("a clock of our time", now > INT64_C(1700000000000) && now < INT64_C(4000000000000));
    usleep(5000);
    CHECK("steady", clock_steady() - steady >= 5 && clock_steady() - steady < 1000);
    CHECK("signals", signal_open(&fd).code == ERR_NONE);
    CHECK_INT("none waits", signal_read(fd), 0);
    CHECK("sent", !raise(SIGTERM));
    CHECK_INT("came", signal_read(fd), SIGTERM);
    CHECK_INT("once", signal_read(fd), 0);
    close(fd);
}

/* What goes to stderr while it is a file. */
TEST(log_lines) {
    struct arena *mem = arena_new(MEMORY);
    str dir = fresh_dir(mem), text;
    int kept = dup(STDERR_FILENO);
    int fd = open(str_cz(mem, JOIN(mem, dir, S("/log"))), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    fflush(stderr);
    CHECK("log", dup2(fd, STDERR_FILENO) >= 0);
    log_now(S("info"), S("what=a"));
    struct log *l;
    CHECK("makes", log_new(&l).code == ERR_NONE && log_start(l).code == ERR_NONE);
    for (int i = 0; i < 3; i++)
        log_add(l, S("warn"), S("what=b"));
    log_end(l, 20000);
    log_add(l, S("info"), S("what=c"));
    CHECK_INT("none is lost", log_dropped(l), 0);
    log_free(l);
    CHECK("log", dup2(kept, STDERR_FILENO) >= 0);
    close(kept);
    close(fd);
    CHECK("log", files_read(mem, dir, S("log"), 1000, &text).code == ERR_NONE);
    static const char *const ends[] = {" level=info what=a", " level=warn what=b",
        " level=warn what=b", " level=warn what=b", " level=info what=c"};
    for (size_t i = 0; i < COUNT(ends); i++) {
        str line = {0};
        CHECK("a line", str_cut(&text, '\n', &line) && str_starts(line, S("time=20")));
        CHECK_STR(ends[i], str_from(line, 29), str_of(ends[i]));
    }
    CHECK_INT("and no more", text.len, 0);
    arena_free(mem);
}

void tests_files(const struct check_test **tests, size_t *count) {
    static const struct check_test list[] = {
        ROW(reading), ROW(writing), ROW(full_disk), ROW(secrets), ROW(world), ROW(log_lines)};
    *tests = list;
    *count = COUNT(list);
}
