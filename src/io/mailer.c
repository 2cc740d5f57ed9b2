#include "io/mailer.h"

#include "base/arena.h"
#include "base/encode.h"
#include "http/mail_way.h"
#include "io/curl.h"
#include "io/world.h"

#include <sys/socket.h>

enum {
    WAIT_MS = 60 * 1000,
    CONNECT_MS = 30 * 1000, /* to the end of the hand-shake: some let strangers wait on purpose */
    GOODBYE_MS = 2 * 1000,
    REFUSED_MS = 10 * 1000, /* libcurl may go on behind a no: HELO for EHLO, another AUTH */
    LINE_ROOM = 300,
};

/* One letter being sent. */
struct posting {
    const struct curl *curl;
    const struct talk_request *request;
    struct mail_way way;
    CURL *handle;
    CURLcode bad;
    struct curl_slist *to;
    size_t given;      /* bytes of the letter that libcurl has taken */
    bool done;         /* the reply to the whole letter is here */
    int64_t end;       /* steady: of the whole conversation */
    int64_t enough_at; /* steady: when waiting for more ends before that; 0: not yet */
    bool private;      /* an address was refused */
    size_t line_size;
    char line[LINE_ROOM]; /* the last reply, one line */
    char words[CURL_ERROR_SIZE];
};

#define SET(p, option, value) CURL_SET((p)->curl, (p)->handle, &(p)->bad, (option), (value))

/* ---- what libcurl calls ---- */

static size_t give(char *room, size_t size, size_t count, void *self) {
    struct posting *p = self;
    str rest = str_from(p->request->body, p->given);
    size_t part = rest.len < size * count ? rest.len : size * count;
    if (part)
        memcpy(room, rest.ptr, part);
    p->given += part;
    return part;
}

/* A reply line: "250 2.0.0 queued as 1". When it is the last that matters, there is not much
 * waiting left: libcurl would give the goodbye two minutes. */
static size_t take_reply(char *bytes, size_t size, size_t count, void *self) {
    struct posting *p = self;
    str line = str_trim((str){bytes, size * count});
    bool goodbye = p->done || str_starts(line, S("221"));
    if (goodbye)
        return size * count;
    p->line_size = line.len < LINE_ROOM ? line.len : LINE_ROOM;
    if (p->line_size)
        memcpy(p->line, line.ptr, p->line_size);
    bool refused = str_starts(line, S("4")) || str_starts(line, S("5"));
    p->done = p->given == p->request->body.len && !str_starts(str_from(line, 3), S("-"));
    p->enough_at = p->done   ? clock_steady() + GOODBYE_MS
                   : refused ? clock_steady() + REFUSED_MS
                             : 0;
    return size * count;
}

static int is_enough(void *self, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d) {
    const struct posting *p = self;
    int64_t now = clock_steady();
    return now > p->end || (p->enough_at && now > p->enough_at);
}

static curl_socket_t open_socket(void *self, curlsocktype purpose, struct curl_sockaddr *to) {
    struct posting *p = self;
    curl_socket_t fd = curl_socket(to, p->request->allow_private);
    p->private = p->private || fd == CURL_SOCKET_BAD;
    return fd;
}

/* ---- the conversation ---- */

/* An address becomes a command line: nothing in it may end that line or add a parameter. */
static bool is_address(str text) {
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c <= ' ' || c >= 0x7f || c == '<' || c == '>')
            return false;
    }
    return text.len > 0 && str_find_byte(text, '@') < text.len;
}

static const char *in_angles(struct arena *mem, str address) {
    return str_cz(mem, JOIN(mem, S("<"), address, S(">")));
}

static void set_all(struct arena *mem, struct posting *p) {
    const struct talk_request *r = p->request;
    const struct mail_way *w = &p->way;
    str name = w->name.len ? JOIN(mem, S("/"), w->name) : S("");
    p->bad = curl_common(mem, p->curl, p->handle, r->ca);
    SET(p, CURLOPT_URL,
        str_cz(mem, JOIN(mem, w->tls ? S("smtps://") : S("smtp://"), w->host, S(":"),
                        str_int(mem, w->port), name)));
    SET(p, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    SET(p, CURLOPT_USE_SSL, (long)(r->allow_plain ? CURLUSESSL_TRY : CURLUSESSL_ALL));
    if (w->user.len) {
        SET(p, CURLOPT_USERNAME, str_cz(mem, w->user));
        SET(p, CURLOPT_PASSWORD, str_cz(mem, w->password));
    }
    p->to = p->curl->append(NULL, in_angles(mem, r->to));
    SET(p, CURLOPT_MAIL_FROM, in_angles(mem, r->from));
    SET(p, CURLOPT_MAIL_RCPT, p->to);
    SET(p, CURLOPT_UPLOAD, 1L);
    SET(p, CURLOPT_INFILESIZE_LARGE, (curl_off_t)r->body.len);
    SET(p, CURLOPT_READFUNCTION, give);
    SET(p, CURLOPT_READDATA, p);
    SET(p, CURLOPT_HEADERFUNCTION, take_reply);
    SET(p, CURLOPT_HEADERDATA, p);
    SET(p, CURLOPT_NOPROGRESS, 0L);
    SET(p, CURLOPT_XFERINFOFUNCTION, is_enough);
    SET(p, CURLOPT_XFERINFODATA, p);
    SET(p, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    SET(p, CURLOPT_OPENSOCKETDATA, p);
    int64_t wait_ms = r->wait_ms > 0 ? r->wait_ms : WAIT_MS;
    p->end = clock_steady() + wait_ms + GOODBYE_MS; /* libcurl's own time-out has better words */
    SET(p, CURLOPT_TIMEOUT_MS, (long)wait_ms);
    SET(p, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    SET(p, CURLOPT_FORBID_REUSE, 1L);
    SET(p, CURLOPT_ERRORBUFFER, p->words);
}

/* A stranger's line as it may be kept and shown: UTF-8 without control characters. */
static str line_of(struct arena *mem, const struct posting *p) {
    str line = str_copy(mem, (str){p->line, p->line_size});
    char *at = arena_take(mem, line.len + 1);
    for (size_t i = 0; i < line.len; i++) {
        unsigned char c = (unsigned char)line.ptr[i];
        at[i] = c < ' ' || c == 0x7f ? ' ' : line.ptr[i];
    }
    line.ptr = at;
    return str_part(line, 0, utf8_valid(line));
}

static str why(struct arena *mem, const struct posting *p, CURLcode code) {
    if (p->private)
        return S("the mail server's address is private: allow_private: true would permit it");
    if (code == CURLE_USE_SSL_FAILED)
        return S("the mail server offers no TLS: nothing was sent");
    str said = p->line_size ? JOIN(mem, S("; it last said: "), line_of(mem, p)) : S("");
    str words = p->words[0] ? str_of(p->words) : str_of(p->curl->words(code));
    return JOIN(mem, words, said);
}

/* Not let in: the same for every letter until somebody mends the settings, here or there. The four
 * are said to commands too (RFC 4954, RFC 3207). */
static bool is_shut(CURLcode code, long status) {
    static const CURLcode codes[] = {CURLE_LOGIN_DENIED, CURLE_USE_SSL_FAILED,
        CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE};
    bool shut = status == 530 || status == 534 || status == 535 || status == 538;
    for (size_t i = 0; i < COUNT(codes); i++)
        shut = shut || code == codes[i];
    return shut;
}

static void conclude(
    struct arena *mem, const struct posting *p, CURLcode code, struct talk_answer *out) {
    long status = 0;
    curl_off_t sent = 0;
    (void)p->curl->info(p->handle, CURLINFO_RESPONSE_CODE, &status);
    (void)p->curl->info(p->handle, CURLINFO_SIZE_UPLOAD_T, &sent);
    bool whole = sent >= (curl_off_t)p->request->body.len;
    bool said = (status >= 400 && status < 600) || (code == CURLE_OK && status / 100 == 2);
    *out = (struct talk_answer){.sent = whole ? TALK_NO_ANSWER : TALK_NOT_SENT};
    if (code != CURLE_OK && !p->given && is_shut(code, status)) {
        out->shut = true;
        out->why = JOIN(mem, S("the mail server does not let us in: "),
            said ? line_of(mem, p) : why(mem, p, code));
    } else if (said) {
        out->sent = TALK_ANSWERED;
        out->status = (int)status;
        out->why = line_of(mem, p);
    } else {
        out->why = why(mem, p, code);
    }
}

/* Cleaning up says QUIT and waits two minutes for an answer, unless the socket is shut. */
static void hang_up(const struct posting *p) {
    curl_socket_t fd = CURL_SOCKET_BAD;
    if (p->curl->info(p->handle, CURLINFO_ACTIVESOCKET, &fd) == CURLE_OK && fd != CURL_SOCKET_BAD)
        (void)shutdown(fd, SHUT_RDWR);
    p->curl->cleanup(p->handle);
    p->curl->free_list(p->to);
}

static void not_sent(struct talk_answer *out, str words) {
    *out = (struct talk_answer){.sent = TALK_NOT_SENT, .why = words};
}

void mailer_say(struct arena *mem, const struct curl *curl, const struct talk_request *request,
    struct talk_answer *out) {
    struct posting p = {.curl = curl, .request = request};
    err e = mail_way_read(mem, request->url, &p.way);
    if (e.code != ERR_NONE || p.way.folder.len) {
        not_sent(out, e.code ? e.what : S("a folder is no mail server"));
        return;
    }
    if (!is_address(request->from) || !is_address(request->to) || !request->body.len) {
        not_sent(out, S("a letter has a broken address, or nothing in it"));
        return;
    }
    p.handle = curl->init();
    if (!p.handle) {
        not_sent(out, S("no memory for libcurl"));
        return;
    }
    set_all(mem, &p);
    if (p.bad != CURLE_OK || !p.to)
        not_sent(out, S("libcurl is too old: 7.85 is needed"));
    else
        conclude(mem, &p, curl->perform(p.handle), out);
    hang_up(&p);
}
