/* message: a request and a response as plain data, without a socket. All str are borrowed from the
 * arena of the request. Header names compare without case. */
#ifndef HTTP_MESSAGE_H
#define HTTP_MESSAGE_H

#include "base/err.h"
#include "base/time.h"
#include "base/tree.h"

/* Of a talk with a partner (both ways); of an answer of ours. */
enum { MESSAGE_HEADERS = 12, RESPONSE_HEADERS = 20 };

struct header {
    str name, value;
};

struct request {
    str method;
    str target; /* raw, as it came: "/o/x?a=b"; routing looks at this only */
    str path;   /* the target before '?', still percent-encoded */
    str query;  /* behind it, "" when there is none */
    const struct header *headers;
    size_t header_count;
    str body;
    str peer;    /* the address, after trusted proxies */
    str ref;     /* what the log and an error page call it; of a trusted proxy, else made here */
    instant at;  /* when it was complete */
    bool secure; /* came over TLS, or a trusted proxy says so */
    bool doubted; /* speaks for somebody else from a near address that is not trusted to */
};

struct response {
    int status;
    str type; /* Content-Type; "" with an empty body */
    struct header headers[RESPONSE_HEADERS];
    size_t header_count;
    str body;
    bool close;  /* end the connection behind it */
    str file;    /* send this file instead of body, with ETag and ranges; "" for none */
    str file_in; /* the folder that it must lie in, links and all; "": `file` is a whole path */
};

str request_header(const struct request *r, str name);
/* The wish of `Accept:` for JSON over HTML; also true when the body is application/json. */
bool request_wants_json(const struct request *r);
/* The q of the parameters behind a value in a list, in thousandths: "q=0.5" is 500, none 1000. */
int header_quality(str parameters);
/* First value of a query field, percent-decoded; "" when absent or broken. */
str request_query(struct arena *mem, const struct request *r, str name);

/* One of that name is replaced; a value with control bytes is left out. */
void response_header(struct response *r, str name, str value);
/* A page, with the security headers every page has (CSP of design 7: form-action 'self' https:). */
struct response response_page(struct arena *mem, int status, str html);
/* The same for test mode: its forms may also lead to plain http on this machine. */
struct response response_page_local(struct arena *mem, int status, str html);
struct response response_text(int status, str text);
struct response response_json(int status, str json);
/* 303 See Other, no-store. */
struct response response_go(str location);
/* application/problem+json (RFC 9457). Its title has the table's words for a stranger; its
 * detail is e.what only where the status says the mistake is theirs (below 500). `fields` may be
 * null. */
struct response response_problem(struct arena *mem, err e, const struct tree *fields, str ref);

/* What libmicrohttpd lets through and must not pass (reference/reliability.md B.5): two Hosts, both
 * lengths, chunked twice, TE in 1.0, control bytes, names with spaces, odd methods and versions.
 * ERR_INVALID says which; the server answers 400 and closes. */
MUST err message_check(
    str method, str target, str version, const struct header *headers, size_t count);
/* Lawful, but not for us: 501 a method nobody here knows, 417 an expectation other than
 * 100-continue, 431 too many headers. 0: it may pass. */
int message_refused(const struct request *r);
/* "http://host/path?query" (what a proxy is sent) to "/path?query"; others as they are. */
str message_origin_form(str target);

#endif
