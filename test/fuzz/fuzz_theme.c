/* Every page and HTML letter of the built-in theme with one text in all its holes: whatever it is,
 * the tags are those of the page that says "x" there.
 * Input: a byte that chooses the page, then the text. */
#include "../page/fixture.h"
#include "../page/tags.h"
#include "base/encode.h"
#include "page/render.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Holes for addresses: the view's own, which render refuses with a scheme that no page may have. */
static bool is_address(str name) {
    static const str names[] = {S_INIT("path"), S_INIT("url"), S_INIT("link"), S_INIT("page"),
        S_INIT("pages"), S_INIT("api"), S_INIT("style"), S_INIT("action"), S_INIT("buy"),
        S_INIT("image"), S_INIT("canonical"), S_INIT("find"), S_INIT("icon"), S_INIT("form"),
        S_INIT("files"), S_INIT("belongings")};
    for (size_t i = 0; i < COUNT(names); i++)
        if (str_is(names[i], name))
            return true;
    return false;
}

static void fill(struct tree *t, str text) {
    if (t->kind == TREE_TEXT && t->text.len && !is_address(t->name))
        t->text = text;
    for (struct tree *child = t->first; child; child = child->next)
        fill(child, text);
}

static str page_of(struct arena *mem, const struct shop *shop, size_t i, str text) {
    struct tree *view = tree_copy(mem, fixture_view(mem, shop, i, S("Ola Nowak")));
    str out = {0};
    fill(view, text);
    err e = render(mem, fixture_theme(mem), fixture_template(mem, shop, i), view, &out);
    assert(e.code == ERR_NONE);
    return tags_of(mem, out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2 || size > 2048)
        return 0;
    struct arena *mem = arena_new((size_t)128 << 20);
    const struct shop *shop = fixture_shop(mem, data[0] & 1 ? S("en") : S("pl"), false);
    size_t i = (data[0] >> 1) % fixture_count();
    str text = {(const char *)data + 1, size - 1};
    if (!str_ends(fixture_template(mem, shop, i), S(".txt")))
        assert(str_is(page_of(mem, shop, i, text), page_of(mem, shop, i, S("x"))));
    arena_free(mem);
    return 0;
}
