#include "io/server.h"

#include "base/arena.h"
#include "io/certificate.h"
#include "base/limits.h"
#include "io/door.h"
#include "io/line.h"
#include "io/sending.h"

#include <assert.h>
#include <microhttpd.h>
#include <unistd.h>

enum {
    MEMORY_PER_CONNECTION = 12 * 1024, /* a kept connection holds all of it */
    SWALLOW = 1 << 20,                 /* of a body that is too long, before the answer */
};

static void enter(struct exchange *x, enum connection_stage stage) {
    connection_enter(&x->door->all, x->on, stage, *x->door->now);
}

/* ---- answers ---- */

static struct MHD_Response *from_bytes(str body) {
    /* The library does not write into it; its signature is older than const. */
    void *bytes = (void *)(uintptr_t)body.ptr;
    return MHD_create_response_from_buffer(body.len, bytes, MHD_RESPMEM_PERSISTENT);
}

static struct MHD_Response *from_file(struct exchange *x, struct response *r) {
    struct sending s;
    if (!sending_open(x->mem, &x->request, r, &s))
        return 0;
    r->status = s.status;
    if (s.status == 412 || s.status == 416) {
        close(s.fd);
        return from_bytes(S(""));
    }
    return MHD_create_response_from_fd_at_offset64(s.part.size, s.fd, s.part.at);
}

static bool add_header(struct exchange *x, struct MHD_Response *made, str name, str value) {
    return MHD_add_response_header(made, str_cz(x->mem, name), str_cz(x->mem, value)) == MHD_YES;
}

/* Null when there is no such file, or the library refuses a header (a line break in it). */
static struct MHD_Response *make(struct exchange *x, struct response *r) {
    struct MHD_Response *made = r->file.len ? from_file(x, r) : from_bytes(r->body);
    if (!made)
        return 0;
    bool fine = !r->type.len || add_header(x, made, S("Content-Type"), r->type);
    for (size_t i = 0; fine && i < r->header_count; i++)
        fine = add_header(x, made, r->headers[i].name, r->headers[i].value);
    if (fine && (r->close || x->door->closing))
        fine = add_header(x, made, S("Connection"), S("close"));
    if (fine)
        return made;
    MHD_destroy_response(made);
    return 0;
}

static void queue(struct exchange *x, const struct response *r) {
    enter(x, CONNECTION_SENDING);
    x->stage = EXCHANGE_ANSWERED;
    struct response mine = *r;
    struct MHD_Response *made = make(x, &mine);
    if (!made) {
        mine = response_text(r->file.len ? 404 : 500, S("not available\n"));
        made = make(x, &mine);
        assert(made);
    }
    if (MHD_queue_response(x->mhd, (unsigned)mine.status, made) != MHD_YES)
        connection_end(&x->door->all, x->on, *x->door->now);
    MHD_destroy_response(made);
}

void server_answer(struct exchange *x, const struct response *r) {
    if (x->stage == EXCHANGE_DROPPED)
        return;
    assert(x->stage == EXCHANGE_HANDLED || x->stage == EXCHANGE_WAITING);
    bool waiting = x->stage == EXCHANGE_WAITING;
    queue(x, r);
    if (waiting) {
        MHD_resume_connection(x->mhd);
        x->door->due = true;
    }
}

static void refuse(struct exchange *x, int status, str words) {
    if (x->door->options.refused)
        x->door->options.refused(x->door->options.self, status);
    struct response r = response_text(status, words);
    r.close = true;
    queue(x, &r);
}

/* ---- requests ---- */

struct heads {
    struct header *list;
    size_t count, room;
};

static enum MHD_Result add_head(void *self, enum MHD_ValueKind kind, const char *name,
    size_t name_size, const char *value, size_t value_size) {
    struct heads *h = self;
    if (h->count == h->room)
        return MHD_NO;
    h->list[h->count++] = (struct header){{name, name_size}, {value, value_size}};
    return MHD_YES;
}

/* The header bytes stay in the connection's own memory until the exchange is over. */
static void read_head(struct exchange *x, const char *method) {
    int count = MHD_get_connection_values_n(x->mhd, MHD_HEADER_KIND, 0, 0);
    struct heads h = {.room = count > 0 ? (size_t)count : 0};
    h.list = arena_array(x->mem, h.room, sizeof(*h.list));
    (void)MHD_get_connection_values_n(x->mhd, MHD_HEADER_KIND, add_head, &h);
    struct request *r = &x->request;
    str target = message_origin_form(r->target);
    size_t mark = str_find_byte(target, '?');
    r->method = str_of(method);
    r->path = str_part(target, 0, mark);
    r->query = str_from(target, mark + 1);
    r->headers = h.list;
    r->header_count = h.count;
}

static err check_head(struct exchange *x, const char *version) {
    const struct request *r = &x->request;
    str v = str_of(version);
    TRY(message_check(r->method, r->target, v, r->headers, r->header_count));
    bool plain = !x->door->see_line
                 || line_is_plain(r->method, x->wire_target, v, r->headers, r->header_count);
    return plain ? OK_ERR : err_make(ERR_INVALID, S("a folded or broken line"));
}

static const str too_long =
    S_INIT("This is longer than 64 KiB, the most that is taken here. Nothing was charged.\n");

/* The first call for a request: everything but the body is there. */
static void begin(struct exchange *x, const char *method, const char *version) {
    read_head(x, method);
    x->stage = EXCHANGE_BODY;
    x->body = buf_new(x->mem, LIMIT_BODY);
    if (check_head(x, version).code != ERR_NONE) {
        refuse(x, 400, S("bad request\n"));
        return;
    }
    int refused = message_refused(&x->request);
    if (refused) {
        refuse(x, refused, S("not for this server\n"));
        return;
    }
    int64_t size = 0;
    bool known = str_number(request_header(&x->request, S("Content-Length")), &size);
    bool asks = request_header(&x->request, S("Expect")).len > 0;
    /* A sender that waits for our consent has sent nothing yet: an early answer reaches it. */
    if (known && (size > SWALLOW || (asks && size > LIMIT_BODY)))
        refuse(x, 413, too_long);
}

static void take_body(struct exchange *x, const char *bytes, size_t size) {
    x->body_size += size;
    if (x->body_size <= LIMIT_BODY)
        buf_add(&x->body, (str){bytes, size});
}

static void finish(struct exchange *x) {
    struct door *d = x->door;
    if (x->body_size > LIMIT_BODY) {
        refuse(x, 413, too_long);
        return;
    }
    x->request.body = buf_str(&x->body);
    x->request.at = d->options.now(d->options.now_self);
    x->request.secure = x->on->certificate != 0;
    forwarded_read(x->mem, &d->proxies, &x->on->peer, &x->request);
    x->stage = EXCHANGE_HANDLED;
    enter(x, CONNECTION_HANDLING);
    d->options.handle(d->options.self, x, &x->request);
    if (x->stage == EXCHANGE_HANDLED) {
        x->stage = EXCHANGE_WAITING;
        MHD_suspend_connection(x->mhd);
    }
}

/* ---- what libmicrohttpd calls ---- */

/* The target as it came: later it is unescaped in place and cut at its first %00. */
static void *on_target(void *self, const char *target, struct MHD_Connection *mhd) {
    struct door *d = self;
    struct exchange *x = exchange_take(d->exchanges);
    d->heard = true;
    x->door = d;
    x->mhd = mhd;
    x->on = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    x->on->exchange = x;
    x->on->asked = true;
    x->wire_target = str_of(target);
    x->request.target = str_copy(x->mem, x->wire_target);
    enter(x, CONNECTION_RECEIVING);
    return x;
}

static enum MHD_Result on_request(void *self, struct MHD_Connection *mhd, const char *url,
    const char *method, const char *version, const char *bytes, size_t *size, void **context) {
    struct door *d = self;
    struct exchange *x = *context;
    d->heard = true;
    if (!x || x->stage >= EXCHANGE_ANSWERED)
        return MHD_NO;
    if (x->stage == EXCHANGE_HEAD) {
        begin(x, method, version);
        return MHD_YES;
    }
    if (!*size) {
        finish(x);
        return MHD_YES;
    }
    take_body(x, bytes, *size);
    *size = 0;
    return x->body_size <= SWALLOW ? MHD_YES : MHD_NO;
}

static void on_completed(
    void *self, struct MHD_Connection *mhd, void **context, enum MHD_RequestTerminationCode why) {
    struct door *d = self;
    struct exchange *x = *context;
    *context = 0;
    d->heard = true;
    if (!x)
        return;
    d->broken += x->stage == EXCHANGE_HEAD && why == MHD_REQUEST_TERMINATED_WITH_ERROR;
    enter(x, CONNECTION_IDLE);
    x->on->exchange = 0;
    if (x->stage != EXCHANGE_DROPPED)
        exchange_leave(d->exchanges, x);
}

/* The session's pointer is free for us: libmicrohttpd itself uses it for pre-shared keys only. */
static void show_certificate(struct door *d, struct MHD_Connection *mhd, struct connection *c) {
    const union MHD_ConnectionInfo *tls =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    c->certificate = certificate_keep(d->certificate);
    certificate_bind(c->certificate, tls->tls_session);
}

static void on_connection(void *self, struct MHD_Connection *mhd, void **context,
    enum MHD_ConnectionNotificationCode what) {
    struct door *d = self;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        struct connection *c = *context;
        /* What libmicrohttpd could not read so far as a target, it tells nobody. */
        d->broken += connection_babbled(c);
        certificate_drop(c->certificate);
        connection_remove(&d->all, c);
        return;
    }
    const union MHD_ConnectionInfo *fd =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    const union MHD_ConnectionInfo *from =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    struct connection *c =
        connection_add(d->exchanges->own, &d->all, fd->connect_fd, from->client_addr, *d->now);
    if (d->certificate)
        show_certificate(d, mhd, c);
    *context = c;
}

/* ---- the door ---- */

bool door_start(struct door *d, int *fd) {
    unsigned flags =
        MHD_USE_EPOLL | MHD_USE_TURBO | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME;
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_CERT_CALLBACK, 0, (void *)certificate_chooser()},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)certificate_priorities},
        {MHD_OPTION_END, 0, 0},
    };
    if (d->certificate)
        flags |= MHD_USE_TLS;
    else
        tls[0].option = MHD_OPTION_END;
    /* No time-out of its own: it ends whoever has not yet made room for a third of what the kernel
     * holds for him. connection_sweep asks what was really taken. */
    d->mhd = MHD_start_daemon(flags, 0, 0, 0, on_request, d, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)MEMORY_PER_CONNECTION, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)(d->limit + DOOR_SLACK), MHD_OPTION_CONNECTION_TIMEOUT, 0u,
        MHD_OPTION_URI_LOG_CALLBACK, on_target, d, MHD_OPTION_NOTIFY_COMPLETED, on_completed, d,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, d, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
    if (!d->mhd)
        return false;
    d->see_line = str_starts(str_of(MHD_get_version()), S("0.9."));
    *fd = MHD_get_daemon_info(d->mhd, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    return true;
}

void door_add(struct door *d, int fd, const struct sockaddr_storage *from) {
    if (MHD_add_connection(d->mhd, fd, (const struct sockaddr *)from, sizeof(*from)) == MHD_YES)
        d->due = true;
}

void door_run(struct door *d) {
    MHD_UNSIGNED_LONG_LONG wait;
    bool was_due = d->due;
    d->heard = false;
    if (was_due)
        (void)MHD_run(d->mhd);
    d->due = MHD_get_timeout(d->mhd, &wait) == MHD_YES && !wait;
    d->unheard = was_due && d->due && !d->heard ? d->unheard + 1 : 0;
}

/* libmicrohttpd panics when it is stopped with suspended connections. */
void door_drop(struct door *d) {
    for (struct connection *c = d->all.stages[CONNECTION_HANDLING].first; c; c = c->next) {
        struct exchange *x = c->exchange;
        if (x && x->stage == EXCHANGE_WAITING) {
            x->stage = EXCHANGE_DROPPED;
            MHD_resume_connection(x->mhd);
        }
    }
    (void)MHD_run(d->mhd);
}

void door_stop(struct door *d) {
    if (d->mhd)
        MHD_stop_daemon(d->mhd);
    d->mhd = 0;
    certificate_drop(d->certificate);
    d->certificate = 0;
}
