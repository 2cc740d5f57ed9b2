/* beneath: opens what lies in a folder and nothing else, whatever links say.
 *
 * The kernel does it (openat2 with RESOLVE_BENEATH); where it cannot, or a sandbox forbids the
 * call, resolved paths are compared. Functions here set errno, EXDEV for a way out; io/files makes
 * words of it.
 */
#ifndef IO_BENEATH_H
#define IO_BENEATH_H

#include "base/err.h"

#include <limits.h>

/* A descriptor, closed on exec; -1 and errno. dir "" is where we are, path "" the folder itself. */
int beneath_open(str dir, str path, int flags);
/* The folder, made with all above it if need be, each made durable; mode is for the last. */
int beneath_make(str dir, str path, unsigned mode);
/* The folder `dir` itself: it may lie anywhere. */
int beneath_make_top(str dir, unsigned mode);
/* "a/b/c" to "a/b" and "c". */
void beneath_split(str path, str *above, str *name);
/* The resolved path of what is there. */
bool beneath_real(str dir, str path, char real[PATH_MAX]);
bool beneath_is_link(str dir, str path);
/* A C string; false when it is too long or has a NUL inside. */
bool beneath_cz(str text, char z[PATH_MAX]);

enum err_code beneath_code(int why);
const char *beneath_words(int why);

#endif
