/* fields: one line of the log being composed, in a piece of memory of its own: name=value pairs
 * (logfmt). A value with anything but plain characters stands in quotes, its control bytes and
 * quotes escaped, so that no stranger's word begins a line, a pair, or steers a terminal. What does
 * not fit is cut, whole pairs at a time. */
#ifndef BASE_FIELDS_H
#define BASE_FIELDS_H

#include "base/str.h"

enum { FIELDS_ROOM = 1500 };

struct fields {
    char text[FIELDS_ROOM];
    size_t len;
};

/* Nothing is added for an empty value. */
void fields_text(struct fields *f, str name, str value);
void fields_int(struct fields *f, str name, int64_t number);
str fields_str(const struct fields *f);

#endif
