#include "io/service.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int64_t number_of(const char *name) {
    const char *text = getenv(name);
    int64_t number = 0;
    return text && str_number(str_of(text), &number) ? number : 0;
}

size_t service_sockets(void) {
    int64_t count = number_of("LISTEN_FDS");
    bool ours = number_of("LISTEN_PID") == getpid();
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDNAMES");
    if (!ours || count < 1)
        return 0;
    count = count < SERVICE_SOCKETS ? count : SERVICE_SOCKETS;
    for (int64_t i = 0; i < count; i++)
        (void)fcntl(SERVICE_FIRST + (int)i, F_SETFD, FD_CLOEXEC);
    return (size_t)count;
}

void service_say(str words) {
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    str name = path ? str_of(path) : S("");
    if ((!str_starts(name, S("/")) && !str_starts(name, S("@"))) || name.len >= sizeof(at.sun_path))
        return;
    memcpy(at.sun_path, name.ptr, name.len);
    if (at.sun_path[0] == '@')
        at.sun_path[0] = 0; /* the abstract name space */
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + name.len);
    if (fd < 0)
        return;
    /* A manager that does not listen is not our trouble. */
    ssize_t put =
        sendto(fd, words.ptr, words.len, MSG_NOSIGNAL, (const struct sockaddr *)&at, size);
    (void)put;
    close(fd);
}

int64_t service_watchdog_ms(void) {
    int64_t pid = number_of("WATCHDOG_PID");
    return pid && pid != getpid() ? 0 : number_of("WATCHDOG_USEC") / 1000;
}
