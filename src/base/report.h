/* report: what is wrong in the owner's files, all of it, with its place.
 *
 * Readers and checks add rows and go on, so that one run names every mistake. Rows are kept in the
 * order found; report_sort orders by file, line, column. A mistake stops the shop from loading,
 * advice and notes do not.
 */
#ifndef BASE_REPORT_H
#define BASE_REPORT_H

#include "base/arena.h"

enum report_level { REPORT_MISTAKE, REPORT_ADVICE, REPORT_NOTE };

struct place {
    str file;
    int line, col; /* from 1; 0 when the whole file is meant */
};

struct report_row {
    enum report_level level;
    struct place at;
    str sentence;
    struct report_row *next;
};

struct report {
    struct arena *mem;
    struct report_row *first, *last;
    size_t mistakes, rows;
};

struct report report_new(struct arena *mem);
/* The sentence is copied. At most 1,000 rows are kept; the counters go on. */
void report_add(struct report *r, enum report_level level, struct place at, str sentence);
void report_sort(struct report *r);
/* "file:line:col: sentence"; advice and notes say so in front of the sentence. */
str report_line(struct arena *mem, const struct report_row *row);
/* A list of {level, file, line, column, sentence}. */
struct tree *report_view(struct arena *mem, const struct report *r);

#endif
