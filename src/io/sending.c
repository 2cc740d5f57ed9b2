#include "io/sending.h"

#include "http/condition.h"
#include "http/date.h"
#include "http/type.h"
#include "io/beneath.h"
#include "io/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* A FIFO must not stop us, nor a terminal become ours. */
enum { HOW = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY };

static int open_file(struct arena *mem, const struct response *r) {
    return r->file_in.len ? beneath_open(r->file_in, r->file, HOW)
                          : open(str_cz(mem, r->file), HOW);
}

static int select_part(struct arena *mem, const struct request *asked, struct response *r,
    const struct stat *is, struct range *part) {
    struct file_mark mark = file_mark_of(mem, is);
    *part = (struct range){0, mark.size};
    response_header(r, S("ETag"), mark.etag);
    response_header(r, S("Last-Modified"), date_write(mem, mark.changed));
    response_header(r, S("Accept-Ranges"), S("bytes"));
    int status = condition_check(asked, mark.etag, mark.changed);
    if (status)
        return status;
    if (!str_is(asked->method, S("GET")) || !condition_range(asked, mark.etag, mark.changed))
        return r->status;
    enum range_answer answer = range_read(request_header(asked, S("Range")), mark.size, part);
    if (answer == RANGE_WHOLE)
        return r->status;
    response_header(r, S("Content-Range"), range_write(mem, answer, *part, mark.size));
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
