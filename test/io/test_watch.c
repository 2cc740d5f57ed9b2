#include "house.h"
#include "io/files.h"
#include "io/watch.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    MEMORY = 16 << 20,
    PATIENCE = 30 * 1000,
    ABSENCE = 60, /* ms in which nothing is told; on a slow machine too much is forgiven */
};

static const str without[] = {S_INIT("var"), S_INIT("public")};

/* Whether a change is told. */
static bool is_told(struct watch *w, int wait_ms) {
    struct pollfd p = {.fd = w->fd, .events = POLLIN};
    while (poll(&p, 1, wait_ms) > 0)
        if (watch_read(w))
            return true;
    return false;
}

enum act { WRITE, OVER, MOVE, REMOVE, FOLDER, LINK, MODE, BURST };

static bool act_burst(str dir) {
    static const char *const names[] = {"1.md", "2.md", "3.md", "4.md"};
    for (size_t i = 0; i < 400; i++)
        if (files_write(dir, str_of(names[i % COUNT(names)]), S("x"), 0644).code != ERR_NONE)
            return false;
    return true;
}

static bool act(struct arena *mem, str dir, enum act what, str from, str to) {
    const char *a = str_cz(mem, JOIN(mem, dir, S("/"), from));
    const char *b = str_cz(mem, JOIN(mem, dir, S("/"), to));
    switch (what) {
    case WRITE: {
        FILE *f = fopen(a, "w");
        return f && fputs("text\n", f) >= 0 && !fclose(f);
    }
    case OVER: return files_write(dir, from, S("new\n"), 0644).code == ERR_NONE;
    case MOVE: return !rename(a, b);
    case REMOVE: return !remove(a);
    case FOLDER: return !mkdir(a, 0755);
    case LINK: return !symlink(str_cz(mem, to), a);
    case MODE: return !chmod(a, 0600);
    case BURST: return act_burst(dir);
    }
    return false;
}

TEST(watching) {
    static const struct {
        const char *name;
        enum act act;
        const char *path, *to;
        bool told;
    } rows[] = {
        {"an edit", WRITE, "shop.yml", "", true},
        {"one deep below", WRITE, "academy/course/1.md", "", true},
        {"a rename over, as editors and we do it", OVER, "shop.yml", "", true},
        {"a new file", WRITE, "pages/new.md", "", true},
        {"a file under another name", MOVE, "pages/new.md", "pages/other.md", true},
        {"a deleted file", REMOVE, "pages/other.md", "", true},
        {"a link", LINK, "pages/link.md", "../shop.yml", true},
        {"what may be read", MODE, "shop.yml", "", true},
        {"a new folder", FOLDER, "theme", "", true},
        {"a file in it", WRITE, "theme/page.html", "", true},
        {"a folder in it", FOLDER, "theme/mail", "", true},
        {"a file in that", WRITE, "theme/mail/a.txt", "", true},
        {"a folder under another name", MOVE, "theme", "_theme", true},
        {"a file there", WRITE, "_theme/mail/a.txt", "", true},
        {"a folder that comes in whole", MOVE, "../aside", "images", true},
        {"a file there", WRITE, "images/deep/cover.svg", "", true},
        {"many edits are one", BURST, "", "", true},
        {"kept data", WRITE, "var/shop.db", "", false},
        {"built pages", WRITE, "public/p/index.html", "", false},
        {"a hidden file", WRITE, "pages/.terms.md.swp", "", false},
        {"a hidden folder", FOLDER, ".git", "", false},
        {"a file in it", WRITE, ".git/index", "", false},
        {"an editor's copy", WRITE, "shop.yml~", "", false},
        {"a `var` that is not at the top", FOLDER, "pages/var", "", true},
    };
    struct arena *mem = arena_new(MEMORY);
    str above = fresh_dir(mem), dir = JOIN(mem, above, S("/shop"));
    static const char *const made[] = {
        "shop/academy/course", "shop/pages", "shop/var", "shop/public/p", "aside/deep"};
    for (size_t i = 0; i < COUNT(made); i++)
        CHECK(made[i], files_make_dir(above, str_of(made[i]), 0755).code == ERR_NONE);
    struct watch w = {0};
    CHECK_INT("opened", watch_open(mem, dir, without, COUNT(without), &w).code, ERR_NONE);
    CHECK("nothing at first", !is_told(&w, ABSENCE));
    for (size_t i = 0; i < COUNT(rows); i++) {
        CHECK(rows[i].name, act(mem, dir, rows[i].act, str_of(rows[i].path), str_of(rows[i].to)));
        CHECK(rows[i].name, is_told(&w, rows[i].told ? PATIENCE : ABSENCE) == rows[i].told);
        CHECK(rows[i].name, !is_told(&w, ABSENCE));
    }
    watch_close(&w);
    CHECK_INT("no such folder",
        watch_open(mem, JOIN(mem, dir, S("/none")), without, COUNT(without), &w).code, ERR_SETUP);
    arena_free(mem);
}

void tests_watch(const struct check_test **tests, size_t *count) {
    static const struct check_test list[] = {ROW(watching)};
    *tests = list;
    *count = COUNT(list);
}
