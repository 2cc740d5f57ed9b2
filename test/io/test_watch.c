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
static const str apart[] = {S_INIT("pages"), S_INIT("_theme")};

enum told { NOT, APART, TOLD };

/* Whether a change is told. */
static enum told told(struct watch *w, int wait_ms) {
    struct pollfd p = {.fd = w->fd, .events = POLLIN};
    bool elsewhere = false;
    while (poll(&p, 1, wait_ms) > 0)
        if (watch_read(w, &elsewhere))
            return elsewhere ? TOLD : APART;
    return NOT;
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

static err open_in(struct arena *mem, str dir, struct watch *out) {
    return watch_open(mem, dir, (struct watch_names){without, COUNT(without)},
        (struct watch_names){apart, COUNT(apart)}, out);
}

TEST(watching) {
    static const struct {
        const char *name;
        enum act act;
        const char *path, *to;
        enum told told;
    } rows[] = {
        {"an edit", WRITE, "shop.yml", "", TOLD},
        {"one deep below", WRITE, "academy/course/1.md", "", TOLD},
        {"a rename over, as editors and we do it", OVER, "shop.yml", "", TOLD},
        {"a new file", WRITE, "pages/new.md", "", APART},
        {"a file under another name", MOVE, "pages/new.md", "pages/other.md", APART},
        {"a deleted file", REMOVE, "pages/other.md", "", APART},
        {"a link", LINK, "pages/link.md", "../shop.yml", APART},
        {"what may be read", MODE, "shop.yml", "", TOLD},
        {"a new folder", FOLDER, "theme", "", TOLD},
        {"a file in it", WRITE, "theme/page.html", "", TOLD},
        {"a folder in it", FOLDER, "theme/mail", "", TOLD},
        {"a file in that", WRITE, "theme/mail/a.txt", "", TOLD},
        {"a folder under another name", MOVE, "theme", "_theme", TOLD},
        {"a file there", WRITE, "_theme/mail/a.txt", "", APART},
        {"a folder put aside", MOVE, "_theme/mail", "mail", TOLD},
        {"a file where it lies now", WRITE, "mail/a.txt", "", TOLD},
        {"a folder that comes in whole", MOVE, "../aside", "images", TOLD},
        {"a file there", WRITE, "images/deep/cover.svg", "", TOLD},
        {"many edits are one", BURST, "", "", TOLD},
        {"kept data", WRITE, "var/shop.db", "", NOT},
        {"built pages", WRITE, "public/p/index.html", "", NOT},
        {"a hidden file", WRITE, "pages/.terms.md.swp", "", NOT},
        {"a hidden folder", FOLDER, ".git", "", NOT},
        {"a file in it", WRITE, ".git/index", "", NOT},
        {"an editor's copy", WRITE, "shop.yml~", "", NOT},
        {"a `var` that is not at the top", FOLDER, "pages/var", "", APART},
    };
    struct arena *mem = arena_new(MEMORY);
    str above = fresh_dir(mem), dir = JOIN(mem, above, S("/shop"));
    static const char *const made[] = {
        "shop/academy/course", "shop/pages", "shop/var", "shop/public/p", "aside/deep"};
    for (size_t i = 0; i < COUNT(made); i++)
        CHECK(made[i], files_make_dir(above, str_of(made[i]), 0755).code == ERR_NONE);
    struct watch w = {0};
    CHECK_INT("opened", open_in(mem, dir, &w).code, ERR_NONE);
    CHECK("nothing at first", told(&w, ABSENCE) == NOT);
    for (size_t i = 0; i < COUNT(rows); i++) {
        CHECK(rows[i].name, act(mem, dir, rows[i].act, str_of(rows[i].path), str_of(rows[i].to)));
        CHECK_INT(rows[i].name, told(&w, rows[i].told == NOT ? ABSENCE : PATIENCE), rows[i].told);
        CHECK_INT(rows[i].name, told(&w, ABSENCE), NOT);
    }
    watch_close(&w);
    CHECK_INT("no such folder", open_in(mem, JOIN(mem, dir, S("/none")), &w).code, ERR_SETUP);
    arena_free(mem);
}

void tests_watch(const struct check_test **tests, size_t *count) {
    static const struct check_test list[] = {ROW(watching)};
    *tests = list;
    *count = COUNT(list);
}
