#include "base/yaml.h"

#include "base/encode.h"
#include "base/limits.h"
#include "base/yaml_plain.h"

#include <yaml.h>

struct reader {
    struct arena *mem;
    str file, text;
    struct report *report;
    yaml_parser_t parser;
    yaml_event_t event;
    bool broken; /* no further event can be trusted */
    int depth;
    int nodes;
};

static void mistake(struct reader *r, yaml_mark_t at, str sentence) {
    struct place place = {r->file, (int)at.line + 1, (int)at.column + 1};
    report_add(r->report, REPORT_MISTAKE, place, sentence);
}

/* ---- what the library cannot read, in the owner's words ---- */

/* The library's words by their beginning; `opening`: the place is where the broken thing begins. */
/* clang-format off */
static const struct {
    str problem;
    bool opening;
    str sentence;
} problems[] = {
    {S_INIT("found unexpected end of stream"), true, S_INIT(
        "this quote is never closed: put the same quote at the end of the text")},
    {S_INIT("found unexpected document indicator"), true, S_INIT(
        "this quote is never closed: put the same quote at the end of the text")},
    {S_INIT("found unknown escape character"), false, S_INIT(
        "a backslash between \" and \" needs a second one: \\\\, or use ' and '")},
    {S_INIT("did not find expected ',' or ']'"), true, S_INIT(
        "the list that begins here lacks a comma or its `]`")},
    {S_INIT("did not find expected ',' or '}'"), true, S_INIT(
        "what begins here lacks a comma or its `}`; a text with `{` in front needs quotes")},
    {S_INIT("mapping values are not allowed"), false, S_INIT(
        "this colon does not fit here: put quotes around a text with a colon and a blank, or"
        " look at the indentation")},
    {S_INIT("could not find expected ':'"), true, S_INIT(
        "here is a line without a colon: every line is `name: value`, and what belongs to the"
        " line above is indented")},
    {S_INIT("did not find expected key"), false, S_INIT(
        "this line does not fit the lines above: names of one level begin in the same column,"
        " and nothing may follow a closed quote")},
    {S_INIT("did not find expected '-' indicator"), false, S_INIT(
        "this line does not fit the list above: its entries begin with `- ` in one column")},
    {S_INIT("did not find expected node content"), false, S_INIT(
        "a value is missing here, or a bracket or comma is one too many")},
    {S_INIT("block sequence entries are not"), false, S_INIT(
        "a list entry `- ` does not fit here: begin the list in a line of its own")},
    {S_INIT("found character that cannot start"), false, S_INIT(
        "a text cannot begin with this character: put quotes")},
    {S_INIT("did not find expected alphabetic"), false, S_INIT(
        "a text cannot begin with `*` or `&`: put quotes")},
    {S_INIT("did not find expected whitespace or"), false, S_INIT(
        "a text cannot begin with `!`: put quotes")},
    {S_INIT("found undefined tag handle"), false, S_INIT(
        "a text cannot begin with `!`: put quotes")},
    {S_INIT("did not find expected comment or"), false, S_INIT(
        "behind `|` or `>` the text begins in the next line")},
    {S_INIT("found a tab character"), false, S_INIT(
        "there is a tab here: use blanks")},
};
/* clang-format on */

/* The place of a byte. */
static struct place place_of(str file, str text, size_t at) {
    struct place place = {.file = file, .line = 1};
    str before = str_part(text, 0, at);
    for (size_t end; (end = str_find_byte(before, '\n')) < before.len; place.line++)
        before = str_from(before, end + 1);
    place.col = (int)utf8_length(before) + 1;
    return place;
}

/* Bytes that no text has; the library gives their offset, not their mark. */
static void bad_character(struct reader *r) {
    static const str sentence =
        S_INIT("there is an invisible control character here (such as NUL): "
               "remove it, or save the file as UTF-8 text");
    report_add(
        r->report, REPORT_MISTAKE, place_of(r->file, r->text, r->parser.problem_offset), sentence);
}

static str line_of(str text, size_t line) {
    str piece = S("");
    for (size_t i = 0; i <= line; i++)
        if (!str_cut(&text, '\n', &piece))
            return S("");
    return piece;
}

static bool is_tabbed(str line) {
    size_t i = 0;
    while (i < line.len && line.ptr[i] == ' ')
        i++;
    return i < line.len && line.ptr[i] == '\t';
}

static void problem(struct reader *r) {
    const yaml_parser_t *p = &r->parser;
    str what = str_of(p->problem);
    if (is_tabbed(line_of(r->text, p->problem_mark.line))) {
        mistake(r, p->problem_mark, S("there is a tab in front of this line: use blanks"));
        return;
    }
    for (size_t i = 0; i < COUNT(problems); i++) {
        if (!str_starts(what, problems[i].problem))
            continue;
        bool opening = problems[i].opening && p->context;
        mistake(r, opening ? p->context_mark : p->problem_mark, problems[i].sentence);
        return;
    }
    mistake(r, p->problem_mark,
        JOIN(r->mem, S("this is not YAML: "), what,
            S("; look at the indentation, at colons and at quotes")));
}

/* The next event; the one before is given back. False at a mistake of grammar, it is reported. */
static bool next(struct reader *r) {
    yaml_event_delete(&r->event);
    if (r->broken)
        return false;
    if (yaml_parser_parse(&r->parser, &r->event))
        return true;
    r->broken = true;
    if (r->parser.error == YAML_READER_ERROR)
        bad_character(r);
    else
        problem(r);
    return false;
}

/* ---- nodes ---- */

static struct tree *node(struct reader *r);

static void decorated(struct reader *r, const yaml_char_t *anchor, const yaml_char_t *tag) {
    if (anchor)
        mistake(
            r, r->event.start_mark, S("anchors (&name) are not read here: write the value out"));
    if (tag)
        mistake(r, r->event.start_mark,
            S("tags (!name) are not read here: leave it out, or put quotes around the value"));
}

static void plain_check(struct reader *r, str text) {
    str sentence = yaml_plain_mistake(r->mem, text);
    if (sentence.len)
        mistake(r, r->event.start_mark, sentence);
}

static struct tree *scalar(struct reader *r) {
    decorated(r, r->event.data.scalar.anchor, r->event.data.scalar.tag);
    const char *bytes = (const char *)r->event.data.scalar.value;
    str text = str_copy(r->mem, (str){bytes, r->event.data.scalar.length});
    bool plain = r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (memchr(bytes, 0, text.len))
        mistake(r, r->event.start_mark, S("there is a NUL character in this text: remove it"));
    if (plain)
        plain_check(r, text);
    struct tree *t = plain ? yaml_plain(r->mem, text) : tree_text(r->mem, text);
    t->quoted = !plain;
    return t;
}

static struct tree *list(struct reader *r) {
    struct tree *t = tree_list(r->mem);
    decorated(r, r->event.data.sequence_start.anchor, r->event.data.sequence_start.tag);
    while (next(r) && r->event.type != YAML_SEQUENCE_END_EVENT) {
        struct tree *child = node(r);
        if (child)
            tree_add(t, child);
    }
    return t;
}

static str key(struct reader *r) {
    if (r->event.type != YAML_SCALAR_EVENT) {
        mistake(r, r->event.start_mark,
            S("a name in front of a colon must be one word or text; put quotes around what "
              "begins with {{"));
        node(r);
        return S("");
    }
    decorated(r, r->event.data.scalar.anchor, r->event.data.scalar.tag);
    str name = str_copy(
        r->mem, (str){(const char *)r->event.data.scalar.value, r->event.data.scalar.length});
    bool plain = r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (plain && str_is(name, S("<<")))
        mistake(
            r, r->event.start_mark, S("merging with << is not read here: write the values out"));
    else if (plain)
        plain_check(r, name);
    if (!name.len)
        mistake(r, r->event.start_mark, S("there is no name in front of this colon"));
    return name;
}

static void member(struct reader *r, struct tree *map) {
    yaml_mark_t at = r->event.start_mark;
    str name = key(r);
    if (map->count >= LIMIT_YAML_KEYS) {
        mistake(r, at, S("these are more than a thousand names on one level"));
        r->broken = true;
        return;
    }
    const struct tree *twice = tree_find(map, name);
    if (twice)
        mistake(r, at,
            JOIN(r->mem, S("`"), name, S("` is here twice; the first is in line "),
                str_int(r->mem, twice->name_line)));
    if (!next(r))
        return;
    struct tree *child = node(r);
    if (!child || twice)
        return;
    child->name = name;
    child->name_line = (int)at.line + 1;
    child->name_col = (int)at.column + 1;
    tree_add(map, child);
}

static struct tree *map(struct reader *r) {
    struct tree *t = tree_map(r->mem);
    decorated(r, r->event.data.mapping_start.anchor, r->event.data.mapping_start.tag);
    while (next(r) && r->event.type != YAML_MAPPING_END_EVENT)
        member(r, t);
    return t;
}

/* The node that begins with the current event. Null when there is none to be had. */
static struct tree *node(struct reader *r) {
    yaml_mark_t at = r->event.start_mark;
    struct tree *t = NULL;
    r->depth++;
    r->nodes++;
    if (r->depth > LIMIT_YAML_DEPTH || r->nodes > LIMIT_YAML_NODES) {
        mistake(r, at,
            r->depth > LIMIT_YAML_DEPTH ? S("this is nested too deeply")
                                        : S("these are more than two million values: this is no "
                                            "catalogue"));
        r->broken = true;
        return NULL;
    }
    switch ((int)r->event.type) {
    case YAML_SCALAR_EVENT: t = scalar(r); break;
    case YAML_SEQUENCE_START_EVENT: t = list(r); break;
    case YAML_MAPPING_START_EVENT: t = map(r); break;
    case YAML_ALIAS_EVENT:
        mistake(r, at,
            S("aliases (*name) are not read here: write the value out, or put quotes around it"));
        break;
    default: break;
    }
    r->depth--;
    if (t) {
        t->line = (int)at.line + 1;
        t->col = (int)at.column + 1;
    }
    return t;
}

static const struct tree *documents(struct reader *r) {
    const struct tree *root = NULL;
    int count = 0;
    while (next(r) && r->event.type != YAML_STREAM_END_EVENT) {
        if (r->event.type != YAML_DOCUMENT_START_EVENT)
            continue;
        if (count++) {
            mistake(r, r->event.start_mark,
                S("a second document (---) begins here: a data file has one"));
            r->broken = true;
            break;
        }
        if (next(r))
            root = node(r);
    }
    return r->broken ? NULL : root;
}

/* Nothing is read when the file as a whole is not text of a bearable size. */
static bool is_readable(str file, str text, struct report *report) {
    if (text.len > LIMIT_YAML) {
        report_add(report, REPORT_MISTAKE, (struct place){.file = file},
            S("this file is too large: 64 MiB is the most"));
        return false;
    }
    if (utf8_is(text))
        return true;
    report_add(report, REPORT_MISTAKE, place_of(file, text, utf8_valid(text)),
        S("there are bytes here that are not UTF-8: save the file as UTF-8"));
    return false;
}

const struct tree *yaml_read(struct arena *mem, str file, str text, struct report *report) {
    static const str bom = S_INIT("\xef\xbb\xbf");
    if (!is_readable(file, text, report))
        return NULL;
    text = str_from(text, str_starts(text, bom) ? bom.len : 0);
    struct reader r = {.mem = mem, .file = file, .text = text, .report = report};
    if (!yaml_parser_initialize(&r.parser))
        abort();
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(
        &r.parser, (const unsigned char *)(text.len ? text.ptr : ""), text.len);
    const struct tree *root = documents(&r);
    yaml_event_delete(&r.event);
    yaml_parser_delete(&r.parser);
    return root;
}
