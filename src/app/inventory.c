#include "app/inventory.h"

#include "app/links.h"
#include "base/encode.h"
#include "base/limits.h"
#include "base/table.h"
#include "base/yaml.h"
#include "io/files.h"
#include "page/mark.h"

#include <fnmatch.h>

struct inventory {
    struct arena *mem;
    const struct house_shop *house;
    const struct shop *before; /* null, or what need not be looked at again */
    struct report *report;
    struct links *links;
    bool academy; /* the folder is there */
};

static void wrong(const struct inventory *v, struct place at, str sentence) {
    report_add(v->report, REPORT_MISTAKE, at, sentence);
}

static void advise(const struct inventory *v, struct place at, str sentence) {
    report_add(v->report, REPORT_ADVICE, at, sentence);
}

/* The place of a product's entry, or of the product. */
static struct place place_in(const struct product *p, str name) {
    const struct tree *t = tree_find(p->source, name);
    return t && t->line ? (struct place){p->at.file, t->line, t->col} : p->at;
}

/* ---- pictures ---- */

/* What browsers show, by the first bytes and by the ending under which it is served. */
/* clang-format off */
static const struct {
    str ending, what;
    size_t at;
    str bytes;
} pictures[] = {
    {S_INIT(".png"),  S_INIT("PNG"),  0, S_INIT("\x89PNG\r\n\x1a\n")},
    {S_INIT(".jpg"),  S_INIT("JPEG"), 0, S_INIT("\xff\xd8\xff")},
    {S_INIT(".jpeg"), S_INIT("JPEG"), 0, S_INIT("\xff\xd8\xff")},
    {S_INIT(".gif"),  S_INIT("GIF"),  0, S_INIT("GIF8")},
    {S_INIT(".webp"), S_INIT("WebP"), 8, S_INIT("WEBP")},
    {S_INIT(".avif"), S_INIT("AVIF"), 4, S_INIT("ftypavi")},
    {S_INIT(".svg"),  S_INIT("SVG"),  0, S_INIT("")},
};
/* clang-format on */

enum { PEEK = 1024 };

static bool is_picture(size_t kind, str head) {
    if (!pictures[kind].bytes.len) /* SVG: text with <svg in front, behind <?xml and comments */
        return utf8_is(utf8_prefix(head, head.len)) && str_find(head, S("<svg")) < head.len;
    return str_starts(str_from(head, pictures[kind].at), pictures[kind].bytes);
}

static str real_kind(str head) {
    for (size_t i = 0; i < COUNT(pictures); i++)
        if (pictures[i].bytes.len && is_picture(i, head))
            return pictures[i].what;
    return S("");
}

static str picture_fault(const struct inventory *v, str path) {
    struct arena *mem = v->mem;
    str head = {0};
    uint64_t size = 0;
    size_t kind = 0;
    err e = files_peek(mem, v->house->dir, path, PEEK, &head, &size);
    if (e.code == ERR_ABSENT)
        return JOIN(mem, S("there is no picture "), path, links_guess(mem, v->house->dir, path));
    if (e.code != ERR_NONE)
        return e.what;
    if (!size)
        return JOIN(mem, path, S(" is empty"));
    while (kind < COUNT(pictures) && !str_ends(str_lower(mem, path), pictures[kind].ending))
        kind++;
    if (kind == COUNT(pictures))
        return JOIN(mem, path,
            S(" is not a picture that browsers show: png, jpg, gif, webp, avif, "
              "svg"));
    if (is_picture(kind, head))
        return S("");
    str real = real_kind(head);
    return JOIN(mem, path, S(" is not a picture of the kind its name says ("), pictures[kind].what,
        S(")"), real.len ? JOIN(mem, S(": it is "), real, S(", rename it")) : S(""));
}

/* A file of the folder behind an address that a page has: "/images/a%20b.png?x". */
static void picture_check(const struct inventory *v, struct place at, str path) {
    str fault = picture_fault(v, path);
    if (fault.len)
        wrong(v, at, fault);
}

static void product_picture(const struct inventory *v, const struct product *p) {
    str path = {0};
    struct place at = place_in(p, S("image"));
    if (!str_starts(p->image, S("/")) || links_are_elsewhere(v->links))
        return;
    if (!links_file(v->mem, p->image, &path) || !str_starts(path, S("images/")))
        wrong(v, at,
            JOIN(v->mem, S("`"), p->image,
                S("` is not served: pictures lie in the folder images, like /images/moa.jpg")));
    else
        picture_check(v, at, path);
}

/* ---- texts and what they link to ---- */

struct text {
    str file, bytes;
    int line;           /* lines of the file before it: its front matter */
    struct place whole; /* said of what has no place of its own (a text in a data file) */
    str folder;         /* where its relative pictures lie; "" when it may have none */
};

/* How an address stands in Markdown: behind one of these. */
static const struct {
    str before;
    bool apart; /* not where the link itself stands */
} marks[] = {{S_INIT("]("), false}, {S_INIT("](<"), false}, {S_INIT("<"), false},
    {S_INIT("]: "), true}, {S_INIT("]:"), true}};

/* Is there an address at the end of this? COUNT(marks): no. */
static size_t mark_find(str start) {
    size_t i = 0;
    while (i < COUNT(marks) && !str_ends(start, marks[i].before))
        i++;
    return i;
}

/* The first behind *from bytes of the text, which then are those up to it. The same words may stand
 * there as text, too. */
static struct place place_from(const struct text *t, str address, bool marked, size_t *from) {
    str rest = t->bytes, line = {0};
    for (int number = 1; str_cut(&rest, '\n', &line); number++) {
        size_t start = (size_t)(line.ptr - t->bytes.ptr);
        for (size_t at = 0; (at += str_find(str_from(line, at), address)) < line.len; at++) {
            str before = str_part(line, 0, at);
            size_t mark = mark_find(before);
            if (start + at < *from || (marked && mark == COUNT(marks)))
                continue;
            if (mark == COUNT(marks) || !marks[mark].apart)
                *from = start + at + 1;
            return (struct place){t->file, t->line + number, (int)utf8_length(before) + 1};
        }
    }
    return (struct place){.file = t->file};
}

/* In a file that is read as it is; links come in the order of the text. */
static struct place place_of(const struct text *t, str address, size_t *from) {
    size_t start = 0;
    if (t->whole.file.len)
        return t->whole;
    if (!address.len)
        return (struct place){.file = t->file};
    struct place at = place_from(t, address, true, from);
    if (!at.line)
        at = place_from(t, address, true, &start);
    return at.line ? at : place_from(t, address, false, &start);
}

static void text_check(const struct inventory *v, const struct text *t) {
    const struct tree *found = mark_links(v->mem, t->bytes);
    size_t from = 0;
    for (const struct tree *l = found->first; l; l = l->next) {
        str address = tree_get(l, S("address")), path = {0};
        struct place at = place_of(t, address, &from);
        bool picture = tree_get_bool(l, S("picture"), false);
        str fault = links_fault(v->links, address, picture, t->folder, &path);
        if (fault.len)
            wrong(v, at, fault);
        else if (path.len)
            picture_check(v, at, path);
    }
}

/* ---- own pages ---- */

/* First words of addresses that are taken. */
static const str taken[] = {S_INIT("p"), S_INIT("buy"), S_INIT("o"), S_INIT("a"), S_INIT("api"),
    S_INIT("pay"), S_INIT("admin"), S_INIT("images"), S_INIT("healthz"), S_INIT("metrics"),
    S_INIT("404"), S_INIT("index"), S_INIT("find"), S_INIT("frame"), S_INIT("sitemap"),
    S_INIT("robots"), S_INIT("style")};

static bool page_name_is(str name) {
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
            return false;
    }
    return name.len > 0 && name.len <= 64 && name.ptr[0] != '_';
}

static void page_check(const struct inventory *v, const struct site_page *p) {
    str file = JOIN(v->mem, S("pages/"), p->name, S(".md"));
    struct text text = {.file = file, .bytes = p->markdown, .line = p->line};
    if (!page_name_is(p->name))
        wrong(v, (struct place){.file = file},
            S("the name of a page is its address: small letters a-z, digits and dashes"));
    for (size_t i = 0; i < COUNT(taken); i++)
        if (str_is(p->name, taken[i]))
            wrong(v, (struct place){.file = file},
                JOIN(v->mem, S("the address /"), p->name,
                    S("/ belongs to the program: choose another name")));
    if (!p->line)
        advise(v, (struct place){.file = file},
            S("no title: put `---`, `title: Terms`, `---` in front"));
    text_check(v, &text);
}

static void pages_others(const struct inventory *v) {
    const str *names = NULL;
    size_t count = 0;
    if (files_list(v->mem, v->house->dir, S("pages"), &names, &count).code != ERR_NONE)
        return;
    for (size_t i = 0; i < count; i++)
        if (!str_ends(names[i], S(".md")) && !str_starts(names[i], S(".")))
            advise(v, (struct place){.file = JOIN(v->mem, S("pages/"), names[i])},
                S("this is not read: a page is a file that ends in .md"));
}

/* ---- courses ---- */

static bool invites(const struct shop *shop, const struct product *p) {
    for (size_t i = 0; i < shop->step_count; i++) {
        const struct shop_step *s = &shop->steps[i];
        if (shop_owes(p, s->id) && str_is(s->does, S("academy.invite")))
            return true;
    }
    return false;
}

static void lesson_check(const struct inventory *v, str folder, str name) {
    str file = JOIN(v->mem, folder, S("/"), name);
    struct text text = {.file = file, .folder = folder};
    err e = files_read_text(v->mem, v->house->dir, file, LIMIT_PAGE, &text.bytes);
    if (e.code != ERR_NONE) {
        wrong(v, (struct place){.file = file}, e.what);
        return;
    }
    if (!page_name_is(str_part(name, 0, name.len - 3)))
        wrong(v, (struct place){.file = file},
            S("the name of a lesson is its address: small letters a-z, digits and dashes"));
    text_check(v, &text);
}

static size_t lessons_check(const struct inventory *v, str folder) {
    const str *names = NULL;
    size_t count = 0, lessons = 0;
    if (!v->academy || files_list(v->mem, v->house->dir, folder, &names, &count).code != ERR_NONE)
        return 0;
    for (size_t i = 0; i < count; i++)
        if (str_ends(names[i], S(".md"))) {
            lesson_check(v, folder, names[i]);
            lessons++;
        }
    return lessons;
}

static void course_check(const struct inventory *v, const struct product *p) {
    str folder = JOIN(v->mem, S("academy/"), p->id);
    size_t lessons = lessons_check(v, folder);
    for (const struct tree *f = p->files ? p->files->first : NULL; f; f = f->next) {
        str path = JOIN(v->mem, folder, S("/"), tree_str(f)), head = {0};
        uint64_t size = 0;
        err e = files_peek(v->mem, v->house->dir, path, 1, &head, &size);
        if (e.code == ERR_ABSENT)
            e.what = JOIN(
                v->mem, S("there is no file "), path, links_guess(v->mem, v->house->dir, path));
        if (e.code != ERR_NONE)
            wrong(v, (struct place){p->at.file, f->line, f->col}, e.what);
    }
    if (!lessons && !p->files && !p->draft && invites(v->house->shop, p))
        wrong(v, p->at,
            JOIN(v->mem, S("product `"), p->id, S("`: buyers are invited to "), folder,
                S(", but no lesson (.md) lies there and `files` names none")));
}

static void courses_others(const struct inventory *v) {
    const struct shop *shop = v->house->shop;
    const str *names = NULL;
    size_t count = 0;
    if (!shop->product_count /* said already */
        || files_list(v->mem, v->house->dir, S("academy"), &names, &count).code != ERR_NONE)
        return;
    str *ids = arena_array(v->mem, shop->product_count + 1, sizeof(*ids));
    for (size_t i = 0; i < shop->product_count; i++)
        ids[i] = shop->products[i].id;
    for (size_t i = 0; i < count; i++)
        if (!shop_product(shop, names[i]) && !str_starts(names[i], S(".")))
            advise(v, (struct place){.file = JOIN(v->mem, S("academy/"), names[i])},
                JOIN(v->mem, S("no product has this id"),
                    table_guess(v->mem, names[i], ids, shop->product_count)));
}

/* ---- consents ---- */

/* The text's own place: the index-th entry of `consents:`. */
static void consent_check(const struct inventory *v, const struct consent *c, size_t index) {
    const struct tree *t = tree_find(v->house->shop->settings, S("consents"));
    struct text text = {.bytes = c->text, .whole = c->at};
    t = tree_is(t, TREE_LIST) ? t->first : NULL;
    while (t && index--)
        t = t->next;
    const struct tree *at = tree_find(t, S("text"));
    if (at && at->line) {
        text.whole.line = at->line;
        text.whole.col = at->col;
    }
    text_check(v, &text);
}

/* ---- a Jekyll site beside the shop ---- */

/* As Jekyll reads `exclude`: a pattern, or how the name begins. */
static bool is_excluded(struct arena *mem, const struct tree *list, str name) {
    for (const struct tree *t = tree_is(list, TREE_LIST) ? list->first : NULL; t; t = t->next) {
        str one = tree_str(t);
        if (str_starts(one, S("/")))
            one = str_from(one, 1);
        if (str_ends(one, S("/")))
            one = str_part(one, 0, one.len - 1);
        if (one.len && (str_starts(name, one) || !fnmatch(str_cz(mem, one), str_cz(mem, name), 0)))
            return true;
    }
    return false;
}

/* Jekyll copies every file of its folder whose name does not begin with . or _ into the site. */
static const struct {
    str name, what;
} private[] = {
    {S_INIT("var"), S_INIT("the orders of your buyers and the shop secret")},
    {S_INIT("academy"), S_INIT("what your buyers pay for")},
};

static void jekyll_check(const struct inventory *v, str file) {
    str text = {0};
    struct report unsaid = report_new(v->mem); /* what Jekyll may write and we do not read */
    if (!files_is(v->house->dir, file)
        || files_read(v->mem, v->house->dir, file, LIMIT_YAML, &text).code != ERR_NONE)
        return;
    const struct tree *settings = yaml_read(v->mem, file, text, &unsaid);
    const struct tree *list = tree_find(settings, S("exclude"));
    if (unsaid.mistakes) {
        advise(v, (struct place){.file = file},
            S("this cannot be read here: see that `exclude` names var, academy and shop.yml, or "
              "Jekyll publishes them"));
        return;
    }
    for (size_t i = 0; i < COUNT(private) && !tree_find(settings, S("source")); i++)
        if (!is_excluded(v->mem, list, private[i].name)
            && (!i || files_is_dir(v->house->dir, private[i].name)))
            wrong(v, (struct place){file, list ? list->line : 1, list ? list->col : 1},
                JOIN(v->mem, S("Jekyll would publish "), private[i].name, S(": "), private[i].what,
                    S(". Put it into `exclude`: `exclude: [shop.yml, var, academy, public]`")));
}

/* ---- the whole ---- */

static bool is_known(const struct inventory *v, const struct product *p) {
    const struct product *was = v->before ? shop_product(v->before, p->id) : NULL;
    return was && tree_is_same(was->source, p->source);
}

static void product_check(const struct inventory *v, const struct product *p) {
    struct arena_mark start = arena_mark(v->mem);
    struct text text = {.bytes = p->description, .whole = place_in(p, S("description"))};
    bool linked = str_find(p->description, S("](")) < p->description.len
                  || str_find(p->description, S("]:")) < p->description.len
                  || str_find(p->description, S("<")) < p->description.len;
    bool known = is_known(v, p);
    if (!known)
        product_picture(v, p);
    if (linked)
        text_check(v, &text);
    if (p->id.len && !known)
        course_check(v, p);
    arena_back(v->mem, start);
}

void inventory(struct arena *mem, const struct house_shop *house, const struct shop *before,
    struct report *report) {
    struct arena *scratch = arena_new(LIMIT_SHOP_ARENA);
    const struct shop *shop = house->shop;
    struct inventory v = {scratch, house, before, report, links_new(scratch, house),
        files_is_dir(house->dir, S("academy"))};
    for (size_t i = 0; i < house->site.page_count; i++)
        page_check(&v, &house->site.pages[i]);
    pages_others(&v);
    for (size_t i = 0; i < shop->consent_count; i++)
        consent_check(&v, &shop->consents[i], i);
    for (size_t i = 0; i < shop->product_count; i++)
        product_check(&v, &shop->products[i]);
    courses_others(&v);
    jekyll_check(&v, S("_config.yml"));
    jekyll_check(&v, S("_config.yaml"));
    arena_free(scratch);
}
