#include "io/client.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "io/client_pool.h"
#include "io/curl.h"
#include "io/listener.h"
#include "io/mailer.h"
#include "io/outbox.h"
#include "io/world.h"

#include <fcntl.h>
#include <unistd.h>

enum {
    WAIT_MS = 20 * 1000,
    CONNECT_MS = 5 * 1000,
    HEADS = 100, /* more headers than that are not kept */
    HEAD_BYTES = 64 * 1024,
    UNIX_ANSWER = 64 << 20, /* our own process may say more than a partner */
};

struct client {
    struct talk talk;
    str dir;
    struct curl_door curl;
    struct client_pool pool;
};

/* One conversation. */
struct talking {
    struct client *client;
    struct arena *mem;
    const struct talk_request *request;
    str url;
    str socket;  /* of a unix conversation, "" else */
    int64_t end; /* steady */
    CURL *handle;
    CURLcode bad; /* the first option that was refused */
    struct curl_slist *list;
    int asked;    /* how often libcurl was about to send the request */
    bool private; /* an address was refused */
    bool too_long;
    struct buf body;
    struct header *heads;
    size_t head_count, head_bytes;
    char words[CURL_ERROR_SIZE];
};

#define SET(t, option, value) \
    CURL_SET(&(t)->client->curl.calls, (t)->handle, &(t)->bad, (option), (value))

/* ---- what libcurl calls ---- */

/* After connecting, before the first byte of the request. The second call is libcurl's own repeat
 * on a new connection, after a kept one died under the request: the partner may have done it by
 * then. */
static int be_asked(void *self, char *to, char *from, int to_port, int from_port) {
    struct talking *t = self;
    return ++t->asked == 1 ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

static curl_socket_t open_socket(void *self, curlsocktype purpose, struct curl_sockaddr *to) {
    struct talking *t = self;
    curl_socket_t fd = curl_socket(to, t->socket.len || t->request->allow_private);
    t->private = t->private || fd == CURL_SOCKET_BAD;
    return fd;
}

static size_t take_head(char *bytes, size_t size, size_t count, void *self) {
    struct talking *t = self;
    str line = {bytes, size * count};
    if (str_starts(line, S("HTTP/"))) {
        t->head_count = 0; /* what was said with a 100 is not the answer's */
        return line.len;
    }
    size_t colon = str_find_byte(line, ':');
    t->head_bytes += line.len;
    if (colon < line.len && t->head_count < HEADS && t->head_bytes < HEAD_BYTES)
        t->heads[t->head_count++] = (struct header){
            str_copy(t->mem, str_part(line, 0, colon)),
            str_copy(t->mem, str_trim(str_from(line, colon + 1))),
        };
    return line.len;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *self) {
    struct talking *t = self;
    buf_add(&t->body, (str){bytes, size * count});
    t->too_long = t->body.full;
    return t->too_long ? 0 : size * count;
}

/* ---- the request ---- */

static bool is_one_line(str s) {
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] < ' ' && s.ptr[i] != '\t')
            return false;
    return true;
}

static bool is_lawful(const struct talk_request *r, str url) {
    bool fine = is_one_line(url) && r->method.len > 0 && r->method.len < 32;
    for (size_t i = 0; i < r->method.len; i++)
        fine = fine && r->method.ptr[i] >= 'A' && r->method.ptr[i] <= 'Z';
    for (size_t i = 0; i < r->header_count; i++)
        fine = fine && is_one_line(r->headers[i].name) && is_one_line(r->headers[i].value);
    return fine;
}

static bool has_header(const struct talk_request *r, str name) {
    for (size_t i = 0; i < r->header_count; i++)
        if (str_is_like(r->headers[i].name, name))
            return true;
    return false;
}

static void add_line(struct talking *t, str line) {
    struct curl_slist *longer = t->client->curl.calls.append(t->list, str_cz(t->mem, line));
    if (longer)
        t->list = longer;
    else
        t->bad = CURLE_OUT_OF_MEMORY;
}

static void set_headers(struct talking *t) {
    const struct talk_request *r = t->request;
    for (size_t i = 0; i < r->header_count; i++) {
        const struct header *h = &r->headers[i];
        /* "Name:" would take the header away, "Name;" sends it empty. */
        add_line(t, h->value.len ? JOIN(t->mem, h->name, S(": "), h->value)
                                 : JOIN(t->mem, h->name, S(";")));
    }
    if (!has_header(r, S("Expect")))
        add_line(t, S("Expect:"));
    if (!has_header(r, S("Content-Type")))
        add_line(t, S("Content-Type:"));
    if (!has_header(r, S("User-Agent")))
        SET(t, CURLOPT_USERAGENT, "grosz");
    SET(t, CURLOPT_HTTPHEADER, t->list);
}

static void set_method(struct talking *t) {
    const struct talk_request *r = t->request;
    bool get = str_is(r->method, S("GET")), head = str_is(r->method, S("HEAD"));
    bool body = r->body.len || str_is(r->method, S("POST")) || str_is(r->method, S("PUT"))
                || str_is(r->method, S("PATCH"));
    if (body) {
        SET(t, CURLOPT_POST, 1L);
        SET(t, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.len);
        SET(t, CURLOPT_POSTFIELDS, r->body.len ? r->body.ptr : "");
    } else if (head) {
        SET(t, CURLOPT_NOBODY, 1L);
    }
    if (body || (!get && !head))
        SET(t, CURLOPT_CUSTOMREQUEST, str_cz(t->mem, r->method));
}

static const struct {
    CURLoption option;
    long value;
} settings[] = {
    {CURLOPT_FOLLOWLOCATION, 0},
    {CURLOPT_HTTP09_ALLOWED, 0},
    {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
    {CURLOPT_MAXCONNECTS, 1},
    {CURLOPT_MAXAGE_CONN, CLIENT_IDLE_MS / 1000},
};

static void set_all(struct talking *t) {
    const struct talk_request *r = t->request;
    int64_t left = t->end - clock_steady();
    t->bad = curl_common(t->mem, &t->client->curl.calls, t->handle, r->ca);
    for (size_t i = 0; i < COUNT(settings); i++)
        SET(t, settings[i].option, settings[i].value);
    SET(t, CURLOPT_URL, str_cz(t->mem, t->url));
    SET(t, CURLOPT_PROTOCOLS_STR, "http,https");
    SET(t, CURLOPT_TIMEOUT_MS, (long)(left > 1 ? left : 1));
    SET(t, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    SET(t, CURLOPT_ERRORBUFFER, t->words);
    SET(t, CURLOPT_PREREQFUNCTION, be_asked);
    SET(t, CURLOPT_PREREQDATA, t);
    SET(t, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    SET(t, CURLOPT_OPENSOCKETDATA, t);
    SET(t, CURLOPT_HEADERFUNCTION, take_head);
    SET(t, CURLOPT_HEADERDATA, t);
    SET(t, CURLOPT_WRITEFUNCTION, take_body);
    SET(t, CURLOPT_WRITEDATA, t);
    if (t->socket.len)
        SET(t, CURLOPT_UNIX_SOCKET_PATH, str_cz(t->mem, t->socket));
    set_method(t);
    set_headers(t);
}

/* ---- the answer ---- */

/* Kept first when an answer has more headers than we keep. */
static const str wanted[] = {
    S_INIT("Content-Type"),
    S_INIT("Retry-After"),
    S_INIT("Location"),
    S_INIT("WWW-Authenticate"),
    S_INIT("Date"),
    S_INIT("Link"),
    S_INIT("ETag"),
    S_INIT("X-Request-Id"),
    S_INIT("Request-Id"),
};

static bool is_wanted(str name) {
    for (size_t i = 0; i < COUNT(wanted); i++)
        if (str_is_like(wanted[i], name))
            return true;
    return false;
}

static void keep_heads(const struct talking *t, struct talk_answer *out) {
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < t->head_count && out->header_count < MESSAGE_HEADERS; i++)
            if (is_wanted(t->heads[i].name) == (pass == 0))
                out->headers[out->header_count++] = t->heads[i];
}

static str why(const struct talking *t, CURLcode code) {
    if (t->asked > 1)
        return S("the connection broke under the request; it was not repeated");
    if (t->too_long)
        return S("the answer is too long");
    if (t->private)
        return S("the address is private: allow_private: true would permit it");
    str words = t->words[0] ? str_of(t->words) : str_of(t->client->curl.calls.words(code));
    return str_copy(t->mem, words);
}

static void conclude(struct talking *t, CURLcode code, struct talk_answer *out) {
    long status = 0;
    if (code == CURLE_OK)
        (void)t->client->curl.calls.info(t->handle, CURLINFO_RESPONSE_CODE, &status);
    *out = (struct talk_answer){.sent = t->asked ? TALK_NO_ANSWER : TALK_NOT_SENT};
    if (code != CURLE_OK || t->asked != 1 || !status) {
        out->why = code == CURLE_OK ? S("no answer that is HTTP") : why(t, code);
        return;
    }
    out->sent = TALK_ANSWERED;
    out->status = (int)status;
    out->body = buf_str(&t->body);
    keep_heads(t, out);
}

static void not_sent(struct talk_answer *out, str words) {
    *out = (struct talk_answer){.sent = TALK_NOT_SENT, .why = words};
}

/* ---- the conversation ---- */

/* Origin, authority and trust: only the same three may share a connection. */
static str key_of(const struct talking *t) {
    size_t host = str_find(t->url, S("://")) + 3;
    str rest = str_from(t->url, host);
    size_t end = 0;
    while (end < rest.len && !strchr("/?#", rest.ptr[end]))
        end++;
    return JOIN(t->mem, t->request->allow_private ? S("+") : S("-"),
        str_part(t->url, 0, host + end), S(" "), t->request->ca);
}

static void converse(struct talking *t, struct talk_answer *out) {
    struct client *c = t->client;
    const struct curl *curl = &c->curl.calls;
    str key = key_of(t);
    void *old;
    while ((old = client_pool_old(&c->pool, clock_steady())))
        curl->cleanup(old);
    t->handle = t->socket.len ? 0 : client_pool_take(&c->pool, key, clock_steady());
    if (!t->handle)
        t->handle = curl->init();
    if (!t->handle) {
        not_sent(out, S("no memory for libcurl"));
        return;
    }
    set_all(t);
    if (t->bad != CURLE_OK)
        not_sent(out, S("libcurl is too old: 7.85 is needed"));
    else
        conclude(t, curl->perform(t->handle), out);
    curl->reset(t->handle);
    curl->free_list(t->list);
    bool keep = out->sent == TALK_ANSWERED && !t->socket.len;
    old = keep ? client_pool_put(&c->pool, key, t->handle, clock_steady()) : t->handle;
    if (old)
        curl->cleanup(old);
}

static void http_say(struct talking *t, struct talk_answer *out) {
    bool tls = str_is_like(str_part(t->url, 0, 8), S("https://"));
    bool plain = str_is_like(str_part(t->url, 0, 7), S("http://"));
    if (!is_lawful(t->request, t->url) || (!tls && !plain)) {
        not_sent(out, S("the request has a broken method, address or header"));
        return;
    }
    if (plain && !t->request->allow_private && !t->socket.len) {
        not_sent(out, S("http: is not encrypted: allow_private: true would permit it"));
        return;
    }
    if (!curl_door_open(&t->client->curl)) {
        not_sent(out, S(CURL_IS_NOT_THERE));
        return;
    }
    int64_t wait_ms = t->request->wait_ms > 0 ? t->request->wait_ms : WAIT_MS;
    t->end = clock_steady() + wait_ms;
    t->heads = arena_array(t->mem, HEADS, sizeof(*t->heads));
    if (tls && !client_pool_enter(&t->client->pool, wait_ms)) {
        not_sent(out, S("too many conversations at once"));
        return;
    }
    converse(t, out);
    if (tls)
        client_pool_leave(&t->client->pool);
}

/* TLS hand-shakes are dear: only so many at once, whoever is talked to. */
static void mail_say(
    struct client *c, struct arena *mem, const struct talk_request *r, struct talk_answer *out) {
    if (str_starts(r->url, S("file:"))) {
        outbox_say(mem, c->dir, r, out);
        return;
    }
    if (!curl_door_open(&c->curl)) {
        not_sent(out, S(CURL_IS_NOT_THERE));
        return;
    }
    if (!client_pool_enter(&c->pool, r->wait_ms > 0 ? r->wait_ms : WAIT_MS)) {
        not_sent(out, S("too many conversations at once"));
        return;
    }
    mailer_say(mem, &c->curl.calls, r, out);
    client_pool_leave(&c->pool);
}

static void say(
    struct talk *self, struct arena *mem, const struct talk_request *r, struct talk_answer *out) {
    struct client *c = (struct client *)self;
    if (r->kind == TALK_MAIL) {
        mail_say(c, mem, r, out);
    } else if (r->kind == TALK_HTTP) {
        struct talking t = {.client = c, .mem = mem, .request = r, .url = r->url};
        t.body = buf_new(mem, LIMIT_ANSWER);
        http_say(&t, out);
    } else {
        not_sent(out, S("there is nothing to say"));
    }
}

err client_new(struct arena *mem, str dir, struct talk **out) {
    struct client *c = NEW(mem, struct client);
    c->talk.say = say;
    c->dir = str_copy(mem, dir);
    if (!curl_door_new(&c->curl))
        return err_make(ERR_SETUP, S("no lock for the client"));
    client_pool_open(&c->pool);
    *out = &c->talk;
    return OK_ERR;
}

void client_free(struct talk *t) {
    struct client *c = (struct client *)t;
    void *kept;
    while ((kept = client_pool_old(&c->pool, INT64_MAX)))
        c->curl.calls.cleanup(kept);
    client_pool_close(&c->pool);
    curl_door_close(&c->curl);
}

err client_unix(
    struct arena *mem, str dir, str socket, const struct talk_request *r, struct talk_answer *out) {
    int folder = open(dir.len ? str_cz(mem, dir) : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return err_make(ERR_ABSENT, JOIN(mem, S("there is no folder "), dir));
    struct talk *talk = 0;
    struct talk_answer answer = {0};
    struct talking t = {.mem = mem, .request = r, .body = buf_new(mem, UNIX_ANSWER)};
    t.url = JOIN(mem, S("http://localhost"), r->url);
    err e = listener_path(mem, folder, socket, &t.socket);
    if (e.code == ERR_NONE)
        e = client_new(mem, S(""), &talk);
    if (e.code == ERR_NONE) {
        t.client = (struct client *)talk;
        http_say(&t, &answer);
        client_free(talk);
    }
    close(folder);
    TRY(e);
    if (answer.sent == TALK_NOT_SENT)
        return err_make(
            ERR_ABSENT, JOIN(mem, S("nobody answers at "), socket, S(": "), answer.why));
    if (answer.sent == TALK_NO_ANSWER)
        return err_make(ERR_UNKNOWN, JOIN(mem, S("no whole answer came: "), answer.why));
    *out = answer;
    return OK_ERR;
}
