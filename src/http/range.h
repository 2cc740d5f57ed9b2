/* range: the part of a file that a request asks for (RFC 9110 14). One part only: who asks for
 * several gets the whole, which every client must take. */
#ifndef HTTP_RANGE_H
#define HTTP_RANGE_H

#include "base/str.h"

enum range_answer {
    RANGE_WHOLE, /* none asked for, or none that reads: 200 */
    RANGE_PART,  /* 206 */
    RANGE_NONE,  /* reads, but lies behind the end: 416 */
};

struct range {
    uint64_t at, size;
};

/* header: the value of Range, "" for none; size: of the whole. *out is set for RANGE_PART, and to
 * the whole for RANGE_WHOLE. */
enum range_answer range_read(str header, uint64_t size, struct range *out);
/* "bytes 0-499/1234"; for RANGE_NONE "bytes * /1234" without the blank. */
str range_write(struct arena *mem, enum range_answer answer, struct range part, uint64_t size);

#endif
