/* scan: follows the HTML of a template as a browser's tokenizer does, to say what a hole at this
 * point would be. It knows tags, attributes, comments and the elements whose content is not
 * markup; it does not know which element may stand in which.
 */
#ifndef PAGE_SCAN_H
#define PAGE_SCAN_H

#include "page/escape.h"

enum scan_where {
    SCAN_TEXT,
    SCAN_RCDATA, /* title, textarea: text without tags */
    SCAN_RAW,    /* script, style …: text without tags and entities */
    SCAN_OPEN,   /* after < */
    SCAN_CLOSE,  /* after </ */
    SCAN_MARKUP, /* after <! */
    SCAN_COMMENT,
    SCAN_BOGUS,  /* <!doctype …> */
    SCAN_NAME,   /* of a tag */
    SCAN_TAG,    /* between attributes */
    SCAN_ATTR,   /* name of an attribute */
    SCAN_AFTER,  /* behind it */
    SCAN_EQUALS, /* before its value */
    SCAN_DOUBLE,
    SCAN_SINGLE,
    SCAN_BARE, /* a value without quotes */
    SCAN_WHERES
};

enum scan_value { SCAN_PLAIN, SCAN_ADDRESS, SCAN_FORBIDDEN };

enum { SCAN_NAME_MAX = 16 };

struct scan {
    enum scan_where where;
    enum scan_value value; /* what the attribute takes */
    bool closing;          /* an end tag */
    bool begun;            /* an address: something stands in front */
    bool cut;              /* a section stood in this tag: a blank must follow */
    unsigned matched;      /* of "</title" in its content; dashes of a comment */
    unsigned char name_len, attr_len, address_len;
    char name[SCAN_NAME_MAX], attr[SCAN_NAME_MAX], address[SCAN_NAME_MAX];
};

/* Follows literal text. Null, or a sentence why not; then *at is the offset. */
const char *scan_literal(struct scan *s, str text, size_t *at);
/* How a hole here is written. Null, or a sentence why there must not be one. */
const char *scan_hole(struct scan *s, enum escape *how);
/* A section or part begins or ends here. Null, or a sentence why it must not. */
const char *scan_pause(struct scan *s);
/* Does the text go on alike from both? */
bool scan_is(const struct scan *a, const struct scan *b);

#endif
