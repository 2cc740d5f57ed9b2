#include "base/report.h"

#include "base/limits.h"
#include "base/tree.h"

struct report report_new(struct arena *mem) {
    return (struct report){.mem = mem};
}

void report_add(struct report *r, enum report_level level, struct place at, str sentence) {
    r->mistakes += level == REPORT_MISTAKE;
    if (r->rows++ >= LIMIT_REPORT_ROWS)
        return;
    struct report_row *row = NEW(r->mem, struct report_row);
    *row = (struct report_row){.level = level, .at = at, .sentence = str_copy(r->mem, sentence)};
    row->at.file = str_copy(r->mem, at.file);
    if (r->last)
        r->last->next = row;
    else
        r->first = row;
    r->last = row;
}

static int row_order(const struct report_row *a, const struct report_row *b) {
    int order = str_order(a->at.file, b->at.file);
    if (!order)
        order = (a->at.line > b->at.line) - (a->at.line < b->at.line);
    if (!order)
        order = (a->at.col > b->at.col) - (a->at.col < b->at.col);
    return order;
}

/* Insertion: a thousand rows at most, nearly sorted, and equal ones keep their order. */
void report_sort(struct report *r) {
    struct report_row *sorted = NULL;
    for (struct report_row *row = r->first, *next; row; row = next) {
        next = row->next;
        struct report_row **at = &sorted;
        while (*at && row_order(*at, row) <= 0)
            at = &(*at)->next;
        row->next = *at;
        *at = row;
    }
    r->first = sorted;
    r->last = sorted;
    while (r->last && r->last->next)
        r->last = r->last->next;
}

str report_line(struct arena *mem, const struct report_row *row) {
    static const str levels[] = {S_INIT(""), S_INIT("advice: "), S_INIT("note: ")};
    str at = row->at.file;
    if (row->at.line > 0)
        at = JOIN(mem, at, S(":"), str_int(mem, row->at.line), S(":"), str_int(mem, row->at.col));
    return JOIN(mem, at, S(": "), levels[row->level], row->sentence);
}

struct tree *report_view(struct arena *mem, const struct report *r) {
    static const str levels[] = {S_INIT("mistake"), S_INIT("advice"), S_INIT("note")};
    struct tree *list = tree_list(mem);
    for (const struct report_row *row = r->first; row; row = row->next) {
        struct tree *t = tree_add(list, tree_map(mem));
        tree_put_text(mem, t, S("level"), levels[row->level]);
        tree_put_text(mem, t, S("file"), row->at.file);
        tree_put_int(mem, t, S("line"), row->at.line);
        tree_put_int(mem, t, S("column"), row->at.col);
        tree_put_text(mem, t, S("sentence"), row->sentence);
    }
    return list;
}
