#include "house.h"
#include "io/client.h"
#include "io/world.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

/* A mail server of a few lines, without TLS: what it does at one moment is the row's. The real one,
 * with TLS and a password, is in test/flow/mailing.py. */

enum {
    MEMORY = 64 << 20,
    LETTER_BIG = 12 << 20,
    BUFFER = 64 * 1024,
    WAIT_MS = 90 * 1000, /* nobody waits as long as that for a server that answers */
    HANGS_MS = 5 * 1000,
};

enum does { SAYS, CLOSES, HANGS };

struct way {
    const char *at; /* the command that it is about: "", the greeting; ".", the letter's end; "~",
                       in the middle of the letter */
    enum does does;
    const char *says;
};

struct post {
    struct way way;
    int fd, port;
    char buffer[BUFFER]; /* what came and was not read yet: from, to */
    size_t from, to;
    pthread_t thread;
    _Atomic int letters; /* that came whole */
    _Atomic bool ended;
    char text[4096]; /* the beginning of the last letter, as it came */
    size_t size;
    char commands[1024];
};

/* False: this conversation is over. */
static bool act(struct post *p, int fd, const char *at, const char *usual) {
    bool other = !strcmp(p->way.at, at);
    if (other && p->way.does == CLOSES)
        return false;
    while (other && p->way.does == HANGS && !p->ended)
        usleep(10 * 1000);
    raw_send(fd, str_of(other && p->way.does == SAYS ? p->way.says : usual));
    return true;
}

static bool read_line(struct post *p, int fd, char *line, size_t room) {
    size_t size = 0;
    while (size + 1 < room) {
        if (p->from == p->to) {
            ssize_t got = recv(fd, p->buffer, sizeof(p->buffer), 0);
            if (got <= 0)
                return false;
            p->from = 0;
            p->to = (size_t)got;
        }
        line[size++] = p->buffer[p->from++];
        if (line[size - 1] == '\n') {
            line[size] = 0;
            return true;
        }
    }
    return false;
}

/* To the final dot; "~" acts behind its first lines. */
static bool take_letter(struct post *p, int fd) {
    char line[2048];
    p->size = 0;
    for (int i = 0; read_line(p, fd, line, sizeof(line)); i++) {
        if (!strcmp(line, ".\r\n")) {
            p->letters++;
            return act(p, fd, ".", "250 2.0.0 queued as 7\r\n");
        }
        if (i == 3 && !strcmp(p->way.at, "~"))
            return act(p, fd, "~", "");
        size_t size = strlen(line);
        if (p->size + size < sizeof(p->text))
            memcpy(p->text + p->size, line, size);
        p->size += p->size + size < sizeof(p->text) ? size : 0;
    }
    return false;
}

static void converse(struct post *p, int fd) {
    static const char *const usual[][2] = {{"EHLO", "250-here\r\n250 8BITMIME\r\n"},
        {"MAIL", "250 2.1.0 fine\r\n"}, {"RCPT", "250 2.1.5 fine\r\n"}, {"DATA", "354 go on\r\n"},
        {"QUIT", "221 bye\r\n"}};
    char line[2048];
    if (!act(p, fd, "", "220 here\r\n"))
        return;
    while (read_line(p, fd, line, sizeof(line))) {
        size_t i = 0;
        while (i < COUNT(usual) && strncmp(line, usual[i][0], 4))
            i++;
        size_t used = strlen(p->commands);
        snprintf(p->commands + used, sizeof(p->commands) - used, "%s", line);
        if (!act(p, fd, i < COUNT(usual) ? usual[i][0] : "?",
                i < COUNT(usual) ? usual[i][1] : "500 what\r\n"))
            return;
        bool data = i < COUNT(usual) && !strcmp(usual[i][0], "DATA");
        bool begun = strcmp(p->way.at, "DATA") || p->way.does != SAYS;
        if (data && begun && !take_letter(p, fd))
            return;
    }
}

static void *be_open(void *self) {
    struct post *p = self;
    int fd;
    while (!p->ended && (fd = accept4(p->fd, 0, 0, SOCK_CLOEXEC)) >= 0) {
        p->from = p->to = 0;
        converse(p, fd);
        (void)shutdown(fd, SHUT_RDWR);
        close(fd);
    }
    return 0;
}

static struct post *post_open(struct arena *mem, struct way way) {
    struct post *p = NEW(mem, struct post);
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t size = sizeof(at);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    p->way = way;
    p->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int small = 16 * 1024; /* so that a big letter cannot wait in the kernel */
    setsockopt(p->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    if (bind(p->fd, (struct sockaddr *)&at, sizeof(at)) || listen(p->fd, 4)
        || getsockname(p->fd, (struct sockaddr *)&at, &size))
        abort();
    p->port = ntohs(at.sin_port);
    pthread_create(&p->thread, 0, be_open, p);
    return p;
}

static void post_close(struct post *p) {
    p->ended = true;
    (void)shutdown(p->fd, SHUT_RDWR);
    pthread_join(p->thread, 0);
    close(p->fd);
}

/* ---- the rows ---- */

static str letter(struct arena *mem, size_t size) {
    static const char line[] = "01234567890123456789012345678901234567890123456789\r\n";
    str head = S("Subject: x\r\n\r\n.a dot\r\n..two\r\n");
    char *bytes = arena_take(mem, head.len + size + sizeof(line));
    memcpy(bytes, head.ptr, head.len);
    size_t used = head.len;
    for (; used < size; used += sizeof(line) - 1)
        memcpy(bytes + used, line, sizeof(line) - 1);
    return (str){bytes, used};
}

static struct talk_request request_to(struct arena *mem, int port) {
    return (struct talk_request){
        .kind = TALK_MAIL,
        .url = JOIN(mem, S("smtp://127.0.0.1:"), str_int(mem, port), S("/shop.example.com")),
        .from = S("shop@example.com"),
        .to = S("anna@example.org"),
        .body = letter(mem, 0),
        .allow_private = true,
        .allow_plain = true,
        .wait_ms = WAIT_MS,
    };
}

static void say(struct arena *mem, const struct talk_request *r, struct talk_answer *out) {
    struct talk *talk = NULL;
    *out = (struct talk_answer){.status = -1};
    CHECK("client", client_new(mem, S("."), &talk).code == ERR_NONE);
    talk->say(talk, mem, r, out);
    client_free(talk);
}

/* clang-format off */
static const struct {
    const char *row;
    struct way way;
    bool big; /* more than the sockets' buffers hold */
    enum talk_sent sent;
    int status, letters;
    const char *why;
} rows[] = {
    {"taken", {"-", SAYS, ""}, false, TALK_ANSWERED, 250, 1, "queued as 7"},
    {"a big one", {"-", SAYS, ""}, true, TALK_ANSWERED, 250, 1, "queued"},
    {"greets with no", {"", SAYS, "554 5.7.1 not you\r\n"},
        false, TALK_ANSWERED, 554, 0, "5.7.1 not you"},
    {"greets with later", {"", SAYS, "421 4.3.2 later\r\n"},
        false, TALK_ANSWERED, 421, 0, "later"},
    {"greets with nonsense", {"", SAYS, "HTTP/1.1 200 OK\r\n\r\n"},
        false, TALK_NOT_SENT, 0, 0, ""},
    {"never greets", {"", HANGS, ""}, false, TALK_NOT_SENT, 0, 0, "out"},
    {"hangs up at once", {"", CLOSES, ""}, false, TALK_NOT_SENT, 0, 0, ""},
    {"no such sender", {"MAIL", SAYS, "550 5.1.8 who\r\n"},
        false, TALK_ANSWERED, 550, 0, "who"},
    {"wants a password", {"MAIL", SAYS, "530 5.7.0 Authentication required\r\n"},
        false, TALK_NOT_SENT, 0, 0, "let us in"},
    {"wants TLS", {"RCPT", SAYS, "530 Must issue a STARTTLS command first\r\n"},
        false, TALK_NOT_SENT, 0, 0, "let us in"},
    {"wants another password", {"DATA", SAYS, "535 5.7.8 bad credentials\r\n"},
        false, TALK_NOT_SENT, 0, 0, "let us in"},
    {"a 535 for what it read", {".", SAYS, "535 odd\r\n"}, false, TALK_ANSWERED, 535, 1, "odd"},
    {"no such person", {"RCPT", SAYS, "550-5.1.1 no\r\n550 5.1.1 such\r\n"},
        false, TALK_ANSWERED, 550, 0, "such"},
    {"greylisted", {"RCPT", SAYS, "451 4.7.1 come back\r\n"},
        false, TALK_ANSWERED, 451, 0, "come back"},
    {"hangs at RCPT", {"RCPT", HANGS, ""}, false, TALK_NOT_SENT, 0, 0, "last said: 250 2.1.0"},
    {"closes at RCPT", {"RCPT", CLOSES, ""}, false, TALK_NOT_SENT, 0, 0, ""},
    {"refuses DATA", {"DATA", SAYS, "554 no valid\r\n"},
        false, TALK_ANSWERED, 554, 0, "no valid"},
    {"closes at DATA", {"DATA", CLOSES, ""}, false, TALK_NOT_SENT, 0, 0, ""},
    {"closes in the middle", {"~", CLOSES, ""}, true, TALK_NOT_SENT, 0, 0, ""},
    {"hangs in the middle", {"~", HANGS, ""}, true, TALK_NOT_SENT, 0, 0, ""},
    {"refuses what it read", {".", SAYS, "554 5.6.0 spam\r\n"},
        false, TALK_ANSWERED, 554, 1, "spam"},
    {"full for now", {".", SAYS, "452 4.2.2 full\r\n"}, false, TALK_ANSWERED, 452, 1, "full"},
    {"takes it, then drops", {".", CLOSES, ""}, false, TALK_NO_ANSWER, 0, 1, ""},
    {"big, then drops", {".", CLOSES, ""}, true, TALK_NO_ANSWER, 0, 1, ""},
    {"takes it and hangs", {".", HANGS, ""}, false, TALK_NO_ANSWER, 0, 1, "out"},
    {"says nonsense", {".", SAYS, "thanks!\r\n"}, false, TALK_NO_ANSWER, 0, 1, ""},
    {"letters beyond UTF-8", {".", SAYS, "554 \xff\x01\r\n"},
        false, TALK_ANSWERED, 554, 1, "554"},
    {"hangs at goodbye", {"QUIT", HANGS, ""}, false, TALK_ANSWERED, 250, 1, "queued"},
    {"closes at goodbye", {"QUIT", CLOSES, ""}, false, TALK_ANSWERED, 250, 1, "queued"},
    {"a rude goodbye", {"QUIT", SAYS, "554 go\r\n"}, false, TALK_ANSWERED, 250, 1, "queued"},
};
/* clang-format on */

TEST(post_ways) {
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena *mem = arena_new(MEMORY);
        struct post *p = post_open(mem, rows[i].way);
        struct talk_request r = request_to(mem, p->port);
        struct talk_answer got;
        if (rows[i].big)
            r.body = letter(mem, LETTER_BIG);
        if (rows[i].way.does == HANGS && rows[i].sent != TALK_ANSWERED)
            r.wait_ms = HANGS_MS;
        int64_t start = clock_steady();
        say(mem, &r, &got);
        CHECK(rows[i].row, clock_steady() - start < 110 * 1000); /* libcurl alone: 120 s */
        CHECK_INT(rows[i].row, got.sent, rows[i].sent);
        CHECK_INT(rows[i].row, got.status, rows[i].status);
        CHECK_INT(rows[i].row, got.shut, str_is(str_of(rows[i].why), S("let us in")));
        CHECK_INT(rows[i].row, p->letters, rows[i].letters);
        CHECK_STR(rows[i].row, got.why.len ? S("") : S("no reason"), S(""));
        if (str_find(got.why, str_of(rows[i].why)) == got.why.len && rows[i].why[0])
            CHECK_STR(rows[i].row, got.why, str_of(rows[i].why));
        post_close(p);
        arena_free(mem);
    }
}

/* What a server gets to see. */
TEST(post_heard) {
    struct arena *mem = arena_new(MEMORY);
    struct post *p = post_open(mem, (struct way){"-", SAYS, ""});
    struct talk_request r = request_to(mem, p->port);
    struct talk_answer got;
    say(mem, &r, &got);
    CHECK_STR("commands", str_of(p->commands),
        S("EHLO shop.example.com\r\nMAIL FROM:<shop@example.com>\r\nRCPT TO:<anna@example.org>\r\n"
          "DATA\r\nQUIT\r\n"));
    str text = {p->text, p->size};
    CHECK_STR("dots are doubled", text, S("Subject: x\r\n\r\n..a dot\r\n...two\r\n"));
    post_close(p);
    arena_free(mem);
}

TEST(post_refused) {
    static const struct {
        const char *row, *url; /* PORT: of a server that would take it */
        const char *from, *to;
        bool private, plain;
        const char *why;
    } cases[] = {
        {"no STARTTLS there", "smtp://127.0.0.1:PORT", "a@b.pl", "a@b.pl", true, false, "TLS"},
        {"no TLS there", "smtps://127.0.0.1:PORT", "a@b.pl", "a@b.pl", true, true, ""},
        {"a private address", "smtp://127.0.0.1:PORT", "a@b.pl", "a@b.pl", false, true, "private"},
        {"a name that leads inside", "smtp://localhost:PORT", "a@b.pl", "a@b.pl", false, true,
            "private"},
        {"a second command", "smtp://127.0.0.1:PORT", "a@b.pl", "a@b.pl>\r\nDATA\r\n", true, true,
            "broken"},
        {"a parameter", "smtp://127.0.0.1:PORT", "a@b.pl> SIZE=1", "a@b.pl", true, true, "broken"},
        {"no address", "smtp://127.0.0.1:PORT", "a@b.pl", "", true, true, "broken"},
        {"beyond ASCII", "smtp://127.0.0.1:PORT", "a@b.pl", "\xc5\xbc@b.pl", true, true, "broken"},
        {"no way", "ftp://127.0.0.1:PORT", "a@b.pl", "a@b.pl", true, true, "smtps://"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena *mem = arena_new(MEMORY);
        struct post *p = post_open(mem, (struct way){"-", SAYS, ""});
        struct talk_request r = request_to(mem, p->port);
        struct talk_answer got;
        str url = str_of(cases[i].url);
        r.url = JOIN(mem, str_part(url, 0, str_find(url, S("PORT"))), str_int(mem, p->port));
        r.from = str_of(cases[i].from);
        r.to = str_of(cases[i].to);
        r.allow_private = cases[i].private;
        r.allow_plain = cases[i].plain;
        say(mem, &r, &got);
        CHECK_INT(cases[i].row, got.sent, TALK_NOT_SENT);
        CHECK_INT(cases[i].row, got.shut, str_is(str_of(cases[i].why), S("TLS")));
        CHECK_INT(cases[i].row, p->letters, 0);
        CHECK(cases[i].row,
            got.why.len
                && (!cases[i].why[0] || str_find(got.why, str_of(cases[i].why)) < got.why.len));
        post_close(p);
        arena_free(mem);
    }
}

void tests_mailer(const struct check_test **tests, size_t *count) {
    static const struct check_test list[] = {ROW(post_ways), ROW(post_heard), ROW(post_refused)};
    *tests = list;
    *count = COUNT(list);
}
