#include "io/forwarded.h"

#include "base/arena.h"

err proxies_read(struct arena *mem, const str *names, size_t count, struct proxies *out) {
    struct address *list = arena_array(mem, count, sizeof(*list));
    struct proxies made = {.list = list};
    for (size_t i = 0; i < count; i++) {
        if (str_is(names[i], S("unix")))
            made.unix_too = true;
        else if (!address_read(names[i], &list[made.count++]))
            return err_make(ERR_INVALID,
                JOIN(mem, S("`"), names[i], S("` in proxies is neither an address nor `unix`")));
    }
    *out = made;
    return OK_ERR;
}

void peer_set(struct peer *p, const struct sockaddr *at) {
    p->is_unix = !address_of(at, &p->at);
    p->name = p->is_unix ? S("unix") : address_text(&p->at, p->text);
}

static bool is_listed(const struct proxies *trusted, const struct address *a) {
    for (size_t i = 0; i < trusted->count; i++)
        if (address_is(&trusted->list[i], a))
            return true;
    return false;
}

bool proxies_trust(const struct proxies *trusted, const struct peer *from) {
    return from->is_unix ? trusted->unix_too : is_listed(trusted, &from->at);
}

/* Takes the last entry off a comma list; false when nothing is left. */
static bool cut_last(str *list, str *entry) {
    if (!list->len)
        return false;
    size_t at = list->len;
    while (at && list->ptr[at - 1] != ',')
        at--;
    *entry = str_trim(str_from(*list, at));
    *list = str_part(*list, 0, at ? at - 1 : 0);
    return true;
}

/* Goes through one header from its end; true when the stranger is found, or what is no address. */
static bool walk(const struct proxies *trusted, str list, struct address *found, bool *any) {
    str entry;
    while (cut_last(&list, &entry)) {
        struct address a;
        if (!address_read(entry, &a))
            return true;
        *found = a;
        *any = true;
        if (!is_listed(trusted, &a))
            return true;
    }
    return false;
}

/* It stands in log lines and on pages. */
static bool is_ref(str s) {
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool fine = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                    || c == '-' || c == '_';
        if (!fine)
            return false;
    }
    return s.len >= 6 && s.len <= 64;
}

void forwarded_read(
    struct arena *mem, const struct proxies *trusted, const struct peer *from, struct request *r) {
    r->peer = from->name;
    if (!proxies_trust(trusted, from)) {
        bool near = from->is_unix || address_is_private(&from->at);
        r->doubted = near && request_header(r, S("X-Forwarded-For")).len;
        return;
    }
    str ref = request_header(r, S("X-Request-Id"));
    if (is_ref(ref))
        r->ref = ref;
    struct address found;
    bool any = false, ended = false, proto = false;
    for (size_t i = r->header_count; i-- > 0;) {
        const struct header *h = &r->headers[i];
        if (!ended && str_is_like(h->name, S("X-Forwarded-For")))
            ended = walk(trusted, h->value, &found, &any);
        if (!proto && str_is_like(h->name, S("X-Forwarded-Proto"))) {
            str list = h->value, last = {0};
            proto = cut_last(&list, &last);
            r->secure = str_is_like(last, S("https"));
        }
    }
    if (any) {
        char text[ADDRESS_TEXT];
        r->peer = str_copy(mem, address_text(&found, text));
    }
}
