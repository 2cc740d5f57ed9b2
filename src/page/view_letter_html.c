#include "page/view.h"

/* The HTML of a letter is made from its text: blank lines part paragraphs, what begins with two
 * blanks is to be typed, addresses become links. So both say the same, in every language. */

static size_t address_at(str text) {
    for (size_t at = 0; at < text.len; at++) {
        at += str_find(str_from(text, at), S("http"));
        str behind = str_from(text, at + 4);
        if (str_starts(behind, S("://")) || str_starts(behind, S("s://")))
            return at;
    }
    return text.len;
}

static bool ends_address(char c) {
    return c == ' ' || c == '\t' || c == '<' || c == '>' || c == '"' || c == '\'';
}

/* To the first blank; a full stop or comma behind it belongs to the sentence. */
static size_t address_size(str text) {
    size_t size = 0;
    while (size < text.len && !ends_address(text.ptr[size]))
        size++;
    while (size > 0 && str_find_byte(S(".,;:!?)"), text.ptr[size - 1]) < 7)
        size--;
    return size;
}

static void piece_add(struct arena *mem, struct tree *list, str url, str text) {
    struct tree *t = tree_add(list, tree_map(mem));
    tree_put(t, S("url"), url.len ? tree_text(mem, url) : tree_none(mem));
    tree_put_text(mem, t, S("text"), text);
}

static void line_add(struct arena *mem, struct tree *lines, str line, bool more) {
    struct tree *t = tree_add(lines, tree_map(mem));
    struct tree *pieces = tree_put(t, S("pieces"), tree_list(mem));
    tree_put_bool(mem, t, S("more"), more);
    while (line.len) {
        size_t at = address_at(line);
        size_t size = address_size(str_from(line, at));
        if (at)
            piece_add(mem, pieces, S(""), str_part(line, 0, at));
        if (size)
            piece_add(mem, pieces, str_part(line, at, size), S(""));
        line = str_from(line, at + size);
        if (!at && !size)
            return;
    }
}

static bool is_typed(str line) {
    return str_starts(line, S("  ")) && str_trim(line).len > 0;
}

/* The lines at the start of *rest that are of one kind: text, or to be typed. */
static str block_cut(str *rest) {
    str all = *rest, line = {0};
    bool typed = is_typed(all);
    size_t size = 0;
    while (str_cut(rest, '\n', &line)) {
        if (!str_trim(line).len || is_typed(line) != typed) {
            *rest = str_from(all, (size_t)(line.ptr - all.ptr));
            break;
        }
        size = (size_t)(line.ptr + line.len - all.ptr);
    }
    return str_part(all, 0, size);
}

static void block_add(struct arena *mem, struct tree *list, str block) {
    struct tree *t = tree_add(list, tree_map(mem));
    str rest = block, line = {0};
    bool typed = is_typed(block);
    tree_put(t, S("code"), typed ? tree_text(mem, block) : tree_none(mem));
    struct tree *lines = tree_put(t, S("lines"), tree_list(mem));
    while (!typed && str_cut(&rest, '\n', &line))
        line_add(mem, lines, line, rest.len > 0);
}

static str subject_of(str head) {
    str rest = head, line = {0};
    while (str_cut(&rest, '\n', &line))
        if (str_starts(line, S("Subject:")))
            return str_trim(str_from(line, S("Subject:").len));
    return S("");
}

struct tree *view_letter_html(struct arena *mem, str lang, str letter) {
    struct tree *v = tree_map(mem);
    size_t head = str_find(letter, S("\n\n"));
    str rest = str_from(letter, head);
    tree_put_text(mem, v, S("lang"), lang);
    tree_put_text(mem, v, S("subject"), subject_of(str_part(letter, 0, head)));
    struct tree *list = tree_put(v, S("paragraphs"), tree_list(mem));
    while (rest.len) {
        str before = rest, line = {0};
        if (str_cut(&rest, '\n', &line) && !str_trim(line).len)
            continue;
        rest = before;
        block_add(mem, list, block_cut(&rest));
    }
    return v;
}
