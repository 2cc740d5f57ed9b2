#include "io/listener.h"

#include "base/arena.h"
#include "io/address.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 1024, PORT_MAX = 65535 };

static err failed(struct arena *mem, str doing, str what) {
    int why = errno;
    str way = S("");
    if (why == EADDRINUSE)
        way = S(". `ss -ltnp` shows who has it: end that, or choose another with --port or "
                "`listen:` in shop.yml");
    if (why == EACCES)
        way = S(". Ports below 1024 are for root, a socket unit (dist/grosz.socket) or a proxy: "
                "choose another with --port or `listen:` in shop.yml");
    return err_make(why == EADDRINUSE ? ERR_BUSY : ERR_SETUP,
        JOIN(mem, S("cannot "), doing, S(" "), what, S(": "), str_of(strerror(why)), way));
}

/* "127.0.0.1:8080" or "[::1]:8080" to its two halves. */
static bool split(str listen, str *host, int64_t *port) {
    size_t at = listen.len;
    while (at && listen.ptr[at - 1] != ':')
        at--;
    if (at < 2 || !str_number(str_from(listen, at), port) || *port > PORT_MAX)
        return false;
    *host = str_part(listen, 0, at - 1);
    bool bracket = host->ptr[0] == '[';
    if (bracket && host->ptr[host->len - 1] == ']')
        *host = str_part(*host, 1, host->len - 2);
    return bracket == (str_find_byte(*host, ':') < host->len);
}

err listener_check(struct arena *mem, str listen) {
    str host;
    int64_t port;
    struct address a;
    bool path = str_starts(listen, S("unix:")) && listen.len > 5 && !str_ends(listen, S("/"));
    if (path || (split(listen, &host, &port) && address_read(host, &a)))
        return OK_ERR;
    return err_make(ERR_INVALID, JOIN(mem, S("`"), listen,
                                     S("` is not an address to listen on: write it like "
                                       "127.0.0.1:8080, [::1]:8080 or unix:var/http.sock")));
}

static bool is_six(str host) {
    return str_find_byte(host, ':') < host.len;
}

bool listener_covers(str six, str four) {
    str a, b;
    int64_t port, other;
    return split(six, &a, &port) && split(four, &b, &other) && port == other && is_six(a)
           && !is_six(b);
}

static int socket_new(int family) {
    return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

/* Binds and listens on one port; errno says why not. */
static int listen_at(const struct address *a, bool v4, bool six_only, int port) {
    struct sockaddr_in six_or_four = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
    memcpy(&six_or_four.sin_addr, a->bytes + 12, 4);
    memcpy(&six.sin6_addr, a->bytes, sizeof(a->bytes));
    int fd = socket_new(v4 ? AF_INET : AF_INET6);
    int yes = 1, only = six_only;
    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (!v4)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only));
    const void *at = v4 ? (const void *)&six_or_four : (const void *)&six;
    socklen_t size = v4 ? sizeof(six_or_four) : sizeof(six);
    if (bind(fd, at, size) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

static int port_of(int fd) {
    struct sockaddr_storage at;
    socklen_t size = sizeof(at);
    struct sockaddr_in v4;
    if (getsockname(fd, (struct sockaddr *)&at, &size))
        return 0;
    /* The port stands in the same place for both families. */
    memcpy(&v4, &at, sizeof(v4));
    return ntohs(v4.sin_port);
}

static err open_tcp(struct arena *mem, const struct listener_options *o, struct listener *out) {
    str host;
    int64_t port;
    struct address a;
    TRY(listener_check(mem, o->listen));
    if (!split(o->listen, &host, &port) || !address_read(host, &a))
        return err_make(ERR_INVALID, o->listen);
    bool v4 = !is_six(host);
    int64_t last = port && port + o->next_ports <= PORT_MAX ? port + o->next_ports : port;
    int fd = -1;
    for (int64_t p = port; fd < 0 && p <= last; p++) {
        fd = listen_at(&a, v4, o->six_only, (int)p);
        if (fd < 0 && errno != EADDRINUSE)
            break;
    }
    if (fd < 0)
        return failed(mem, S("listen on"), o->listen);
    out->fd = fd;
    str shown = v4 ? host : JOIN(mem, S("["), host, S("]"));
    out->address = JOIN(mem, shown, S(":"), str_int(mem, port_of(fd)));
    return OK_ERR;
}

err listener_path(struct arena *mem, int folder, str name, str *out) {
    str path = JOIN(mem, S("/proc/self/fd/"), str_int(mem, folder), S("/"), name);
    if (path.len >= sizeof(((struct sockaddr_un *)0)->sun_path))
        return err_make(ERR_INVALID, JOIN(mem, S("the name of the socket is too long: "), name));
    *out = path;
    return OK_ERR;
}

static bool is_alive(const struct sockaddr_un *at) {
    int fd = socket_new(AF_UNIX);
    bool alive =
        fd >= 0 && (!connect(fd, (const struct sockaddr *)at, sizeof(*at)) || errno == EAGAIN);
    if (fd >= 0)
        close(fd);
    return alive;
}

/* fchmod before bind gives the file its mode from its first moment (Linux), cut by the umask. */
static int listen_unix(const struct sockaddr_un *at, int folder, const char *name, unsigned mode) {
    int fd = socket_new(AF_UNIX);
    if (fd < 0)
        return -1;
    if (fchmod(fd, mode) == 0 && bind(fd, (const struct sockaddr *)at, sizeof(*at)) == 0
        && fchmodat(folder, name, mode, 0) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

static err open_unix(struct arena *mem, const struct listener_options *o, struct listener *out) {
    str path = str_from(o->listen, sizeof("unix:") - 1);
    size_t slash = path.len;
    while (slash && path.ptr[slash - 1] != '/')
        slash--;
    str name = str_from(path, slash);
    str above = str_part(path, 0, slash);
    str dir = str_starts(path, S("/")) || !o->dir.len ? above : JOIN(mem, o->dir, S("/"), above);
    out->folder = open(dir.len ? str_cz(mem, dir) : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (out->folder < 0)
        return failed(mem, S("open the folder of"), o->listen);
    str through = {0};
    TRY(listener_path(mem, out->folder, name, &through));
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    memcpy(at.sun_path, through.ptr, through.len);
    struct stat is;
    out->name = name;
    const char *name_z = str_cz(mem, name);
    bool there = !fstatat(out->folder, name_z, &is, AT_SYMLINK_NOFOLLOW);
    if (there && (!S_ISSOCK(is.st_mode) || is_alive(&at)))
        return err_make(
            ERR_BUSY, JOIN(mem, o->listen, S(" is taken: another program listens there")));
    if (there)
        (void)unlinkat(out->folder, name_z, 0);
    out->fd = listen_unix(&at, out->folder, name_z, o->mode);
    out->address = o->listen;
    return out->fd < 0 ? failed(mem, S("listen on"), o->listen) : OK_ERR;
}

/* Somebody else holds it too and hands it on: it is never unlinked, and what waits in its queue is
 * not lost when we close. */
static err open_passed(struct arena *mem, const struct listener_options *o, struct listener *out) {
    int64_t fd = -1;
    int listens = 0, family = 0;
    socklen_t size = sizeof(int);
    bool fine = str_number(str_from(o->listen, sizeof("fd:") - 1), &fd)
                && !getsockopt((int)fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) && listens
                && !getsockopt((int)fd, SOL_SOCKET, SO_DOMAIN, &family, &size);
    int flags = fine ? fcntl((int)fd, F_GETFL) : -1;
    if (flags < 0 || fcntl((int)fd, F_SETFL, flags | O_NONBLOCK)
        || fcntl((int)fd, F_SETFD, FD_CLOEXEC))
        return err_make(
            ERR_SETUP, JOIN(mem, S("descriptor "), str_from(o->listen, sizeof("fd:") - 1),
                           S(", which LISTEN_FDS names, is no listening stream socket: look at the "
                             "socket unit")));
    out->fd = (int)fd;
    out->address = family == AF_UNIX ? JOIN(mem, S("unix:"), o->listen)
                                     : JOIN(mem, S("127.0.0.1:"), str_int(mem, port_of(out->fd)));
    return OK_ERR;
}

err listener_open(struct arena *mem, const struct listener_options *options, struct listener *out) {
    struct listener made = {.fd = -1, .spare = -1, .folder = -1};
    struct listener_options o = *options;
    o.listen = str_copy(mem, o.listen);
    bool is_unix = str_starts(o.listen, S("unix:"));
    bool passed = str_starts(o.listen, S("fd:"));
    err e = is_unix  ? open_unix(mem, &o, &made)
            : passed ? open_passed(mem, &o, &made)
                     : open_tcp(mem, &o, &made);
    if (e.code == ERR_NONE)
        made.spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
    else if (made.folder >= 0)
        close(made.folder);
    if (e.code == ERR_NONE)
        *out = made;
    return e;
}

/* Out of descriptors the listening socket would stay readable for ever and the loop would spin: one
 * spare descriptor lets us take the connection off the queue and close it. */
static bool turn_away(struct listener *l) {
    if (l->spare < 0)
        return false;
    close(l->spare);
    int fd = accept4(l->fd, 0, 0, SOCK_CLOEXEC);
    if (fd >= 0)
        close(fd);
    l->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return fd >= 0;
}

int listener_accept(struct listener *l, struct sockaddr_storage *from, int *refused) {
    for (;;) {
        socklen_t size = sizeof(*from);
        from->ss_family = AF_UNSPEC;
        int fd = accept4(l->fd, (struct sockaddr *)from, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0)
            return fd;
        if (errno == EMFILE || errno == ENFILE) {
            if (!turn_away(l))
                return -1;
            *refused += 1;
        } else if (errno != EINTR && errno != ECONNABORTED)
            return -1;
    }
}

void listener_close(struct listener *l) {
    if (l->fd < 0)
        return;
    close(l->fd);
    l->fd = -1;
    if (l->spare >= 0)
        close(l->spare);
    if (l->folder < 0)
        return;
    char name[108];
    memcpy(name, l->name.ptr, l->name.len);
    name[l->name.len] = 0;
    (void)unlinkat(l->folder, name, 0);
    close(l->folder);
}
