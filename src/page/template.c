#include "page/template.h"

#include "page/pieces.h"
#include "page/scan.h"

/* A section not closed yet. */
struct open {
    struct piece *section;
    struct scan scan;
    struct piece **tail; /* where the list goes on behind it */
    struct open *up;
};

struct reading {
    struct arena *mem;
    struct report *report;
    struct template *template;
    str text;
    size_t at;         /* read so far */
    size_t line_start; /* of the line that counting has reached */
    int line;
    bool letter; /* no markup */
    bool head;   /* of a letter */
    struct scan scan;
    struct open *open;
    struct piece **tail;
};

/* One {{…}} as it stands. */
struct tag {
    char kind; /* # ^ / > ! { or 0 */
    str name;
    size_t from, to;
    struct place at;
};

static struct place place_of(struct reading *r, size_t at) {
    if (at < r->line_start) {
        r->line_start = 0;
        r->line = 1;
    }
    str rest = str_part(r->text, r->line_start, at - r->line_start);
    size_t end;
    while ((end = str_find_byte(rest, '\n')) < rest.len) {
        r->line++;
        r->line_start += end + 1;
        rest = str_from(rest, end + 1);
    }
    return (struct place){r->template->name, r->line, (int)(at - r->line_start) + 1};
}

static void mistake(struct reading *r, struct place at, str sentence) {
    r->template->broken = true;
    report_add(r->report, REPORT_MISTAKE, at, sentence);
}

static struct piece *piece_add(struct reading *r, enum piece_kind kind, str text, struct place at) {
    struct piece *p = NEW(r->mem, struct piece);
    *p = (struct piece){.kind = kind, .text = text, .at = at};
    if (kind != PIECE_TEXT)
        p->word = str_find_byte(text, '.');
    *r->tail = p;
    r->tail = &p->next;
    return p;
}

static void literal(struct reading *r, size_t from, size_t to) {
    str text = str_part(r->text, from, to - from);
    if (!text.len)
        return;
    piece_add(r, PIECE_TEXT, text, (struct place){0});
    if (r->letter) {
        size_t end = str_find(text, S("\n\n"));
        r->head = r->head && end == text.len;
        return;
    }
    size_t offset = 0;
    const char *why = scan_literal(&r->scan, text, &offset);
    if (why)
        mistake(r, place_of(r, from + offset), str_of(why));
}

static bool is_name(str name) {
    if (str_is(name, S(".")))
        return true;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
                    || c == '_' || c == '-' || c == '.' || c == '/';
        if (!good)
            return false;
    }
    return name.len > 0;
}

/* Reads the tag at r->at, which stands on "{{". False: it never ends. */
static bool tag_read(struct reading *r, struct tag *out) {
    str rest = str_from(r->text, r->at + 2);
    str end = S("}}");
    *out = (struct tag){.from = r->at, .at = place_of(r, r->at)};
    if (rest.len && memchr("#^/>!{", rest.ptr[0], 6)) {
        out->kind = rest.ptr[0];
        rest = str_from(rest, 1);
    }
    if (out->kind == '{')
        end = S("}}}");
    size_t length = str_find(rest, end);
    if (length == rest.len) {
        mistake(r, out->at, S("`{{` without its `}}`"));
        return false;
    }
    out->name = str_trim(str_part(rest, 0, length));
    out->to = (size_t)(rest.ptr - r->text.ptr) + length + end.len;
    return true;
}

static bool is_space(char c) {
    return c == ' ' || c == '\t';
}

/* Alone on its line: then the line goes with it. Gives where the text before ends and goes on. */
static void tag_alone(const struct reading *r, const struct tag *t, size_t *before, size_t *after) {
    size_t from = t->from;
    size_t to = t->to;
    *before = from;
    *after = to;
    if (t->kind == '\0' || t->kind == '{')
        return;
    while (from > 0 && is_space(r->text.ptr[from - 1]))
        from--;
    while (to < r->text.len && is_space(r->text.ptr[to]))
        to++;
    if (to < r->text.len && r->text.ptr[to] == '\r')
        to++;
    if (from > 0 && r->text.ptr[from - 1] != '\n')
        return;
    if (to < r->text.len && r->text.ptr[to] != '\n')
        return;
    *before = from;
    *after = to < r->text.len ? to + 1 : to;
}

/* Says why there must be no tag here; null when there may. */
static bool allowed(struct reading *r, const struct tag *t, const char *why) {
    if (!why)
        return true;
    str text = str_part(r->text, t->from, t->to - t->from);
    mistake(r, t->at, JOIN(r->mem, S("`"), text, S("` must not stand "), str_of(why)));
    return false;
}

static void hole(struct reading *r, const struct tag *t) {
    enum escape how = r->head ? ESCAPE_LINE : ESCAPE_NONE;
    if (!r->letter && !allowed(r, t, scan_hole(&r->scan, &how)))
        return;
    piece_add(r, PIECE_HOLE, t->name, t->at)->escape = how;
}

static void html(struct reading *r, const struct tag *t) {
    if (r->letter || r->scan.where != SCAN_TEXT)
        allowed(r, t, "anywhere but between tags");
    else
        piece_add(r, PIECE_HTML, t->name, t->at);
}

static void part(struct reading *r, const struct tag *t) {
    if (!r->letter && r->scan.where != SCAN_TEXT)
        allowed(r, t, "anywhere but between tags");
    else
        piece_add(r, PIECE_PART, t->name, t->at);
}

static void section(struct reading *r, const struct tag *t) {
    if (!r->letter)
        allowed(r, t, scan_pause(&r->scan));
    struct piece *p = piece_add(r, t->kind == '#' ? PIECE_SECTION : PIECE_INVERTED, t->name, t->at);
    struct open *o = NEW(r->mem, struct open);
    *o = (struct open){.section = p, .scan = r->scan, .tail = r->tail, .up = r->open};
    r->open = o;
    r->tail = &p->first;
}

static void section_end(struct reading *r, const struct tag *t) {
    struct open *o = r->open;
    if (!o || !str_is(o->section->text, t->name)) {
        str opened = o ? JOIN(r->mem, S("; open is `"), o->section->text, S("`")) : S("");
        mistake(r, t->at, JOIN(r->mem, S("`{{/"), t->name, S("}}` closes nothing"), opened));
        return;
    }
    r->open = o->up;
    r->tail = o->tail;
    if (r->letter || !allowed(r, t, scan_pause(&r->scan)))
        return;
    if (!scan_is(&o->scan, &r->scan))
        mistake(r, t->at,
            JOIN(r->mem, S("`{{#"), t->name,
                S("}}` must end where it began: between the same quotes, in the same tag")));
    r->scan = o->scan;
}

static void note(struct reading *r, const struct tag *t) {
    if (!r->letter)
        allowed(r, t, scan_pause(&r->scan));
}

static void tag_add(struct reading *r, const struct tag *t) {
    static const struct {
        char kind;
        void (*add)(struct reading *r, const struct tag *t);
    } kinds[] = {{'\0', hole}, {'{', html}, {'#', section}, {'^', section}, {'/', section_end},
        {'>', part}, {'!', note}};
    if (t->kind != '!' && !is_name(t->name)) {
        mistake(r, t->at, JOIN(r->mem, S("`"), t->name, S("` is not a name")));
        return;
    }
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (kinds[i].kind == t->kind)
            kinds[i].add(r, t);
}

static void end(struct reading *r) {
    struct place at = place_of(r, r->text.len);
    for (const struct open *o = r->open; o; o = o->up)
        mistake(
            r, o->section->at, JOIN(r->mem, S("`{{#"), o->section->text, S("}}` is never closed")));
    if (!r->letter && !r->template->broken && r->scan.where != SCAN_TEXT)
        mistake(r, at, S("the file ends inside a tag, comment or script"));
}

struct template *template_read(struct arena *mem, str name, str text, struct report *report) {
    struct template *t = NEW(mem, struct template);
    t->name = name;
    struct reading r = {.mem = mem,
        .report = report,
        .template = t,
        .text = text,
        .line = 1,
        .letter = str_ends(name, S(".txt")),
        .tail = &t->first};
    r.head = r.letter && str_starts(text, S("Subject:"));
    for (;;) {
        size_t next = r.at + str_find(str_from(text, r.at), S("{{"));
        size_t from = r.at;
        struct tag tag;
        r.at = next;
        if (next == text.len || !tag_read(&r, &tag)) {
            literal(&r, from, text.len);
            break;
        }
        size_t before = next;
        tag_alone(&r, &tag, &before, &r.at);
        literal(&r, from, before < from ? from : before);
        tag_add(&r, &tag);
    }
    end(&r);
    return t;
}
