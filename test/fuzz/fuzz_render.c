/* fuzz_render: any template with any text in its holes. The text must not change the tags of the
 * page,
 * and reading must end without touching what is not its own.
 * Input: the template, a NUL byte, the text. */
#include "../page/tags.h"
#include "page/mark.h"
#include "page/render.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct tree *view_of(struct arena *mem, str text) {
    struct tree *v = tree_map(mem);
    tree_put_text(mem, v, S("a"), text);
    struct tree *list = tree_put(v, S("b"), tree_list(mem));
    tree_put_text(mem, tree_add(list, tree_map(mem)), S("a"), text);
    tree_add(list, tree_text(mem, text));
    tree_put(v, S("c"), mark_html(mem, S("*c*")));
    tree_put_bool(mem, v, S("d"), false);
    return v;
}

static bool page_of(struct arena *mem, const struct theme *theme, str text, str *out) {
    return render(mem, theme, S("it.html"), view_of(mem, text), out).code == ERR_NONE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    str input = {(const char *)data, size};
    size_t end = str_find_byte(input, '\0');
    str text = str_from(input, end + 1);
    struct arena *mem = arena_new((size_t)64 << 20);
    const struct theme_file files[] = {{S("it.html"), str_part(input, 0, end)},
        {S("part.html"), S("<p>{{a}}</p>")}, {S("it.txt"), str_part(input, 0, end)}};
    struct report report = report_new(mem);
    const struct theme *theme = theme_read(mem, files, COUNT(files), &report);
    str hostile = {0};
    str plain = {0};
    if (text.len && size < 4096 && page_of(mem, theme, text, &hostile)
        && page_of(mem, theme, S("x"), &plain))
        assert(str_is(tags_of(mem, hostile), tags_of(mem, plain)));
    mark_html(mem, text);
    mark_text(mem, text, S("https://a.example"));
    arena_free(mem);
    return 0;
}
