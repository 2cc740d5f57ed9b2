#include "app/belongings.h"
#include "app/buyer.h"
#include "app/call.h"
#include "app/orders.h"
#include "base/limits.h"
#include "http/type.h"
#include "io/files.h"
#include "page/view.h"
#include "shop/words.h"

/* Lessons are academy/<product>/<name>.md, in the order of their names; files that may be
 * downloaded are
 * those the product lists. */
struct visit {
    struct order *order;
    const struct line *line;
    const struct product *product;
    int index;
    str folder, base;
};

static err visit_read(const struct flow *f, str token, struct visit *v) {
    str id = {0};
    TRY(access_token_read(token, &id, &v->index));
    TRY(orders_get(f->mem, f->doors->store, id, &v->order));
    if (access_token_was(f->mem, f->shop->secret, v->order, v->index, token))
        return err_make(ERR_ABSENT, S("link_turned"));
    if (!access_token_is(f->mem, f->shop->secret, v->order, v->index, token))
        return err_make(ERR_ABSENT, S("no such link"));
    enum order_state state = order_state(v->order);
    if ((state != ORDER_PAID && state != ORDER_FULFILLED) || (v->order->marks & MARK_REFUNDED))
        return err_make(ERR_ABSENT, S("not paid, or paid back"));
    v->line = &v->order->lines[v->index];
    v->product = shop_product(f->shop, v->line->product);
    if (!v->product)
        return err_make(ERR_ABSENT, S("the product is no longer in the shop"));
    v->folder = JOIN(f->mem, S("academy/"), v->product->id);
    v->base = JOIN(f->mem, S("/a/"), token, S("/"));
    return OK_ERR;
}

/* "# Welcome" on the first line that has one, else the name of the file. */
static str lesson_title(str text, str name) {
    str line = {0};
    for (str rest = text; str_cut(&rest, '\n', &line);)
        if (str_starts(line, S("# ")))
            return str_trim(str_from(line, 2));
    return name;
}

struct lessons {
    struct tree *list;
    str text; /* of the lesson asked for */
    bool found;
};

static err lessons_add(
    const struct flow *f, const struct visit *v, str file, str wish, struct lessons *out) {
    str text = {0};
    str name = str_part(file, 0, file.len - 3);
    bool here = !out->found && (!wish.len || str_is(wish, name));
    struct tree *t = tree_add(out->list, tree_map(f->mem));
    /* Of the others only the title is kept: a course may be larger than a request. */
    struct arena *scratch = here ? f->mem : arena_new(3 * LIMIT_PAGE);
    str path = JOIN(f->mem, v->folder, S("/"), file);
    err e = files_read_text(scratch, f->dir, path, LIMIT_PAGE, &text);
    str title = str_copy(f->mem, lesson_title(text, name));
    e.what = str_copy(f->mem, e.what);
    if (!here)
        arena_free(scratch);
    TRY(e);
    tree_put_text(f->mem, t, S("title"), title);
    tree_put_text(f->mem, t, S("path"), JOIN(f->mem, v->base, name, S("/")));
    tree_put_bool(f->mem, t, S("here"), here);
    if (here) {
        out->text = text;
        out->found = true;
    }
    return OK_ERR;
}

static err lessons_read(
    const struct flow *f, const struct visit *v, str wish, struct lessons *out) {
    const str *names = NULL;
    size_t count = 0;
    out->list = tree_list(f->mem);
    err e = files_list(f->mem, f->dir, v->folder, &names, &count);
    if (e.code == ERR_ABSENT)
        return OK_ERR;
    TRY(e);
    for (size_t i = 0; i < count; i++)
        if (str_ends(names[i], S(".md")))
            TRY(lessons_add(f, v, names[i], wish, out));
    return OK_ERR;
}

static struct tree *files_view(const struct flow *f, const struct visit *v) {
    struct tree *list = tree_list(f->mem);
    for (const struct tree *t = v->product->files ? v->product->files->first : NULL; t;
         t = t->next) {
        struct tree *one = tree_add(list, tree_map(f->mem));
        tree_put_text(f->mem, one, S("name"), t->text);
        tree_put_text(f->mem, one, S("path"), JOIN(f->mem, v->base, S("files/"), t->text));
    }
    return list;
}

static err file_answer(const struct flow *f, const struct visit *v, str name, struct reply *reply) {
    for (const struct tree *t = v->product->files ? v->product->files->first : NULL; t;
         t = t->next) {
        if (!str_is(t->text, name))
            continue;
        reply->response = (struct response){
            .status = 200, .file = name, .file_in = JOIN(f->mem, f->dir, S("/"), v->folder)};
        response_header(&reply->response, S("Content-Disposition"), S("attachment"));
        response_header(&reply->response, S("Cache-Control"), S("private, no-store"));
        response_header(&reply->response, S("X-Content-Type-Options"), S("nosniff"));
        return OK_ERR;
    }
    return err_make(ERR_ABSENT, S("the product has no such file"));
}

/* What lessons show lies beside them. */
static bool is_shown(str name) {
    str rest = name, part = {0};
    while (str_cut(&rest, '/', &part))
        if (str_starts(part, S(".")))
            return false;
    return type_is_shown(name);
}

static err picture_answer(
    const struct flow *f, const struct visit *v, str name, struct reply *reply) {
    str folder = JOIN(f->mem, f->dir, S("/"), v->folder);
    if (!files_is(folder, name))
        return err_make(ERR_ABSENT, S("there is no such picture"));
    reply->response = (struct response){.status = 200, .file = name, .file_in = folder};
    /* A picture opened by itself (SVG) is a document: it may show itself and do nothing. */
    response_header(&reply->response, S("Content-Security-Policy"),
        S("default-src 'none'; style-src 'unsafe-inline'; sandbox"));
    response_header(&reply->response, S("Cache-Control"), S("private, max-age=3600"));
    response_header(&reply->response, S("X-Content-Type-Options"), S("nosniff"));
    return OK_ERR;
}

static err lesson(const struct flow *f, const struct route_match *m, struct reply *reply) {
    struct visit v = {0};
    TRY(visit_read(f, m->parts[0], &v));
    str rest = m->parts[1];
    if (str_starts(rest, S("files/")))
        return file_answer(f, &v, str_from(rest, 6), reply);
    if (is_shown(rest))
        return picture_answer(f, &v, rest, reply);
    if (str_ends(rest, S("/")))
        rest = str_part(rest, 0, rest.len - 1);
    struct lessons lessons = {0};
    TRY(lessons_read(f, &v, rest, &lessons));
    if (!lessons.found && rest.len)
        return err_make(ERR_ABSENT, S("there is no such lesson"));
    struct lesson shown = {.order = v.order,
        .product = v.product,
        .markdown = lessons.text,
        .base = v.base,
        .lessons = lessons.list,
        .files = files_view(f, &v)};
    const struct tree *view = view_lesson(f->mem, f->shop, f->theme, &shown);
    reply->response = flow_page(f, 200, S("lesson.html"), view);
    return OK_ERR;
}

void buyer_lesson(const struct flow *f, const struct route_match *m, struct reply *reply) {
    if (belongings_token_is(m->parts[0])) {
        belongings_page(f, m->parts[0], reply);
        return;
    }
    err e = lesson(f, m, reply);
    if (e.code == ERR_NONE)
        return;
    if (e.code != ERR_ABSENT)
        doors_log(f->doors, S("error"), e.what);
    str name = str_is(e.what, S("link_turned")) ? e.what : S("no_lesson");
    reply->response = flow_gone(f, e, e.code == ERR_ABSENT ? words(f->shop->lang, name) : S(""));
}
