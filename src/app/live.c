#include "app/live.h"

#include "base/json.h"
#include "base/limits.h"
#include "io/server.h"
#include "io/world.h"

#include <assert.h>

#define PATH_LIVE S("/live/")
#define PATH_NOW  S("/live/now")

/* Made by the program, or by the one that makes the pages: no edit of a person. */
static const str without[] = {
    S_INIT("var"), S_INIT("public"), S_INIT("_site"), S_INIT("node_modules")};
/* Here lies what is read anew each time. */
static const str texts[] = {S_INIT("_data"), S_INIT("pages"), S_INIT("theme")};

static str moment(struct arena *mem, const struct live *l, int64_t number) {
    return JOIN(mem, str_int(mem, l->start), S("-"), str_int(mem, number));
}

/* ---- who waits ---- */

static void answer(const struct live *l, struct exchange *x) {
    struct response out = response_json(200, str_copy(exchange_arena(x), l->state));
    server_answer(x, &out);
}

static void answer_all(struct live *l) {
    size_t count = l->count;
    l->count = 0;
    for (size_t i = 0; i < count; i++)
        answer(l, l->waiting[i]);
}

static void wait(struct live *l, struct exchange *x) {
    if (l->count == LIVE_WAITING) {
        struct exchange *longest = l->waiting[0];
        memmove(l->waiting, l->waiting + 1, --l->count * sizeof(*l->waiting));
        answer(l, longest);
    }
    l->waiting[l->count++] = x;
}

/* ---- what they are told ---- */

static void state_set(struct live *l, str sentence, const struct report *report) {
    arena_reset(l->mem);
    struct tree *t = tree_map(l->mem), *mistakes = tree_list(l->mem);
    tree_put_text(l->mem, t, S("now"), moment(l->mem, l, l->now));
    tree_put_text(l->mem, t, S("shop"), moment(l->mem, l, l->shop));
    tree_put_text(l->mem, t, S("sentence"), sentence);
    for (const struct report_row *row = report ? report->first : NULL; row; row = row->next)
        if (row->level == REPORT_MISTAKE)
            tree_add(mistakes, tree_text(l->mem, report_line(l->mem, row)));
    tree_put(t, S("mistakes"), mistakes);
    l->state = json_write(l->mem, t);
}

static void reloaded(void *owner, const struct reload_result *end) {
    struct live *l = owner;
    l->now++;
    if (end->taken)
        l->shop = l->now;
    str sentence = end->report->mistakes ? S("The shop goes on as it was. Mend this and save: the "
                                             "page comes back by itself.")
                                         : end->sentence;
    state_set(l, end->taken ? S("") : sentence, end->taken ? NULL : end->report);
    answer_all(l);
}

void live_changed(struct live *l) {
    bool elsewhere = false;
    if (watch_read(&l->watch, &elsewhere) && !l->over)
        reload_edited(l->reloader, !elsewhere);
}

/* ---- requests ---- */

static bool file_find(str path, struct response *out) {
    for (size_t i = 0; i < live_files_count; i++) {
        str name = live_files[i].name;
        if (!str_starts(path, S("/")) || !str_is(str_from(path, 1), name))
            continue;
        *out = response_text(200, live_files[i].text);
        out->type = str_ends(name, S(".js")) ? S("text/javascript; charset=utf-8")
                                             : S("text/css; charset=utf-8");
        return true;
    }
    return false;
}

bool live_handle(struct live *l, struct exchange *x, const struct request *r) {
    struct response file;
    if (!str_is(r->method, S("GET")))
        return false;
    if (file_find(r->path, &file)) {
        server_answer(x, &file);
        return true;
    }
    str seen = str_from(r->path, PATH_LIVE.len);
    if (!str_starts(r->path, PATH_LIVE) || !seen.len) /* "/live/" may be a page of the shop */
        return false;
    if (l->over || str_is(r->path, PATH_NOW) || !str_is(seen, moment(exchange_arena(x), l, l->now)))
        answer(l, x);
    else
        wait(l, x);
    return true;
}

/* Only what may be loaded again: a page that answers a form would be sent again. */
void live_dress(const struct live *l, struct arena *mem, const struct request *r, int64_t shop,
    struct response *page) {
    if (!str_is(r->method, S("GET")) && !str_is(r->method, S("HEAD")))
        return;
    if (page->file.len)
        response_header(page, S("Cache-Control"), S("no-cache"));
    if (!str_starts(page->type, S("text/html")) || !page->body.len)
        return;
    size_t end = page->body.len, at = str_find(page->body, S("</body>"));
    for (size_t more = at; more < end;
         more = at + 1 + str_find(str_from(page->body, at + 1), S("</body>")))
        at = more;
    page->body = JOIN(mem, str_part(page->body, 0, at), S("<script src=\"/live.js\" data-shop=\""),
        moment(mem, l, shop), S("\" defer></script>\n"), str_from(page->body, at));
}

/* ---- start and end ---- */

err live_open(struct arena *mem, struct live *l, struct reloader *reloader) {
    *l = (struct live){
        .reloader = reloader, .start = clock_now(), .mem = arena_new(LIMIT_SHOP_ARENA)};
    state_set(l, S(""), NULL);
    reloader->thorough = true; /* what came since the files were read and before they are watched */
    reloader->ended = reloaded;
    reloader->owner = l;
    return watch_open(mem, reloader->dir, (struct watch_names){without, COUNT(without)},
        (struct watch_names){texts, COUNT(texts)}, &l->watch);
}

void live_stop(struct live *l) {
    l->over = true;
    answer_all(l);
}

void live_close(struct live *l) {
    watch_close(&l->watch);
    if (l->mem)
        arena_free(l->mem);
}
