/* ack_store FILE FIRST COUNT [--sync-normal] [--no-checkpoint] [--early]: keeps COUNT rows one
 * after the other and writes "ACK i" when the store said OK. For the crash and power-loss tests,
 * which kill it, trace it and let its disk fail. Exit 75 after a disk error, as the shop does. */
#include "base/arena.h"
#include "store/committer.h"

#include <unistd.h>

enum { EXIT_AGAIN = 75 };

static void say(str text) {
    if (write(STDOUT_FILENO, text.ptr, text.len) != (ssize_t)text.len)
        _exit(1);
}

static void fatal(str why) {
    if (write(STDERR_FILENO, why.ptr, why.len) < 0)
        _exit(1);
    _exit(EXIT_AGAIN);
}

struct setting {
    struct store_sqlite_options options;
    bool early;
    int64_t first, count;
};

static bool setting_read(int argc, char **argv, struct setting *out) {
    if (argc < 4 || !str_number(str_of(argv[2]), &out->first)
        || !str_number(str_of(argv[3]), &out->count))
        return false;
    out->options.now = 1;
    for (int i = 4; i < argc; i++) {
        out->options.sync_normal |= str_is(str_of(argv[i]), S("--sync-normal"));
        out->options.skip_checkpoint |= str_is(str_of(argv[i]), S("--no-checkpoint"));
        out->early |= str_is(str_of(argv[i]), S("--early"));
    }
    return true;
}

/* Every third row is a job and takes two puts. */
static enum kept keep(struct store *s, struct arena *mem, int64_t i) {
    char bytes[700];
    str part = JOIN(mem, S("p"), str_int(mem, i));
    struct put puts[] = {
        {.part = part, .kind = S("order"), .bytes = {bytes, sizeof bytes}, .due = i % 3 ? 0 : 9},
        {.part = part, .kind = S("note"), .key = S("k"), .bytes = S("note")},
    };
    struct change c = {.puts = puts, .count = i % 3 ? 1 : 2, .reserve = i % 2 == 0};

    memset(bytes, 'a' + (int)(i % 26), sizeof bytes);
    s->kind->apply(s, &c, 1);
    return c.kept;
}

static void run(struct store *s, const struct setting *setting) {
    struct arena *mem = arena_new(1 << 20);

    for (int64_t i = setting->first; i < setting->first + setting->count; i++) {
        if (keep(s, mem, i) == KEPT_OK)
            say(JOIN(mem, S("ACK "), str_int(mem, i), S("\n")));
        arena_reset(mem);
    }
    arena_free(mem);
}

int main(int argc, char **argv) {
    struct arena *mem = arena_new(1 << 20);
    struct committer *c = NULL;
    struct store *s = NULL;
    struct setting setting = {0};

    if (!setting_read(argc, argv, &setting))
        fatal(S("usage: ack_store FILE FIRST COUNT [--sync-normal] [--no-checkpoint] [--early]\n"));
    err e = store_sqlite(mem, str_of(argv[1]), &setting.options, fatal, &s);
    if (e.code != ERR_NONE)
        fatal(e.what);
    if (setting.early) {
        err started = committer_new(s, 0, &c);
        if (started.code != ERR_NONE)
            fatal(started.what);
        committer_acknowledge_early(c);
    }
    run(c ? committer_store(c) : s, &setting);
    if (c)
        committer_free(c);
    s->kind->close(s);
    arena_free(mem);
    return 0;
}
