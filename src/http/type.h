/* type: what a file is, by its name, and whether compressing it is worth the while. */
#ifndef HTTP_TYPE_H
#define HTTP_TYPE_H

#include "base/str.h"

struct type {
    str end;   /* of the name: ".png" */
    str name;  /* "image/png" */
    bool text; /* gzip makes it smaller */
};

/* Never null: an unknown end is application/octet-stream, which a browser only saves. HTML is
 * unknown on purpose: a file among pictures is no page of ours. */
const struct type *type_of(str file);
/* A picture, a film or a sound: what a page may have in it. */
bool type_is_shown(str file);

#endif
