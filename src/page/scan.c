#include "page/scan.h"

struct scan_name {
    str name;
    int what;
};

static const struct scan_name elements[] = {
    {S_INIT("title"), SCAN_RCDATA},
    {S_INIT("textarea"), SCAN_RCDATA},
    {S_INIT("script"), SCAN_RAW},
    {S_INIT("style"), SCAN_RAW},
    {S_INIT("xmp"), SCAN_RAW},
    {S_INIT("iframe"), SCAN_RAW},
    {S_INIT("noembed"), SCAN_RAW},
    {S_INIT("noframes"), SCAN_RAW},
    {S_INIT("plaintext"), SCAN_RAW},
};

static const struct scan_name attributes[] = {
    {S_INIT("href"), SCAN_ADDRESS},
    {S_INIT("src"), SCAN_ADDRESS},
    {S_INIT("action"), SCAN_ADDRESS},
    {S_INIT("formaction"), SCAN_ADDRESS},
    {S_INIT("poster"), SCAN_ADDRESS},
    {S_INIT("cite"), SCAN_ADDRESS},
    {S_INIT("data"), SCAN_ADDRESS},
    {S_INIT("background"), SCAN_ADDRESS},
    {S_INIT("longdesc"), SCAN_ADDRESS},
    {S_INIT("manifest"), SCAN_ADDRESS},
    {S_INIT("xlink:href"), SCAN_ADDRESS},
    {S_INIT("style"), SCAN_FORBIDDEN},
    {S_INIT("srcdoc"), SCAN_FORBIDDEN},
    {S_INIT("srcset"), SCAN_FORBIDDEN},
    {S_INIT("imagesrcset"), SCAN_FORBIDDEN},
    {S_INIT("ping"), SCAN_FORBIDDEN},
    {S_INIT("http-equiv"), SCAN_FORBIDDEN},
};

static int find(const struct scan_name *rows, size_t count, str name, int otherwise) {
    for (size_t i = 0; i < count; i++)
        if (str_is(rows[i].name, name))
            return rows[i].what;
    return otherwise;
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool is_letter(char c) {
    return lower(c) >= 'a' && lower(c) <= 'z';
}

/* A longer name is none of those that matter: the last place says so. */
static void append(char *name, unsigned char *len, char c) {
    if (*len < SCAN_NAME_MAX)
        name[(*len)++] = lower(c);
}

static str tag_name(const struct scan *s) {
    return (str){s->name, s->name_len};
}

static enum scan_value value_of(const struct scan *s) {
    str name = {s->attr, s->attr_len};
    if (str_starts(name, S("on")))
        return SCAN_FORBIDDEN;
    return (enum scan_value)find(attributes, COUNT(attributes), name, SCAN_PLAIN);
}

static void tag_end(struct scan *s) {
    s->matched = 0;
    s->where = s->closing
                   ? SCAN_TEXT
                   : (enum scan_where)find(elements, COUNT(elements), tag_name(s), SCAN_TEXT);
    if (s->where == SCAN_TEXT)
        *s = (struct scan){0};
}

static void name_begin(struct scan *s, char c, bool closing) {
    s->where = SCAN_NAME;
    s->closing = closing;
    s->name_len = 0;
    append(s->name, &s->name_len, c);
}

static void attr_begin(struct scan *s, char c) {
    s->where = SCAN_ATTR;
    s->attr_len = 0;
    append(s->attr, &s->attr_len, c);
}

static void value_begin(struct scan *s, enum scan_where where) {
    s->where = where;
    s->value = value_of(s);
    s->begun = false;
    s->address_len = 0;
}

/* An entity in front of the first / could hide a scheme. */
static bool address_is(const struct scan *s) {
    str address = {s->address, s->address_len};
    size_t entity = str_find_byte(address, '&');
    return escape_address_is(address)
           && (entity == address.len || str_find_byte(address, '/') < entity
               || str_find_byte(address, '?') < entity);
}

static const char *value_end(struct scan *s) {
    bool bad = s->value == SCAN_ADDRESS && !address_is(s);
    s->where = SCAN_TAG;
    s->value = SCAN_PLAIN;
    s->begun = false;
    return bad ? "an address must be http, https, mailto or relative" : NULL;
}

static const char *step_text(struct scan *s, char c) {
    if (c == '<')
        s->where = SCAN_OPEN;
    return NULL;
}

/* The end tag of its own name is the only markup here. */
static const char *step_content(struct scan *s, char c) {
    unsigned end = s->name_len + 2U;
    if (s->matched == end && (is_blank(c) || c == '/' || c == '>')) {
        s->closing = true;
        s->where = SCAN_TAG;
        if (c == '>')
            tag_end(s);
        return NULL;
    }
    char want = s->matched == 0 ? '<' : s->matched == 1 ? '/' : '\0';
    if (s->matched >= 2 && s->matched < end)
        want = s->name[s->matched - 2];
    if (want && lower(c) == want)
        s->matched++;
    else
        s->matched = c == '<';
    return NULL;
}

static const char *step_open(struct scan *s, char c) {
    if (is_letter(c))
        name_begin(s, c, false);
    else if (c == '/')
        s->where = SCAN_CLOSE;
    else if (c == '!')
        *s = (struct scan){.where = SCAN_MARKUP};
    else
        s->where = c == '?' ? SCAN_BOGUS : c == '<' ? SCAN_OPEN : SCAN_TEXT;
    return NULL;
}

static const char *step_close(struct scan *s, char c) {
    if (is_letter(c))
        name_begin(s, c, true);
    else
        s->where = c == '>' ? SCAN_TEXT : SCAN_BOGUS;
    return NULL;
}

static const char *step_markup(struct scan *s, char c) {
    if (c == '-')
        s->where = ++s->matched == 2 ? SCAN_COMMENT : SCAN_MARKUP;
    else
        s->where = c == '>' ? SCAN_TEXT : SCAN_BOGUS;
    return NULL;
}

/* matched: 1, 2 dashes, 3 is "--!". A comment ends at --> and at --!>, also right behind <!--. */
static const char *step_comment(struct scan *s, char c) {
    if (c == '>' && s->matched >= 2)
        *s = (struct scan){0};
    else if (c == '-')
        s->matched = s->matched == 1 || s->matched == 2 ? 2 : 1;
    else
        s->matched = c == '!' && s->matched == 2 ? 3 : 0;
    return NULL;
}

static const char *step_bogus(struct scan *s, char c) {
    if (c == '>')
        *s = (struct scan){0};
    return NULL;
}

static const char *step_name(struct scan *s, char c) {
    if (c == '>')
        tag_end(s);
    else if (is_blank(c) || c == '/')
        s->where = SCAN_TAG;
    else
        append(s->name, &s->name_len, c);
    return NULL;
}

static const char *step_tag(struct scan *s, char c) {
    bool cut = s->cut;
    s->cut = false;
    if (c == '>')
        tag_end(s);
    else if (!is_blank(c) && c != '/') {
        attr_begin(s, c);
        return cut ? "a blank must stand between a section and an attribute" : NULL;
    }
    return NULL;
}

static const char *step_attr(struct scan *s, char c) {
    if (c == '>')
        tag_end(s);
    else if (c == '=')
        s->where = SCAN_EQUALS;
    else if (is_blank(c))
        s->where = SCAN_AFTER;
    else if (c == '/')
        s->where = SCAN_TAG;
    else
        append(s->attr, &s->attr_len, c);
    return NULL;
}

static const char *step_after(struct scan *s, char c) {
    if (c == '=')
        s->where = SCAN_EQUALS;
    else if (!is_blank(c)) {
        s->where = SCAN_TAG;
        return step_tag(s, c);
    }
    return NULL;
}

static const char *step_equals(struct scan *s, char c) {
    if (c == '>')
        tag_end(s);
    else if (!is_blank(c))
        value_begin(s, c == '"' ? SCAN_DOUBLE : c == '\'' ? SCAN_SINGLE : SCAN_BARE);
    return NULL;
}

static const char *step_value(struct scan *s, char c) {
    if (c == (s->where == SCAN_DOUBLE ? '"' : '\''))
        return value_end(s);
    /* Browsers drop blanks in front and line breaks anywhere. */
    if (s->value == SCAN_ADDRESS && !s->begun && c > ' ' && s->address_len < SCAN_NAME_MAX)
        s->address[s->address_len++] = c;
    return NULL;
}

static const char *step_bare(struct scan *s, char c) {
    if (c == '>')
        tag_end(s);
    else if (is_blank(c)) {
        s->where = SCAN_TAG;
        s->value = SCAN_PLAIN;
    }
    return NULL;
}

struct scan_rule {
    const char *(*step)(struct scan *s, char c);
    const char *hole; /* why there must be no hole; null: there may be one */
    bool pause;       /* may a section begin or end here? */
};

/* clang-format off */
static const struct scan_rule rules[SCAN_WHERES] = {
    [SCAN_TEXT] = {step_text, NULL, true},
    [SCAN_RCDATA] = {step_content, NULL, true},
    [SCAN_RAW] = {step_content, "inside script or style", false},
    [SCAN_OPEN] = {step_open, "in the name of a tag", false},
    [SCAN_CLOSE] = {step_close, "in the name of a tag", false},
    [SCAN_MARKUP] = {step_markup, "inside <!…>", false},
    [SCAN_COMMENT] = {step_comment, "inside a comment", false},
    [SCAN_BOGUS] = {step_bogus, "inside <!…>", false},
    [SCAN_NAME] = {step_name, "in the name of a tag", true},
    [SCAN_TAG] = {step_tag, "where an attribute's name stands", true},
    [SCAN_ATTR] = {step_attr, "in the name of an attribute", true},
    [SCAN_AFTER] = {step_after, "where an attribute's name stands", true},
    [SCAN_EQUALS] = {step_equals, "in a value without double quotes", false},
    [SCAN_DOUBLE] = {step_value, NULL, true},
    [SCAN_SINGLE] = {step_value, "in a value without double quotes", false},
    [SCAN_BARE] = {step_bare, "in a value without double quotes", false},
};
/* clang-format on */

const char *scan_literal(struct scan *s, str text, size_t *at) {
    for (size_t i = 0; i < text.len; i++) {
        const char *why = rules[s->where].step(s, text.ptr[i]);
        if (why) {
            *at = i;
            return why;
        }
    }
    return NULL;
}

const char *scan_hole(struct scan *s, enum escape *how) {
    if (rules[s->where].hole)
        return rules[s->where].hole;
    *how = ESCAPE_TEXT;
    if (s->where != SCAN_DOUBLE)
        return s->where == SCAN_RCDATA && s->matched ? "in the name of a tag" : NULL;
    if (s->value == SCAN_FORBIDDEN)
        return "in an attribute that holds code or several addresses";
    *how = ESCAPE_ATTRIBUTE;
    if (s->value == SCAN_PLAIN)
        return NULL;
    bool first = !s->begun && !s->address_len;
    if (!first && !s->begun && !address_is(s))
        return "in an address that is not http, https, mailto or relative";
    *how = first ? ESCAPE_URL : ESCAPE_URL_PART;
    s->begun = true;
    return NULL;
}

const char *scan_pause(struct scan *s) {
    if (!rules[s->where].pause)
        return rules[s->where].hole;
    if (s->where == SCAN_RCDATA && s->matched)
        return "in the name of a tag";
    if (s->where == SCAN_NAME || s->where == SCAN_TAG || s->where == SCAN_ATTR
        || s->where == SCAN_AFTER) {
        s->where = SCAN_TAG;
        s->cut = true;
    }
    return NULL;
}

bool scan_is(const struct scan *a, const struct scan *b) {
    return a->where == b->where && a->value == b->value && a->closing == b->closing
           && a->begun == b->begun && (a->value != SCAN_ADDRESS || a->address_len == b->address_len)
           && str_is(tag_name(a), tag_name(b));
}
