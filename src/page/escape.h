/* escape: how a text is written so that it stays a text, by the place where it stands.
 *
 * Places are chosen by page/scan while a template is read; page/mark uses the same ones. An
 * address is judged before it is written: escape_address_is says whether it may stand there at
 * all.
 */
#ifndef PAGE_ESCAPE_H
#define PAGE_ESCAPE_H

#include "base/buf.h"

enum escape {
    ESCAPE_NONE,      /* letters: as it is */
    ESCAPE_LINE,      /* the head of a letter: control characters become blanks */
    ESCAPE_TEXT,      /* between tags, also in title and textarea */
    ESCAPE_ATTRIBUTE, /* in double quotes */
    ESCAPE_URL,       /* the beginning of an address, in double quotes */
    ESCAPE_URL_PART,  /* after its beginning: percent-encoded */
    ESCAPES
};

void escape_add(struct buf *b, enum escape how, str text);
/* http, https, mailto, or relative. Anything that a browser might read as another scheme is not. */
bool escape_address_is(str address);

#endif
