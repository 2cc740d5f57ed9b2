#include "page/mark.h"

#include "base/limits.h"
#include "page/escape.h"

#include <md4c.h>

enum manner { MARK_HTML, MARK_LABEL, MARK_TEXT };

enum { LINKS_MAX = 32 };

struct marking {
    struct arena *mem;
    struct buf out;
    enum manner manner;
    str base, input;
    unsigned outline[6];     /* levels as written, of the headings above this one */
    unsigned headings;       /* how many those are */
    int image;               /* within so many images: only their words count */
    int depth;               /* of links */
    bool dropped[LINKS_MAX]; /* links whose address must not be followed */
    str address[LINKS_MAX];  /* of open links, for letters */
};

static void add(struct marking *m, const char *text) {
    buf_add(&m->out, str_of(text));
}

/* md4c 0.4.8 reads past an unfinished link title at the end of the input, `[](0'`, and hands out
 * what it found there; with a NUL behind it does not (14 million fuzzed inputs); cut it anyway. */
static str within(const struct marking *m, str text) {
    uintptr_t from = (uintptr_t)m->input.ptr;
    uintptr_t at = (uintptr_t)text.ptr;
    if (at < from || at > from + m->input.len)
        return text;
    size_t left = m->input.len - (size_t)(at - from);
    return text.len > left ? str_part(text, 0, left) : text;
}

static void add_escaped(struct marking *m, str text) {
    enum escape how = m->manner == MARK_TEXT ? ESCAPE_NONE
                      : m->image             ? ESCAPE_ATTRIBUTE
                                             : ESCAPE_TEXT;
    escape_add(&m->out, how, text);
}

/* ---- entities: in addresses they are resolved first, so that none hides a scheme ---- */

static void add_character(struct buf *b, uint32_t c) {
    if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
        c = 0xfffd;
    if (c < 0x80) {
        buf_byte(b, (char)c);
        return;
    }
    int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const unsigned char lead[] = {0, 0xc0, 0xe0, 0xf0};
    buf_byte(b, (char)(lead[more] | (c >> (6 * more))));
    while (more-- > 0)
        buf_byte(b, (char)(0x80 | ((c >> (6 * more)) & 0x3f)));
}

static uint32_t number_of(str digits, uint32_t base) {
    uint32_t number = 0;
    for (size_t i = 0; i < digits.len && number <= 0x10ffff; i++) {
        char c = digits.ptr[i];
        uint32_t digit = c <= '9' ? (uint32_t)(c - '0') : (uint32_t)((c | 0x20) - 'a' + 10);
        number = number * base + digit;
    }
    return number;
}

/* An entity we do not know stays the characters it is written with: harmless, as & is escaped. */
static void add_entity(struct buf *b, str entity) {
    static const struct {
        str name, text;
    } known[] = {{S_INIT("&amp;"), S_INIT("&")}, {S_INIT("&lt;"), S_INIT("<")},
        {S_INIT("&gt;"), S_INIT(">")}, {S_INIT("&quot;"), S_INIT("\"")},
        {S_INIT("&apos;"), S_INIT("'")}, {S_INIT("&nbsp;"), S_INIT("\xc2\xa0")}};
    str inner = str_part(entity, 1, entity.len - 2);
    if (str_starts(inner, S("#x")) || str_starts(inner, S("#X"))) {
        add_character(b, number_of(str_from(inner, 2), 16));
        return;
    }
    if (str_starts(inner, S("#"))) {
        add_character(b, number_of(str_from(inner, 1), 10));
        return;
    }
    for (size_t i = 0; i < COUNT(known); i++)
        if (str_is(known[i].name, entity)) {
            buf_add(b, known[i].text);
            return;
        }
    buf_add(b, entity);
}

static str attribute(struct marking *m, const MD_ATTRIBUTE *a) {
    struct buf b = buf_new(m->mem, LIMIT_PAGE);
    for (size_t i = 0; a->size && a->substr_offsets[i] < a->size; i++) {
        size_t from = a->substr_offsets[i];
        str part = within(m, (str){a->text + from, a->substr_offsets[i + 1] - from});
        if (a->substr_types[i] == MD_TEXT_ENTITY)
            add_entity(&b, part);
        else if (a->substr_types[i] == MD_TEXT_NULLCHAR)
            buf_add(&b, S("\xef\xbf\xbd"));
        else
            buf_add(&b, part);
    }
    return buf_str(&b);
}

static void add_attribute(struct marking *m, const char *name, enum escape how, str value) {
    add(m, " ");
    add(m, name);
    add(m, "=\"");
    escape_add(&m->out, how, value);
    add(m, "\"");
}

/* ---- blocks ---- */

struct block {
    const char *open, *close;
};

/* clang-format off */
static const struct block blocks[] = {
    [MD_BLOCK_DOC] = {"", ""},
    [MD_BLOCK_QUOTE] = {"<blockquote>\n", "</blockquote>\n"},
    [MD_BLOCK_UL] = {"<ul>\n", "</ul>\n"},
    [MD_BLOCK_OL] = {"<ol", "</ol>\n"},
    [MD_BLOCK_LI] = {"<li>", "</li>\n"},
    [MD_BLOCK_HR] = {"<hr>\n", ""},
    [MD_BLOCK_H] = {"<h", "</h"},
    [MD_BLOCK_CODE] = {"<pre><code>", "</code></pre>\n"},
    [MD_BLOCK_HTML] = {"", ""},
    [MD_BLOCK_P] = {"<p>", "</p>\n"},
    [MD_BLOCK_TABLE] = {"<div class=\"table\"><table>\n", "</table></div>\n"},
    [MD_BLOCK_THEAD] = {"<thead>\n", "</thead>\n"},
    [MD_BLOCK_TBODY] = {"<tbody>\n", "</tbody>\n"},
    [MD_BLOCK_TR] = {"<tr>", "</tr>\n"},
    [MD_BLOCK_TH] = {"<th", "</th>"},
    [MD_BLOCK_TD] = {"<td", "</td>"},
};
/* clang-format on */

/* The page's own title is the first heading, and no level is left out below it, whatever the owner
 * began with: readers who hear a page go by its outline. */
static void heading(struct marking *m, const void *detail) {
    const MD_BLOCK_H_DETAIL *h = detail;
    while (m->headings && m->outline[m->headings - 1] >= h->level)
        m->headings--;
    m->outline[m->headings++] = h->level;
    buf_format(&m->out, "%u>", m->headings < 6 ? m->headings + 1 : 6);
}

static void ordered(struct marking *m, const void *detail) {
    const MD_BLOCK_OL_DETAIL *ol = detail;
    if (ol->start != 1)
        buf_format(&m->out, " start=\"%u\"", ol->start);
    add(m, ">\n");
}

static void cell(struct marking *m, const void *detail) {
    static const char *const classes[] = {[MD_ALIGN_DEFAULT] = ">",
        [MD_ALIGN_LEFT] = ">",
        [MD_ALIGN_CENTER] = " class=\"center\">",
        [MD_ALIGN_RIGHT] = " class=\"right\">"};
    const MD_BLOCK_TD_DETAIL *td = detail;
    add(m, classes[td->align]);
}

static int block_enter(MD_BLOCKTYPE type, void *detail, void *self) {
    struct marking *m = self;
    if (m->manner != MARK_HTML) {
        if (m->out.len && (type == MD_BLOCK_P || type == MD_BLOCK_LI || type == MD_BLOCK_H))
            add(m, " ");
        return 0;
    }
    add(m, blocks[type].open);
    if (type == MD_BLOCK_H)
        heading(m, detail);
    else if (type == MD_BLOCK_OL)
        ordered(m, detail);
    else if (type == MD_BLOCK_TH || type == MD_BLOCK_TD)
        cell(m, detail);
    return 0;
}

static int block_leave(MD_BLOCKTYPE type, void *detail, void *self) {
    struct marking *m = self;
    if (m->manner != MARK_HTML)
        return 0;
    add(m, blocks[type].close);
    if (type == MD_BLOCK_H) {
        heading(m, detail);
        add(m, "\n");
    }
    return 0;
}

/* ---- spans ---- */

static str absolute(const struct marking *m, str address) {
    bool relative = str_starts(address, S("/")) && !str_starts(address, S("//"));
    return relative && m->manner != MARK_HTML ? JOIN(m->mem, m->base, address) : address;
}

str mark_neighbour(struct arena *mem, str base, str address) {
    bool other = !address.len || strchr("/#?", address.ptr[0])
                 || str_find_byte(address, ':') < str_find_byte(address, '/');
    if (other)
        return address;
    size_t end = str_find_byte(address, '#');
    size_t query = str_find_byte(address, '?');
    end = query < end ? query : end;
    str path = str_part(address, 0, end);
    if (str_starts(path, S("./")) || str_starts(path, S("../")))
        path = str_from(path, path.ptr[1] == '/' ? 2 : 3);
    if (str_ends(path, S(".md")))
        path = JOIN(mem, str_part(path, 0, path.len - 3), S("/"));
    return JOIN(mem, base, path, str_from(address, end));
}

static str beside(const struct marking *m, str address) {
    bool page = m->manner == MARK_HTML && m->base.len;
    return page ? mark_neighbour(m->mem, m->base, address) : address;
}

static void link_open(struct marking *m, const MD_SPAN_A_DETAIL *a) {
    str address = beside(m, absolute(m, attribute(m, &a->href)));
    bool bad = !escape_address_is(address);
    if (m->depth < LINKS_MAX) {
        m->dropped[m->depth] = bad;
        m->address[m->depth] = address;
    }
    m->depth++;
    if (bad || m->image || m->depth > LINKS_MAX || m->manner == MARK_TEXT)
        return;
    add(m, "<a");
    add_attribute(m, "href", ESCAPE_URL, address);
    if (a->title.size)
        add_attribute(m, "title", ESCAPE_ATTRIBUTE, attribute(m, &a->title));
    if (m->manner == MARK_LABEL)
        add(m, " target=\"_blank\" rel=\"noopener\"");
    add(m, ">");
}

static void link_close(struct marking *m) {
    m->depth--;
    if (m->depth >= LINKS_MAX || m->dropped[m->depth] || m->image)
        return;
    if (m->manner != MARK_TEXT) {
        add(m, "</a>");
        return;
    }
    add(m, " (");
    buf_add(&m->out, m->address[m->depth]);
    add(m, ")");
}

/* What an image says is its words; they follow as text until it ends. */
static void image_open(struct marking *m, const MD_SPAN_IMG_DETAIL *i) {
    str address = beside(m, attribute(m, &i->src));
    bool good = escape_address_is(address) && !str_starts(address, S("mailto:"));
    if (m->image++ || m->manner != MARK_HTML)
        return;
    add(m, "<img");
    if (good)
        add_attribute(m, "src", ESCAPE_URL, address);
    if (i->title.size)
        add_attribute(m, "title", ESCAPE_ATTRIBUTE, attribute(m, &i->title));
    add(m, " loading=\"lazy\" alt=\"");
}

static void image_close(struct marking *m) {
    if (--m->image == 0 && m->manner == MARK_HTML)
        add(m, "\">");
}

static void simple(struct marking *m, MD_SPANTYPE type, bool opening) {
    static const struct block spans[] = {
        [MD_SPAN_EM] = {"<em>", "</em>"},
        [MD_SPAN_STRONG] = {"<strong>", "</strong>"},
        [MD_SPAN_CODE] = {"<code>", "</code>"},
    };
    if (m->image || m->manner == MARK_TEXT || type >= COUNT(spans) || !spans[type].open)
        return;
    add(m, opening ? spans[type].open : spans[type].close);
}

static int span_enter(MD_SPANTYPE type, void *detail, void *self) {
    if (type == MD_SPAN_A)
        link_open(self, detail);
    else if (type == MD_SPAN_IMG)
        image_open(self, detail);
    else
        simple(self, type, true);
    return 0;
}

static int span_leave(MD_SPANTYPE type, void *detail, void *self) {
    if (type == MD_SPAN_A)
        link_close(self);
    else if (type == MD_SPAN_IMG)
        image_close(self);
    else
        simple(self, type, false);
    return 0;
}

static void entity(struct marking *m, str text) {
    if (m->manner == MARK_TEXT)
        add_entity(&m->out, text);
    else
        buf_add(&m->out, text);
}

static int text(MD_TEXTTYPE type, const MD_CHAR *ptr, MD_SIZE size, void *self) {
    struct marking *m = self;
    str t = within(m, (str){ptr, size});
    bool page = m->manner == MARK_HTML && !m->image;
    if (type == MD_TEXT_NULLCHAR)
        add(m, "\xef\xbf\xbd");
    else if (type == MD_TEXT_BR)
        add(m, page ? "<br>\n" : " ");
    else if (type == MD_TEXT_SOFTBR)
        add(m, page ? "\n" : " ");
    else if (type == MD_TEXT_ENTITY)
        entity(m, t);
    else
        add_escaped(m, t);
    return 0;
}

enum { FLAVOUR = MD_FLAG_TABLES | MD_FLAG_NOHTMLBLOCKS | MD_FLAG_NOHTMLSPANS };

static str mark(struct arena *mem, str markdown, enum manner manner, str base) {
    static const MD_PARSER parser = {
        .flags = FLAVOUR,
        .enter_block = block_enter,
        .leave_block = block_leave,
        .enter_span = span_enter,
        .leave_span = span_leave,
        .text = text,
    };
    struct marking m = {
        .mem = mem, .out = buf_new(mem, LIMIT_PAGE), .manner = manner, .base = base};
    if (markdown.len > LIMIT_PAGE)
        return S("");
    m.input = (str){str_cz(mem, markdown), markdown.len};
    md_parse(m.input.ptr, (MD_SIZE)m.input.len, &parser, &m);
    return buf_str(&m.out);
}

static struct tree *html_value(struct arena *mem, str html) {
    struct tree *t = tree_text(mem, html);
    t->kind = TREE_HTML;
    return t;
}

struct tree *mark_html(struct arena *mem, str markdown) {
    return html_value(mem, mark(mem, markdown, MARK_HTML, S("")));
}

struct tree *mark_lesson(struct arena *mem, str markdown, str base) {
    return html_value(mem, mark(mem, markdown, MARK_HTML, base));
}

struct tree *mark_label(struct arena *mem, str markdown, str base) {
    return html_value(mem, mark(mem, markdown, MARK_LABEL, base));
}

struct tree *mark_text(struct arena *mem, str markdown, str base) {
    return tree_text(mem, mark(mem, markdown, MARK_TEXT, base));
}

/* ---- only the links ---- */

struct linking {
    struct marking marking; /* for its attribute() */
    struct tree *links;
};

static int block_skip(MD_BLOCKTYPE type, void *detail, void *self) {
    return 0;
}

static int span_skip(MD_SPANTYPE type, void *detail, void *self) {
    return 0;
}

static int text_skip(MD_TEXTTYPE type, const MD_CHAR *ptr, MD_SIZE size, void *self) {
    return 0;
}

static int link_note(MD_SPANTYPE type, void *detail, void *self) {
    struct linking *l = self;
    bool picture = type == MD_SPAN_IMG;
    if (!picture && type != MD_SPAN_A)
        return 0;
    const MD_ATTRIBUTE *address = picture ? &((const MD_SPAN_IMG_DETAIL *)detail)->src
                                          : &((const MD_SPAN_A_DETAIL *)detail)->href;
    struct tree *t = tree_add(l->links, tree_map(l->marking.mem));
    tree_put_text(l->marking.mem, t, S("address"), attribute(&l->marking, address));
    tree_put_bool(l->marking.mem, t, S("picture"), picture);
    return 0;
}

struct tree *mark_links(struct arena *mem, str markdown) {
    static const MD_PARSER parser = {
        .flags = FLAVOUR,
        .enter_block = block_skip,
        .leave_block = block_skip,
        .enter_span = link_note,
        .leave_span = span_skip,
        .text = text_skip,
    };
    struct linking l = {.marking = {.mem = mem}, .links = tree_list(mem)};
    if (markdown.len > LIMIT_PAGE)
        return l.links;
    l.marking.input = (str){str_cz(mem, markdown), markdown.len};
    md_parse(l.marking.input.ptr, (MD_SIZE)markdown.len, &parser, &l);
    return l.links;
}
