#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "check.h"
#include "store/script.h"
#include "store/test_store.h"

#include <sys/wait.h>
#include <unistd.h>

/* The contract of store.h, the same for every store. */

enum { CASES_MAX = 64 << 10 };

/* ---- every store ---- */

struct subject {
    struct arena *mem;
    struct store *behind, *store; /* the same, or the store is a committer */
    struct committer *committer;
};

static struct store *open_memory(struct arena *mem) {
    return store_memory();
}

static struct store *open_sqlite(struct arena *mem) {
    return test_sqlite(mem, test_path(mem));
}

static const struct {
    const char *name;
    struct store *(*open)(struct arena *mem);
    bool committer;
} subjects[] = {
    {"memory", open_memory, false},
    {"sqlite", open_sqlite, false},
    {"memory behind the committer", open_memory, true},
    {"sqlite behind the committer", open_sqlite, true},
};

static struct subject subject_open(size_t which) {
    struct subject u = {.mem = arena_new(64 << 20)};

    u.behind = u.store = subjects[which].open(u.mem);
    if (!subjects[which].committer)
        return u;
    err e = committer_new(u.behind, 0, &u.committer);
    if (e.code != ERR_NONE)
        test_no_fatal(e.what);
    u.store = committer_store(u.committer);
    return u;
}

static void subject_close(struct subject *u) {
    if (u->committer)
        committer_free(u->committer);
    u->behind->kind->close(u->behind);
    arena_free(u->mem);
}

static const char *subject_row(struct arena *mem, size_t which, str name) {
    return str_cz(mem, JOIN(mem, str_of(subjects[which].name), S(": "), name));
}

static str cases_read(struct arena *mem) {
    const char *folder = getenv("GROSZ_TEST_STORE");
    str path = JOIN(mem, str_of(folder ? folder : "test/store"), S("/contract.cases"));
    FILE *file = fopen(str_cz(mem, path), "r");
    char *text = arena_take(mem, CASES_MAX);
    size_t size = file ? fread(text, 1, CASES_MAX, file) : 0;

    if (!file || fclose(file) || !size || size == CASES_MAX)
        test_no_fatal(JOIN(mem, S("cannot read "), path));
    return (str){text, size};
}

static void case_run(size_t which, str name, str steps) {
    struct subject u = subject_open(which);

    script_check(u.mem, u.store, subject_row(u.mem, which, name), steps);
    subject_close(&u);
}

/* "== name", then its steps up to the next one. */
void test_contract(void) {
    struct arena *mem = arena_new(1 << 20);
    str text = cases_read(mem), name;
    size_t cases = 0;

    text = str_from(text, str_find(text, S("\n== ")) + 4);
    while (str_cut(&text, '\n', &name)) {
        size_t end = str_find(text, S("\n== "));
        for (size_t which = 0; which < COUNT(subjects); which++)
            case_run(which, name, str_part(text, 0, end));
        text = str_from(text, end + 4);
        cases++;
    }
    CHECK("all cases were read", cases >= 67);
    arena_free(mem);
}

/* ---- limits ---- */

static enum kept apply_one(struct store *s, const struct put *puts, size_t count) {
    struct change c = {.puts = puts, .count = count};

    s->kind->apply(s, &c, 1);
    return c.kept;
}

/* LIMIT_CHANGE_PUTS puts with other keys, all of one part. */
static struct put *many_puts(struct arena *mem, size_t count, int64_t version) {
    struct put *puts = arena_array(mem, count, sizeof *puts);

    for (size_t i = 0; i < count; i++)
        puts[i] = (struct put){.part = S("a"),
            .kind = S("o"),
            .key = str_int(mem, (int64_t)i),
            .version = version,
            .bytes = S("x")};
    return puts;
}

static str many_bytes(struct arena *mem, size_t size, char byte) {
    char *bytes = arena_take(mem, size);

    memset(bytes, byte, size);
    return (str){bytes, size};
}

void test_limits(void) {
    for (size_t which = 0; which < COUNT(subjects); which++) {
        struct subject u = subject_open(which);
        struct put *puts = many_puts(u.mem, LIMIT_CHANGE_PUTS, PUT_NEW);
        struct put big = {.part = many_bytes(u.mem, LIMIT_KEY, 'p'),
            .kind = many_bytes(u.mem, LIMIT_KEY, 'k'),
            .key = many_bytes(u.mem, LIMIT_KEY, 'y'),
            .bytes = many_bytes(u.mem, LIMIT_ROW, '\0')};
        struct row row = {0};

        const char *name = subjects[which].name;
        CHECK_STR(name, script_kept(apply_one(u.store, puts, LIMIT_CHANGE_PUTS)), S("ok"));
        puts[LIMIT_CHANGE_PUTS / 2].version = 7;
        CHECK_STR(
            name, script_kept(apply_one(u.store, puts + 1, LIMIT_CHANGE_PUTS - 1)), S("known"));
        CHECK_STR(name, script_step(u.mem, u.store, S("get a.o.99")), S("a.o.99=1:x"));
        CHECK_STR(name, script_kept(apply_one(u.store, &big, 1)), S("ok"));
        err e = u.store->kind->get(u.store, u.mem, big.part, big.kind, big.key, &row);
        CHECK(name, e.code == ERR_NONE && str_is(row.bytes, big.bytes));
        subject_close(&u);
    }
}

/* A list ends at LIMIT_LIST bytes, never without a row, and goes on behind. */
void test_long_list(void) {
    for (size_t which = 0; which < COUNT(subjects); which++) {
        struct subject u = subject_open(which);
        struct put *puts = many_puts(u.mem, LIMIT_CHANGE_PUTS, PUT_NEW);
        struct query q = {.kind = S("o"), .limit = 1000};
        struct row_list list = {0};
        size_t got = 0, pages = 0;

        for (size_t i = 0; i < LIMIT_CHANGE_PUTS; i++)
            puts[i].bytes = many_bytes(u.mem, LIMIT_ROW, 'x');
        CHECK_STR(subjects[which].name, script_kept(apply_one(u.store, puts, LIMIT_CHANGE_PUTS)),
            S("ok"));
        do {
            err e = u.store->kind->list(u.store, u.mem, &q, &list);
            CHECK(subjects[which].name, e.code == ERR_NONE && list.count > 0);
            got += list.count;
            pages++;
            q.after_part = list.rows[list.count - 1].part;
            q.after_key = list.rows[list.count - 1].key;
        } while (list.more && pages < 10);
        CHECK_INT(subjects[which].name, got, LIMIT_CHANGE_PUTS);
        CHECK_INT(subjects[which].name, pages, 3);
        subject_close(&u);
    }
}

/* ---- what no store takes ---- */

static bool put_alone_is_lawful(struct put p) {
    const struct change c = {.puts = &p, .count = 1};

    return change_is_lawful(&c);
}

/* On a change of one put, or of two in two parts? */
static bool store_aborts(size_t which, size_t count) {
    pid_t child = fork();
    int status = 0;

    if (child == 0) {
        struct arena *mem = arena_new(1 << 20);
        struct put puts[] = {{.part = S("a"), .kind = S("o")}, {.part = S("b"), .kind = S("o")}};
        if (!freopen("/dev/null", "w", stderr))
            _exit(1);
        apply_one(subjects[which].open(mem), puts, count);
        _exit(0);
    }
    return waitpid(child, &status, 0) == child && WIFSIGNALED(status);
}

void test_lawful(void) {
    struct arena *mem = arena_new(1 << 20);
    const struct put good = {.part = S("a"), .kind = S("o"), .key = S("k"), .bytes = S("x")};
    const struct {
        const char *name;
        bool lawful;
        struct put put;
    } rows[] = {
        {"plain", true, good},
        {"no key", true, {.part = S("a"), .kind = S("o")}},
        {"no part", false, {.kind = S("o")}},
        {"no kind", false, {.part = S("a")}},
        {"tab in a part", false, {.part = S("a\t"), .kind = S("o")}},
        {"NUL in a key", false, {.part = S("a"), .kind = S("o"), .key = S("\0")}},
        {"DEL in a kind", false, {.part = S("a"), .kind = S("\x7f")}},
        {"a long key", true,
            {.part = S("a"), .kind = S("o"), .key = many_bytes(mem, LIMIT_KEY, 'k')}},
        {"too long a key", false,
            {.part = S("a"), .kind = S("o"), .key = many_bytes(mem, LIMIT_KEY + 1, 'k')}},
        {"many bytes", true,
            {.part = S("a"), .kind = S("o"), .bytes = many_bytes(mem, LIMIT_ROW, 0)}},
        {"too many bytes", false,
            {.part = S("a"), .kind = S("o"), .bytes = many_bytes(mem, LIMIT_ROW + 1, 0)}},
        {"a due time before 1970", false, {.part = S("a"), .kind = S("o"), .due = -1}},
        {"no such version", false, {.part = S("a"), .kind = S("o"), .version = -2}},
    };
    struct put pair[] = {good, good};
    struct change c = {.puts = pair, .count = 2};

    for (size_t i = 0; i < COUNT(rows); i++)
        CHECK_INT(rows[i].name, put_alone_is_lawful(rows[i].put), rows[i].lawful);
    CHECK("one name twice", !change_is_lawful(&c));
    pair[1].key = S("l");
    CHECK("two keys", change_is_lawful(&c));
    pair[1].key = S("l\n");
    CHECK("the second key has a line break", !change_is_lawful(&c));
    pair[1].key = S("l");
    pair[1].part = S("b");
    CHECK("two parts", !change_is_lawful(&c));
    c.count = 0;
    CHECK("no puts", !change_is_lawful(&c));
    c = (struct change){
        .puts = many_puts(mem, LIMIT_CHANGE_PUTS + 1, PUT_NEW), .count = LIMIT_CHANGE_PUTS + 1};
    CHECK("too many puts", !change_is_lawful(&c));
    for (size_t which = 0; which < 2; which++) {
        CHECK(subjects[which].name, !store_aborts(which, 1));
        CHECK(subjects[which].name, store_aborts(which, 2));
    }
    arena_free(mem);
}

/* ---- the stores agree on everything, whatever comes ---- */

struct dice {
    uint64_t state;
};

static unsigned dice_roll(struct dice *d, unsigned sides) {
    d->state = d->state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(d->state >> 33) % sides;
}

static void roll_put(struct dice *d, struct buf *b, const char *part) {
    static const char *const versions[] = {"new", "new", "any", "1", "2", "3"};
    const char *version = versions[dice_roll(d, COUNT(versions))];

    buf_format(b, "%s.%c.%c", part, "no"[dice_roll(d, 2)], "12"[dice_roll(d, 2)]);
    if (!dice_roll(d, 4))
        buf_format(b, "!%s", version);
    else
        buf_format(b, "=%s:%u@%u", version, dice_roll(d, 1000), dice_roll(d, 3) * dice_roll(d, 9));
}

/* Puts of a change may name a row twice, which is not lawful: other kinds then. */
static void roll_change(struct dice *d, struct buf *b) {
    static const char *const parts[] = {"a", "b", "ba", "c"};
    const char *part = parts[dice_roll(d, COUNT(parts))];

    roll_put(d, b, part);
    for (unsigned i = 0, more = dice_roll(d, 3); i < more; i++)
        buf_format(
            b, "&%s.p.%u=%s:%u", part, i, dice_roll(d, 3) ? "any" : "new", dice_roll(d, 1000));
}

static void roll_read(struct dice *d, struct buf *b) {
    static const char *const ends[] = {"-", "a", "b", "ba", "c", "d"};
    static const char *const afters[] = {"-", "-", "a.1", "b.", "b.2", "c.1"};

    buf_format(b, "list %c %s %s %s %s %u", "nop"[dice_roll(d, 3)], ends[dice_roll(d, 6)],
        ends[dice_roll(d, 6)], afters[dice_roll(d, 6)], dice_roll(d, 2) ? "up" : "down",
        1 + dice_roll(d, 5));
}

static str roll_step(struct arena *mem, struct dice *d) {
    struct buf b = buf_new(mem, 4096);
    unsigned verb = dice_roll(d, 10);

    if (verb < 5) {
        buf_add(&b, S("apply "));
        roll_change(d, &b);
        for (unsigned i = 0, more = dice_roll(d, 5); i < more; i++) {
            buf_byte(&b, '|');
            roll_change(d, &b);
        }
    } else if (verb < 8) {
        roll_read(d, &b);
    } else if (verb < 9) {
        buf_format(
            &b, "due %c %u %u", "-no"[dice_roll(d, 3)], dice_roll(d, 20), 1 + dice_roll(d, 4));
    } else {
        buf_format(
            &b, "lease %u %u %u", dice_roll(d, 12), 12 + dice_roll(d, 9), 1 + dice_roll(d, 4));
    }
    return buf_str(&b);
}

void test_stores_agree(void) {
    struct subject one = subject_open(0), other = subject_open(3);
    struct arena *mem = arena_new(64 << 20);
    struct dice d = {.state = 1};

    for (size_t i = 0; i < 3000; i++) {
        str step = roll_step(mem, &d);
        str want = script_step(mem, one.store, step), got = script_step(mem, other.store, step);
        CHECK_STR(str_cz(mem, step), got, want);
        arena_reset(mem);
    }
    subject_close(&one);
    subject_close(&other);
    arena_free(mem);
}
