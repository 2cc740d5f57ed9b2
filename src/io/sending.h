/* sending: a file that is about to be sent: opened, looked at, and which part of it the request
 * gets. Bytes are read by the kernel (sendfile) when libmicrohttpd writes.
 */
#ifndef IO_SENDING_H
#define IO_SENDING_H

#include "http/message.h"
#include "http/range.h"

struct sending {
    int fd;     /* the caller's */
    int status; /* 200, 206, 304, 412, 416; with the last two nothing of it is sent */
    struct range part;
};

/* Opens r->file beneath r->file_in and adds to the response: ETag, Last-Modified, Accept-Ranges,
 * Content-Range, and Content-Type by its name when there is none. False: no such file (or a folder,
 * a link out, nothing regular). */
bool sending_open(
    struct arena *mem, const struct request *asked, struct response *r, struct sending *out);

#endif
