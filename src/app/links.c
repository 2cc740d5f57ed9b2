#include "app/links.h"

#include "base/encode.h"
#include "base/limits.h"
#include "base/table.h"
#include "http/type.h"
#include "io/files.h"
#include "page/escape.h"
#include "page/mark.h"
#include "shop/wish.h"

enum { REMEMBERED = 256 };

struct links {
    struct arena *mem;
    const struct house_shop *house;
    bool elsewhere;
    str good[REMEMBERED]; /* paths that were found */
    size_t good_count;
};

struct links *links_new(struct arena *mem, const struct house_shop *house) {
    static const str others[] = {S_INIT("_config.yml"), S_INIT("_config.yaml"), S_INIT("hugo.toml"),
        S_INIT("hugo.yaml"), S_INIT("config.toml"), S_INIT("eleventy.config.js"),
        S_INIT(".eleventy.js")};
    struct links *l = NEW(mem, struct links);
    *l = (struct links){.mem = mem, .house = house};
    for (size_t i = 0; i < COUNT(others); i++)
        l->elsewhere |= files_is(house->dir, others[i]);
    return l;
}

bool links_are_elsewhere(const struct links *l) {
    return l->elsewhere;
}

/* Without what stands behind ? and #. */
static str bare(str address) {
    str path = str_part(address, 0, str_find_byte(address, '#'));
    return str_part(path, 0, str_find_byte(path, '?'));
}

bool links_file(struct arena *mem, str address, str *out) {
    str path = {0};
    if (!percent_read(mem, bare(address), false, &path))
        return false;
    while (str_starts(path, S("/")))
        path = str_from(path, 1);
    *out = path;
    return path.len > 0;
}

str links_guess(struct arena *mem, str dir, str path) {
    size_t slash = path.len;
    while (slash > 0 && path.ptr[slash - 1] != '/')
        slash--;
    const str *names = NULL;
    size_t count = 0;
    str folder = str_part(path, 0, slash ? slash - 1 : 0);
    if (files_list(mem, dir, folder, &names, &count).code != ERR_NONE)
        return S("");
    str name = str_from(path, slash);
    for (size_t i = 0; i < count; i++)
        if (!str_is(names[i], name) && str_is_like(names[i], name))
            return JOIN(mem, S(", did you mean `"), names[i], S("`? Capital letters matter"));
    return table_guess(mem, name, names, count);
}

/* ---- pages of this shop ---- */

static bool page_is(struct links *l, str path) {
    for (size_t i = 0; i < l->good_count; i++)
        if (str_is(l->good[i], path))
            return true;
    struct arena *scratch = arena_new(LIMIT_REQUEST_ARENA);
    struct site_file file;
    bool is = site_render(scratch, &l->house->site, path, &file).code != ERR_ABSENT;
    arena_free(scratch);
    if (is && l->good_count < REMEMBERED)
        l->good[l->good_count++] = str_copy(l->mem, path);
    return is;
}

static str page_guess(struct links *l, str path) {
    const struct site *site = &l->house->site;
    str slashed = JOIN(l->mem, path, S("/"));
    if (page_is(l, slashed))
        return JOIN(l->mem, S(", did you mean `"), slashed, S("`?"));
    str *names = arena_array(l->mem, site->page_count + 1, sizeof(*names));
    for (size_t i = 0; i < site->page_count; i++)
        names[i] = JOIN(l->mem, S("/"), site->pages[i].name, S("/"));
    return table_guess(l->mem, path, names, site->page_count);
}

static str rooted_fault(struct links *l, str address, bool picture, str *file) {
    str path = bare(address), decoded = {0};
    if (l->elsewhere)
        return S("");
    if (picture || str_starts(path, S("/images/"))) {
        if (!links_file(l->mem, address, &decoded) || !str_starts(decoded, S("images/")))
            return JOIN(l->mem, S("`"), address,
                S("` is not served: pictures lie in the folder images, like /images/moa.jpg"));
        if (picture)
            *file = decoded;
        else if (!files_is(l->house->dir, decoded))
            return JOIN(
                l->mem, S("there is no "), decoded, links_guess(l->mem, l->house->dir, decoded));
        return S("");
    }
    bool unread = !l->house->shop->product_count
                  && (str_starts(path, S("/p/")) || str_starts(path, S("/buy/")));
    if (unread || page_is(l, path)) /* the catalogue did not read: said already */
        return S("");
    return JOIN(l->mem, S("the link `"), address, S("` leads nowhere: the shop has no such page"),
        page_guess(l, path));
}

/* Of what a lesson may link to: lessons, files of the product, what lessons show. */
static bool course_has(struct links *l, str folder, str path) {
    const struct product *p = shop_product(l->house->shop, str_from(folder, 8));
    str whole = JOIN(l->mem, folder, S("/"), path);
    if (str_ends(path, S("/")))
        return files_is(l->house->dir, JOIN(l->mem, str_part(whole, 0, whole.len - 1), S(".md")));
    if (!str_starts(path, S("files/")))
        return type_is_shown(path) && files_is(l->house->dir, whole);
    const struct tree *t = p && p->files ? p->files->first : NULL;
    while (t && !str_is(tree_str(t), str_from(path, 6)))
        t = t->next;
    return t;
}

static str course_guess(struct links *l, str folder, str path) {
    const str near[] = {JOIN(l->mem, path, S("/")), JOIN(l->mem, S("files/"), path)};
    for (size_t i = 0; i < COUNT(near); i++)
        if (course_has(l, folder, near[i]))
            return JOIN(l->mem, S(", did you mean `"), near[i], S("`?"));
    if (str_ends(path, S("/")))
        path = JOIN(l->mem, str_part(path, 0, path.len - 1), S(".md"));
    return links_guess(l->mem, l->house->dir, JOIN(l->mem, folder, S("/"), path));
}

static bool is_hidden(str path) {
    str part = {0};
    while (str_cut(&path, '/', &part))
        if (str_starts(part, S(".")))
            return true;
    return false;
}

static str relative_fault(struct links *l, str address, bool picture, str folder, str *file) {
    str path = {0};
    if (!folder.len)
        return JOIN(l->mem, S("`"), address,
            S("` is relative, and this text stands on several pages: begin it with /"));
    if (!links_file(l->mem, mark_neighbour(l->mem, S(""), address), &path))
        return S(""); /* "../": the first lesson */
    if (is_hidden(path))
        return JOIN(l->mem, S("`"), address,
            S("` leads out of the course: its buyers see what lies in "), folder, S(" only"));
    if (picture)
        *file = JOIN(l->mem, folder, S("/"), path);
    else if (!course_has(l, folder, path))
        return JOIN(l->mem, S("the link `"), address,
            S("` leads nowhere: the course has no such lesson, picture or file"),
            course_guess(l, folder, path));
    return S("");
}

str links_fault(struct links *l, str address, bool picture, str folder, str *file) {
    bool whole = str_starts(address, S("https://")) || str_starts(address, S("http://"))
                 || str_starts(address, S("//"));
    if (!address.len)
        return S("a link without an address");
    if (!escape_address_is(address) || (picture && str_starts(address, S("mailto:"))))
        return JOIN(l->mem, S("`"), address,
            S("` is no address that a page may have: https://…, mailto:… or /…"));
    if (str_starts(address, S("mailto:"))) {
        str to = str_part(bare(address), 7, address.len);
        return email_is(to) ? S("") : JOIN(l->mem, S("`"), to, S("` is not an e-mail address"));
    }
    if (whole || str_starts(address, S("#")))
        return S("");
    return str_starts(address, S("/")) ? rooted_fault(l, address, picture, file)
                                       : relative_fault(l, address, picture, folder, file);
}
