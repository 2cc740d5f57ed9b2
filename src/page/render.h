/* render: pieces + tree to text. Names are strict: what the view does not have is an error that
 * says where in the template it stood, with "did you mean". {{{x}}} takes only HTML made by
 * page/mark. */
#ifndef PAGE_RENDER_H
#define PAGE_RENDER_H

#include "base/err.h"
#include "page/template.h"

MUST err render(
    struct arena *mem, const struct theme *theme, str name, const struct tree *view, str *out);

#endif
