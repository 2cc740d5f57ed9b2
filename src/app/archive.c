#include "app/archive.h"

#include "base/arena.h"
#include "io/files.h"

enum { DAY = 10 };

#define BEFORE S("shop-")
#define BEHIND S(".db")
#define HALF S(".db.part")

err archive_file(struct arena *mem, str folder, instant now, str *file) {
    if (files_is(S("/"), str_from(folder, 1)))
        return err_make(ERR_INVALID, JOIN(mem, folder, S(" is a file: name a folder")));
    TRY(err_in(mem, files_make_dir(folder, S(""), 0700), JOIN(mem, folder, S(": "))));
    *file = JOIN(mem, folder, S("/"), BEFORE, str_part(time_iso(mem, now), 0, DAY), BEHIND);
    return OK_ERR;
}

/* "2026-11-27": digits where digits are. */
static bool is_day(str s) {
    str like = S("0000-00-00");
    for (size_t i = 0; i < like.len && s.len == like.len; i++) {
        bool digit = s.ptr[i] >= '0' && s.ptr[i] <= '9';
        if (like.ptr[i] == '0' ? !digit : s.ptr[i] != '-')
            return false;
    }
    return s.len == like.len;
}

static bool is_ours(str name, str end) {
    return str_starts(name, BEFORE) && str_ends(name, end)
           && is_day(str_part(name, BEFORE.len, name.len - BEFORE.len - end.len));
}

static err drop(struct arena *mem, str folder, str name, struct tree *gone) {
    TRY(err_in(mem, files_remove(folder, name), JOIN(mem, folder, S("/"), name, S(": "))));
    tree_add(gone, tree_text(mem, name));
    return OK_ERR;
}

err archive_prune(struct arena *mem, str file, size_t keep, struct tree *gone) {
    const str *names = NULL;
    size_t count = 0, ours = 0, slash = file.len;
    while (slash && file.ptr[slash - 1] != '/')
        slash--;
    str folder = str_part(file, 0, slash - 1), own = JOIN(mem, str_from(file, slash), S(".part"));
    TRY(files_list(mem, folder, S(""), &names, &count));
    /* Sorted by name is sorted by day: newest first. Today's half may be another one at work. */
    for (size_t i = count; i-- > 0;) {
        bool half = is_ours(names[i], HALF) && !str_is(names[i], own);
        if (half || (is_ours(names[i], BEHIND) && ++ours > keep))
            TRY(drop(mem, folder, names[i], gone));
    }
    return OK_ERR;
}
