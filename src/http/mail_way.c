#include "http/mail_way.h"

#include "base/encode.h"

enum { PORT_TLS = 465, PORT_PLAIN = 587 };

static err wrong(str what) {
    return err_make(ERR_INVALID, what);
}

static bool is_host(str text) {
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
                    || c == '.' || c == '-' || c == '_' || c == ':';
        if (!fine)
            return false;
    }
    return text.len > 0 && text.len <= 253;
}

static bool is_line(str text) {
    return !control_has(text, S(""));
}

static bool is_kept_secret(str text) {
    return str_starts(text, S("${")) && str_ends(text, S("}"));
}

/* "host", "host:port", "[::1]:port". */
static err host_read(str text, struct mail_way *w) {
    size_t end = text.ptr && text.len && text.ptr[0] == '[' ? str_find_byte(text, ']') + 1
                                                            : str_find_byte(text, ':');
    int64_t port = w->port;
    w->host = str_part(text, 0, end);
    str bare = w->host;
    if (str_starts(bare, S("[")) && str_ends(bare, S("]")))
        bare = str_part(bare, 1, bare.len - 2);
    else if (str_find_byte(bare, ':') < bare.len)
        return wrong(S("the mail server's name does not read"));
    if (!bare.len)
        return wrong(S("the mail server's name is missing"));
    if (!is_host(bare) && !is_kept_secret(bare))
        return wrong(S("the mail server's name does not read"));
    str rest = str_from(text, end);
    if (!rest.len)
        return OK_ERR;
    if (rest.ptr[0] != ':' || !str_number(str_from(rest, 1), &port) || port < 1 || port > 65535)
        return wrong(S("the mail server's port does not read: a number up to 65535"));
    w->port = (int)port;
    return OK_ERR;
}

static err who_read(struct arena *mem, str text, struct mail_way *w) {
    size_t colon = str_find_byte(text, ':');
    if (!percent_read(mem, str_part(text, 0, colon), false, &w->user)
        || !percent_read(mem, str_from(text, colon + 1), false, &w->password))
        return wrong(S("name or password of the mail server does not read: % is written %25"));
    if (!is_line(w->user) || !is_line(w->password))
        return wrong(S("name or password of the mail server has a control character"));
    if (!w->user.len || !w->password.len)
        return wrong(S("before the @ stand a name and a password: name:${SMTP_PASSWORD}@host"));
    return OK_ERR;
}

static size_t last_at(str text) {
    for (size_t i = text.len; i > 0; i--)
        if (text.ptr[i - 1] == '@')
            return i - 1;
    return text.len;
}

err mail_way_read(struct arena *mem, str url, struct mail_way *out) {
    struct mail_way w = {.port = PORT_PLAIN};
    if (str_starts(url, S("file:"))) {
        w.folder = str_from(url, S("file:").len);
        if (!w.folder.len)
            return wrong(S("behind file: stands a folder: file:var/outbox"));
        *out = w;
        return OK_ERR;
    }
    size_t scheme = str_find(url, S("://"));
    w.tls = str_is_like(str_part(url, 0, scheme), S("smtps"));
    if (!w.tls && !str_is_like(str_part(url, 0, scheme), S("smtp")))
        return wrong(S("mail goes to smtps://name:password@host, smtp://… or file:<folder>"));
    if (w.tls)
        w.port = PORT_TLS;
    /* A password that is not percent-encoded may hold a slash: the host begins behind the @. */
    str rest = str_from(url, scheme + 3);
    size_t at = last_at(rest);
    str host = at < rest.len ? str_from(rest, at + 1) : rest;
    size_t slash = str_find_byte(host, '/');
    w.name = str_from(host, slash + 1);
    if (w.name.len && !is_host(w.name))
        return wrong(S("behind the mail server's name stands nothing, or a host's name"));
    TRY(host_read(str_part(host, 0, slash), &w));
    if (at < rest.len)
        TRY(who_read(mem, str_part(rest, 0, at), &w));
    *out = w;
    return OK_ERR;
}
