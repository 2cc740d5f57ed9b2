#include "store/script.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "check.h"

#include <assert.h>

enum { WORDS = 8, ANSWER_MAX = 1 << 20 };

struct words {
    str at[WORDS];
    size_t count;
};

static struct words words_read(str text) {
    struct words w = {0};
    str word;

    while (w.count < WORDS && str_cut(&text, ' ', &word))
        if (word.len)
            w.at[w.count++] = word;
    return w;
}

static str word_text(str word) {
    return str_is(word, S("-")) ? S("") : word;
}

static int64_t word_int(str word) {
    int64_t number = 0;
    bool is_number = str_number(word, &number);

    assert(is_number);
    return number;
}

static int64_t word_version(str word) {
    if (str_is(word, S("new")))
        return PUT_NEW;
    return str_is(word, S("any")) ? PUT_ANY : word_int(word);
}

/* "a.b.c": three pieces, the last may be empty or missing. */
static void name_read(str name, str *part, str *kind, str *key) {
    *key = S("");
    str_cut(&name, '.', part);
    str_cut(&name, '.', kind);
    str_cut(&name, '.', key);
}

static struct put put_read(str text) {
    struct put p = {0};
    str name, version, due;

    p.drop = str_find_byte(text, '!') < text.len;
    str_cut(&text, p.drop ? '!' : '=', &name);
    name_read(name, &p.part, &p.kind, &p.key);
    str_cut(&text, ':', &version);
    p.version = word_version(version);
    bool job = str_cut(&text, '@', &p.bytes);
    p.lease = str_starts(text, S("@"));
    text = str_from(text, p.lease);
    if (job && str_cut(&text, '@', &due))
        p.due = word_int(due);
    return p;
}

static struct change change_read(struct arena *mem, str text) {
    struct put *puts = arena_array(mem, LIMIT_CHANGE_PUTS, sizeof *puts);
    struct change c = {.puts = puts, .kept = KEPT_UNKNOWN};
    str put;

    c.reserve = str_ends(text, S("~"));
    if (c.reserve)
        text.len--;
    while (str_cut(&text, '&', &put))
        puts[c.count++] = put_read(put);
    return c;
}

str script_kept(enum kept kept) {
    static const str words[] = {
        [KEPT_UNKNOWN] = S_INIT("unknown"),
        [KEPT_OK] = S_INIT("ok"),
        [KEPT_KNOWN] = S_INIT("known"),
        [KEPT_CONFLICT] = S_INIT("conflict"),
        [KEPT_FULL] = S_INIT("full"),
    };

    return words[kept];
}

static str step_apply(struct arena *mem, struct store *s, const struct words *w) {
    struct change changes[64];
    struct buf answer = buf_new(mem, ANSWER_MAX);
    size_t count = 0;
    str text = w->at[1], one;

    while (count < COUNT(changes) && str_cut(&text, '|', &one))
        changes[count++] = change_read(mem, one);
    s->kind->apply(s, changes, count);
    for (size_t i = 0; i < count; i++) {
        buf_add(&answer, i ? S(" ") : S(""));
        buf_add(&answer, script_kept(changes[i].kept));
    }
    return buf_str(&answer);
}

static void row_write(struct buf *b, const struct row *row) {
    buf_add(b, row->part);
    buf_byte(b, '.');
    buf_add(b, row->kind);
    buf_byte(b, '.');
    buf_add(b, row->key);
    buf_format(b, "=%lld:", (long long)row->version);
    buf_add(b, row->bytes);
    if (row->due)
        buf_format(b, "@%lld", (long long)row->due);
}

static str err_word(err e) {
    return e.code == ERR_ABSENT ? S("absent") : e.what;
}

static str list_write(struct arena *mem, err e, const struct row_list *list) {
    struct buf answer = buf_new(mem, ANSWER_MAX);

    if (e.code != ERR_NONE)
        return err_word(e);
    for (size_t i = 0; i < list->count; i++) {
        buf_add(&answer, i ? S(" ") : S(""));
        row_write(&answer, &list->rows[i]);
    }
    if (list->more)
        buf_add(&answer, S(" more"));
    return buf_str(&answer);
}

static str step_get(struct arena *mem, struct store *s, const struct words *w) {
    struct row_list one = {0};
    struct row row;
    str part, kind, key;

    name_read(w->at[1], &part, &kind, &key);
    err e = s->kind->get(s, mem, part, kind, key, &row);
    one.rows = &row;
    one.count = e.code == ERR_NONE;
    return list_write(mem, e, &one);
}

static str step_list(struct arena *mem, struct store *s, const struct words *w) {
    struct query q = {
        .kind = word_text(w->at[1]),
        .part_from = word_text(w->at[2]),
        .part_to = word_text(w->at[3]),
        .newest_first = str_is(w->at[5], S("down")),
        .limit = (size_t)word_int(w->at[6]),
    };
    struct row_list list = {0};
    str after = word_text(w->at[4]);

    if (str_cut(&after, '.', &q.after_part))
        q.after_key = after;
    err e = s->kind->list(s, mem, &q, &list);
    return list_write(mem, e, &list);
}

static str step_due(struct arena *mem, struct store *s, const struct words *w) {
    struct query q = {
        .kind = word_text(w->at[1]),
        .due_only = true,
        .due_max = word_int(w->at[2]),
        .limit = (size_t)word_int(w->at[3]),
    };
    struct row_list list = {0};
    err e = s->kind->list(s, mem, &q, &list);

    return list_write(mem, e, &list);
}

static str step_lease(struct arena *mem, struct store *s, const struct words *w) {
    struct row_list list = {0};
    err e = s->kind->lease(
        s, mem, word_int(w->at[1]), word_int(w->at[2]), (size_t)word_int(w->at[3]), &list);

    return list_write(mem, e, &list);
}

str script_step(struct arena *mem, struct store *s, str step) {
    static const struct {
        str verb;
        size_t words;
        str (*run)(struct arena *mem, struct store *s, const struct words *w);
    } verbs[] = {
        {S_INIT("apply"), 2, step_apply},
        {S_INIT("get"), 2, step_get},
        {S_INIT("list"), 7, step_list},
        {S_INIT("due"), 4, step_due},
        {S_INIT("lease"), 4, step_lease},
    };
    struct words w = words_read(step);

    for (size_t i = 0; i < COUNT(verbs); i++)
        if (w.count == verbs[i].words && str_is(w.at[0], verbs[i].verb))
            return verbs[i].run(mem, s, &w);
    return JOIN(mem, S("no such step: "), step);
}

void script_check(struct arena *mem, struct store *s, const char *row, str script) {
    str step;

    while (str_cut(&script, '\n', &step)) {
        if (!step.len || str_starts(step, S("#")))
            continue;
        size_t arrow = str_find(step, S("->"));
        str got = script_step(mem, s, str_part(step, 0, arrow));
        if (arrow < step.len)
            CHECK_STR(row, got, str_trim(str_from(step, arrow + 2)));
    }
}
