/* mark: the owner's Markdown (CommonMark + tables) to safe HTML; the only maker of html values.
 * No raw HTML passes; links only http, https, mailto, relative; images the same without mailto.
 * Headings begin at the second level (the page's own title is the first) and leave none out. */
#ifndef PAGE_MARK_H
#define PAGE_MARK_H

#include "base/tree.h"

struct tree *mark_html(struct arena *mem, str markdown);
/* The same for a lesson: what lies beside it is at `base` ("/a/…/") for a browser. */
struct tree *mark_lesson(struct arena *mem, str markdown, str base);
/* Where a relative address of a lesson leads. The neighbour is written as the file ("02-small.md",
 * "drawing.svg") or as its page sees it ("../02-small/"). Others come back as they are. */
str mark_neighbour(struct arena *mem, str base, str address);
/* For a label: no paragraphs and other blocks; links open beside the page, `base` before relative
 * ones. */
struct tree *mark_label(struct arena *mem, str markdown, str base);
/* What it links to, in its order: a list of maps {address, picture}. */
struct tree *mark_links(struct arena *mem, str markdown);
/* For a letter: plain text, "words (address)" for a link; `base` before relative addresses. */
struct tree *mark_text(struct arena *mem, str markdown, str base);

#endif
