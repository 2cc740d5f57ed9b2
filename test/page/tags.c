#include "tags.h"

#include "base/buf.h"

struct walk {
    str html;
    size_t at;
    struct buf out;
};

static char peek(const struct walk *w) {
    return w->at < w->html.len ? w->html.ptr[w->at] : '\0';
}

static bool more(const struct walk *w) {
    return w->at < w->html.len;
}

static bool is_blank(char c) {
    return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f';
}

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool ends_name(char c) {
    return is_blank(c) || c == '/' || c == '>';
}

static void skip_blanks(struct walk *w) {
    while (more(w) && is_blank(peek(w)))
        w->at++;
}

/* Behind the next `end`. */
static void skip_to(struct walk *w, char end) {
    while (more(w) && peek(w) != end)
        w->at++;
    w->at += more(w);
}

static void value(struct walk *w) {
    skip_blanks(w);
    char quote = peek(w);
    if (quote == '"' || quote == '\'') {
        w->at++;
        skip_to(w, quote);
        return;
    }
    while (more(w) && !is_blank(peek(w)) && peek(w) != '>')
        w->at++;
}

static void attribute(struct walk *w) {
    size_t from = w->at++;
    while (more(w) && !ends_name(peek(w)) && peek(w) != '=')
        w->at++;
    buf_byte(&w->out, ' ');
    buf_add(&w->out, str_part(w->html, from, w->at - from));
    skip_blanks(w);
    if (peek(w) == '=') {
        w->at++;
        value(w);
    }
}

/* title, script and the like: nothing but their own end tag counts. */
static void content(struct walk *w, str name) {
    static const str names[] = {S_INIT("title"), S_INIT("textarea"), S_INIT("script"),
        S_INIT("style"), S_INIT("xmp"), S_INIT("iframe"), S_INIT("noembed"), S_INIT("noframes"),
        S_INIT("plaintext")};
    size_t i = 0;
    while (i < COUNT(names) && !str_is_like(names[i], name))
        i++;
    if (i == COUNT(names))
        return;
    for (; more(w); w->at++) {
        str rest = str_from(w->html, w->at);
        char end = rest.len > name.len + 2 ? rest.ptr[name.len + 2] : '\0';
        if (str_starts(rest, S("</")) && str_is_like(str_part(rest, 2, name.len), name)
            && ends_name(end))
            return;
    }
}

static void tag(struct walk *w) {
    size_t from = w->at;
    w->at += 2;
    while (more(w) && !ends_name(peek(w)))
        w->at++;
    str name = str_part(w->html, from + 1, w->at - from - 1);
    buf_byte(&w->out, '<');
    buf_add(&w->out, name);
    while (more(w) && peek(w) != '>') {
        if (is_blank(peek(w)) || peek(w) == '/')
            w->at++;
        else
            attribute(w);
    }
    buf_byte(&w->out, more(w) ? '>' : '!');
    w->at += more(w);
    content(w, name);
}

/* Ends at --> and --!>; <!--> and <!---> are whole. */
static void comment(struct walk *w) {
    static const str ends[] = {S_INIT("-->"), S_INIT("--!>")};
    str rest = str_from(w->html, w->at + 4);
    buf_add(&w->out, S("<!--"));
    if (str_starts(rest, S(">")) || str_starts(rest, S("->"))) {
        w->at += 4;
        skip_to(w, '>');
        return;
    }
    size_t nearest = rest.len;
    for (size_t i = 0; i < COUNT(ends); i++) {
        size_t end = str_find(rest, ends[i]);
        if (end < rest.len && end + ends[i].len < nearest)
            nearest = end + ends[i].len;
    }
    w->at += 4 + nearest;
}

static void markup(struct walk *w) {
    str rest = str_from(w->html, w->at);
    char next = rest.len > 1 ? rest.ptr[1] : '\0';
    char after = rest.len > 2 ? rest.ptr[2] : '\0';
    if (str_starts(rest, S("<!--")))
        comment(w);
    else if (is_letter(next) || (next == '/' && is_letter(after)))
        tag(w);
    else if (next == '!' || next == '?' || next == '/') {
        buf_add(&w->out, S("<!"));
        skip_to(w, '>');
    } else
        w->at++;
}

str tags_of(struct arena *mem, str html) {
    struct walk w = {.html = html, .out = buf_new(mem, 1 << 22)};
    while (more(&w)) {
        if (peek(&w) == '<')
            markup(&w);
        else
            w.at++;
    }
    return buf_str(&w.out);
}
