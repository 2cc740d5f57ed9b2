/* new: the files that `grosz new` writes, compiled in from examples/new. */
#ifndef APP_NEW_H
#define APP_NEW_H

#include "base/str.h"

struct new_file {
    str name, text;
};

extern const struct new_file new_files[];
extern const size_t new_files_count;

#endif
