/* pieces: what a template is made of; between page/template, which reads, page/theme, which joins
 * parts, and page/render, which writes. Nobody else looks in here.
 */
#ifndef PAGE_PIECES_H
#define PAGE_PIECES_H

#include "page/escape.h"
#include "page/template.h"

enum piece_kind {
    PIECE_TEXT,     /* as it is */
    PIECE_HOLE,     /* {{a.b}} */
    PIECE_HTML,     /* {{{a.b}}} */
    PIECE_SECTION,  /* {{#a.b}} */
    PIECE_INVERTED, /* {{^a.b}} */
    PIECE_PART,     /* {{>name}} */
};

struct piece {
    enum piece_kind kind;
    enum escape escape;
    str text;    /* the text, or the name in the braces */
    size_t word; /* of a name: up to its first dot */
    struct place at;
    const struct template *part;
    struct piece *first, *next; /* first: of a section */
};

struct template {
    str name;
    struct piece *first;
    bool broken; /* had a mistake: must not be rendered */
    int visited; /* while looking for parts within themselves: 1 under way, 2 done */
};

struct template *template_read(struct arena *mem, str name, str text, struct report *report);

#endif
