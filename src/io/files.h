/* files: the shop's folder, read and written. Paths are relative to `dir`; nothing outside it is
 * read: symbolic links that lead out are refused. A written file is there whole or not at all.
 */
#ifndef IO_FILES_H
#define IO_FILES_H

#include "base/err.h"
#include "base/time.h"

/* ERR_ABSENT, ERR_INVALID (a folder, a link out), ERR_TOO_BIG, ERR_SETUP (not readable). */
MUST err files_read(struct arena *mem, str dir, str path, size_t size_max, str *out);
/* A text of the owner's: UTF-8 (else ERR_INVALID), its lines as text_lines makes them. */
MUST err files_read_text(struct arena *mem, str dir, str path, size_t size_max, str *out);
/* As files_read, for a path that may be absolute: then it lies anywhere, and links are followed. */
MUST err files_read_anywhere(
    struct arena *mem, str dir, str path, size_t size_max, str *out, unsigned *mode);
/* The file, opened for reading by the same rules; closed by files_close. */
MUST err files_open(struct arena *mem, str dir, str path, int *fd);
void files_close(int fd);
/* Written beside, fsynced, renamed over, the folder fsynced. mode e.g. 0600. Makes folders. */
MUST err files_write(str dir, str path, str bytes, unsigned mode);
/* ERR_ABSENT when there is none. A link is removed, not what it leads to. */
MUST err files_remove(str dir, str path);
/* path "": the folder `dir` itself, with all above it. */
MUST err files_make_dir(str dir, str path, unsigned mode);
/* The first bytes of a file, at most `size`; its whole size in *whole. Errors as files_read. */
MUST err files_peek(struct arena *mem, str dir, str path, size_t size, str *out, uint64_t *whole);
/* What tells the bytes of a file from others: the same mark, the same bytes, as long as nobody sets
 * the clock back. Errors as files_read. */
struct file_mark {
    str etag; /* strong, with its quotes */
    uint64_t size;
    instant changed; /* whole seconds */
};
struct stat;
struct file_mark file_mark_of(struct arena *mem, const struct stat *is);
MUST err files_mark(struct arena *mem, str dir, str path, struct file_mark *out);
bool files_is(str dir, str path);
bool files_is_dir(str dir, str path);
/* The user whom it belongs to, when root asks and that is another one with a name: what root makes
 * there he could not open. Else empty. */
str files_other_owner(struct arena *mem, str dir, str path);
/* Names in a folder, sorted, without "." and ".."; ERR_ABSENT. */
MUST err files_list(struct arena *mem, str dir, str path, const str **names, size_t *count);
/* The whole, resolved path; for opening by a library. */
MUST err files_path(struct arena *mem, str dir, str path, str *out);
/* Free bytes of the file system that holds dir; -1 unknown. */
int64_t files_free(str dir);

#endif
