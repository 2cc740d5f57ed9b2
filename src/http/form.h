/* form: application/x-www-form-urlencoded to named fields. Unknown fields are kept (utm_*), a known
 * one twice is remembered as a mistake of that field. */
#ifndef HTTP_FORM_H
#define HTTP_FORM_H

#include "base/err.h"
#include "base/tree.h"

/* A map of name -> text, in order; at most LIMIT_FIELDS, names of LIMIT_FIELD (ERR_TOO_BIG). A text
 * may be as long as the body: whoever knows the field tells its sender. Names in `*twice` (a list)
 * came more than once; the first value is kept. ERR_INVALID: broken %XX, not UTF-8, NUL or control
 * characters other than tab, CR, LF. */
MUST err form_read(struct arena *mem, str body, struct tree **out, struct tree **twice);

#endif
