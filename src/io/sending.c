#include "io/sending.h"

#include "base/buf.h"
#include "http/condition.h"
#include "http/date.h"
#include "http/type.h"
#include "io/beneath.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* A FIFO must not stop us, nor a terminal become ours. */
enum { HOW = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY };

static int open_file(struct arena *mem, const struct response *r) {
    return r->file_in.len ? beneath_open(r->file_in, r->file, HOW)
                          : open(str_cz(mem, r->file), HOW);
}

/* The same bytes keep it as long as nobody touches the file; a replaced file gets another. */
static str etag_of(struct arena *mem, const struct stat *is) {
    struct buf b = buf_new(mem, 80);
    buf_format(&b, "\"%llx-%llx-%llx%09lx\"", (unsigned long long)is->st_ino,
        (unsigned long long)is->st_size, (unsigned long long)is->st_mtim.tv_sec,
        (unsigned long)is->st_mtim.tv_nsec);
    return buf_str(&b);
}

static int select_part(struct arena *mem, const struct request *asked, struct response *r,
    const struct stat *is, struct range *part) {
    uint64_t size = (uint64_t)is->st_size;
    str etag = etag_of(mem, is);
    instant changed = (instant)is->st_mtim.tv_sec * TIME_SECOND;
    *part = (struct range){0, size};
    response_header(r, S("ETag"), etag);
    response_header(r, S("Last-Modified"), date_write(mem, changed));
    response_header(r, S("Accept-Ranges"), S("bytes"));
    int status = condition_check(asked, etag, changed);
    if (status)
        return status;
    if (!str_is(asked->method, S("GET")) || !condition_range(asked, etag, changed))
        return r->status;
    enum range_answer answer = range_read(request_header(asked, S("Range")), size, part);
    if (answer == RANGE_WHOLE)
        return r->status;
    response_header(r, S("Content-Range"), range_write(mem, answer, *part, size));
    return answer == RANGE_PART ? 206 : 416;
}

bool sending_open(
    struct arena *mem, const struct request *asked, struct response *r, struct sending *out) {
    struct stat is;
    int fd = open_file(mem, r);
    if (fd < 0)
        return false;
    if (fstat(fd, &is) || !S_ISREG(is.st_mode)) {
        close(fd);
        return false;
    }
    if (!r->type.len)
        r->type = type_of(r->file)->name;
    *out = (struct sending){.fd = fd};
    out->status = select_part(mem, asked, r, &is, &out->part);
    return true;
}
