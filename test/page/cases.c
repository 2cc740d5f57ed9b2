#include "cases.h"

#include "base/buf.h"
#include "check.h"

str case_file(struct arena *mem, str path) {
    const char *folder = getenv("PAGES");
    CHECK("PAGES names the folder test/page", folder != NULL);
    struct buf b = buf_new(mem, 1 << 22);
    FILE *file = fopen(str_cz(mem, JOIN(mem, str_of(folder), S("/"), path)), "rb");
    char piece[4096];
    size_t got = 0;
    while (file && (got = fread(piece, 1, sizeof(piece), file)) > 0)
        buf_add(&b, (str){piece, got});
    if (file)
        fclose(file);
    return buf_str(&b);
}

/* Cuts the text before a line that is `line`, with its line break. */
static str cut(str *rest, str line) {
    size_t at = str_find(*rest, line);
    str piece = str_part(*rest, 0, at);
    *rest = str_from(*rest, at + line.len);
    return piece;
}

static struct page_case case_read(struct arena *mem, str text) {
    struct page_case c = {0};
    str name = {0};
    str_cut(&text, '\n', &name);
    c.name = str_cz(mem, name);
    text = JOIN(mem, S("\n"), text);
    for (size_t i = 0; i < CASE_PARTS && text.len; i++) {
        str part = cut(&text, S("\n----"));
        c.parts[i] = str_from(part, 1);
    }
    return c;
}

const struct page_case *cases_read(struct arena *mem, str name, size_t *count) {
    str text = JOIN(mem, S("\n"), case_file(mem, JOIN(mem, S("cases/"), name, S(".txt"))));
    /* Each row has its own line ==== and no row is shorter than that. */
    struct page_case *rows = arena_array(mem, text.len / 4 + 1, sizeof(*rows));
    cut(&text, S("\n==== "));
    *count = 0;
    while (text.len) {
        str row = cut(&text, S("\n==== "));
        if (!text.len && str_ends(row, S("\n")))
            row = str_part(row, 0, row.len - 1);
        rows[(*count)++] = case_read(mem, row);
    }
    CHECK(str_cz(mem, name), *count > 0);
    return rows;
}
