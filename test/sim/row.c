#include "base/buf.h"
#include "shop/record.h"
#include "sim/sim.h"

/* The row of an order as last kept, and what of the next one is new. Most writes change one step,
 * or a number or two of the rest: what is byte for byte as it was, was looked at before, and is
 * read and hashed no second time. */

enum { SAID_MAX = 1 << 20 };

/* On the way through a new row. */
struct walk {
    str bytes;
    size_t at;
    struct ghost_row *row; /* what will be kept of it */
    struct buf said;       /* members that are new, and all numbers, as JSON */
    bool same;             /* beside the steps all is as it was */
    bool steps;            /* there are some, the walk is at the first */
    bool buyer;            /* who buys is as before */
    bool newer;            /* keys of a newer version are counted */
};

static str piece_text(const char *row, const struct row_piece *p) {
    return (str){row + p->at, p->len};
}

/* ---- beside the steps ---- */

/* Comes next as it was: with what may follow it behind it. */
static bool is_same(const struct ghost_row *old, size_t i, str rest) {
    size_t len = old->members[i].len;
    return rest.len > len && (rest.ptr[len] == ',' || rest.ptr[len] == '}')
           && str_starts(rest, piece_text(old->bytes, &old->members[i]));
}

static size_t name_find(const struct ghost_row *old, size_t from, str name) {
    size_t i = from;
    while (i < old->member_count
           && !(old->members[i].name == name.len
                && str_starts(piece_text(old->bytes, &old->members[i]), name)))
        i++;
    return i;
}

static void say(struct walk *w, str member) {
    if (w->said.len)
        buf_byte(&w->said, ',');
    buf_add(&w->said, member);
}

static bool is_money(str name) {
    return str_is(name, S("\"payments\":")) || str_is(name, S("\"refunds\":"));
}

static bool is_number(str member, size_t name) {
    return member.len > name
           && ((member.ptr[name] >= '0' && member.ptr[name] <= '9') || member.ptr[name] == '-');
}

/* False: this never changes, the order is to be looked at as a whole. No `out`: it is. */
static bool is_fleeting(str name, struct row_news *out) {
    static const str lasting[] = {S_INIT("\"id\":"), S_INIT("\"mode\":"), S_INIT("\"placed_at\":"),
        S_INIT("\"total\":"), S_INIT("\"gateway\":"), S_INIT("\"reference\":"),
        S_INIT("\"lines\":"), S_INIT("\"consents\":")};
    for (size_t i = 0; out && i < COUNT(lasting); i++)
        if (str_is(lasting[i], name))
            return false;
    if (!out)
        return true;
    out->head = true;
    out->money |= is_money(name);
    return true;
}

static bool are_fleeting(
    const struct ghost_row *old, size_t from, size_t to, struct row_news *out) {
    for (size_t i = from; i < to; i++)
        if (!is_fleeting(
                str_part(piece_text(old->bytes, &old->members[i]), 0, old->members[i].name), out))
            return false;
    return true;
}

/* The next bytes. `same`: they were there before, or null. */
static struct row_piece piece_of(
    const struct walk *w, size_t len, size_t name, const struct row_piece *same) {
    size_t newer = 0;
    if (w->newer)
        newer = same ? same->newer : newer_count(str_part(w->bytes, w->at, len));
    return (struct row_piece){(uint32_t)w->at, (uint32_t)len, (uint32_t)name, (uint32_t)newer};
}

static bool member_keep(struct walk *w, size_t len, size_t name, const struct row_piece *same) {
    if (!len || w->row->member_count == COUNT(w->row->members))
        return false;
    w->row->members[w->row->member_count++] = piece_of(w, len, name, same);
    w->at += len;
    return true;
}

/* What is no JSON is found out when it is read. */
static size_t value_end(struct sim *s, str rest, size_t name) {
    str value = str_from(rest, name), text;
    if (str_starts(value, S("\""))) {
        text = str_part(value, 1, str_find_byte(str_from(value, 1), '"'));
        if (str_find_byte(text, '\\') == text.len)
            return name + text.len + 2;
    }
    struct json_row row = json_row_new(s->scratch, str_from(rest, name));
    size_t len = json_row_skip(&row).len;
    return row.broken ? 0 : name + len;
}

/* The next one; `*next` is the old one that should come now. */
static bool member_walk(struct sim *s, struct walk *w, const struct ghost_row *old, size_t *next,
    struct row_news *out) {
    str rest = str_from(w->bytes, w->at);
    size_t i = *next, name, len;
    bool same = i < old->member_count && is_same(old, i, rest);
    if (!same) {
        name = str_find_byte(rest, ':') + 1;
        i = name_find(old, *next, str_part(rest, 0, name));
        same = i < old->member_count && is_same(old, i, rest);
        if (i < old->member_count && !are_fleeting(old, *next, i, out))
            return false;
    }
    name = same ? old->members[i].name : name;
    w->buyer |= same && str_is(str_part(rest, 0, name), S("\"buyer\":"));
    len = same ? old->members[i].len : value_end(s, rest, name);
    if (!same && !is_fleeting(str_part(rest, 0, name), out))
        return false;
    bool about = is_money(str_part(rest, 0, name));
    if (out && !about && (!same || is_number(str_part(rest, 0, len), name)))
        say(w, str_part(rest, 0, len));
    *next = i < old->member_count ? i + 1 : *next;
    return member_keep(w, len, name, same ? &old->members[i] : NULL);
}

static bool members_walk(
    struct sim *s, struct walk *w, const struct ghost_row *old, struct row_news *out) {
    size_t next = 0;
    char c = w->bytes.len ? w->bytes.ptr[0] : 0;
    for (bool first = true; c == (first ? '{' : ','); first = false) {
        w->at++;
        if (str_starts(str_from(w->bytes, w->at), S("\"steps\":["))) {
            w->at += S("\"steps\":[").len;
            w->steps = true;
            break;
        }
        if (!member_walk(s, w, old, &next, out))
            return false;
        c = w->at < w->bytes.len ? w->bytes.ptr[w->at] : 0;
    }
    return w->row->member_count && are_fleeting(old, next, old->member_count, out);
}

/* ---- the steps ---- */

/* Its length; 0: there is none. What is as it was is not read, and without `step` nothing. */
static size_t step_walk(struct sim *s, str rest, str was, const struct step **step) {
    if (!step)
        return value_end(s, rest, 0);
    *step = NULL;
    if (was.len && rest.len > was.len && (rest.ptr[was.len] == ',' || rest.ptr[was.len] == ']')
        && str_starts(rest, was))
        return was.len;
    struct json_row row = json_row_new(s->scratch, rest);
    struct step *read = NEW(s->scratch, struct step);
    err e = record_read(s->scratch, &step_record, &row, read);
    *step = read;
    return e.code == ERR_NONE && !row.broken ? row.at : 0;
}

static bool steps_walk(
    struct sim *s, struct walk *w, const struct ghost_row *old, struct row_news *out) {
    size_t i = 0;
    for (char c = ','; c == ','; i++) {
        str was = i < old->step_count ? piece_text(old->bytes, &old->steps[i]) : S("");
        if (i == SIM_STEPS)
            return false;
        size_t len = step_walk(s, str_from(w->bytes, w->at), was, out ? &out->steps[i] : NULL);
        bool same = out && !out->steps[i];
        w->row->steps[i] = piece_of(w, len, 0, same ? &old->steps[i] : NULL);
        w->at += len;
        c = len && w->at < w->bytes.len ? w->bytes.ptr[w->at++] : 0;
        if (c != ',' && c != ']')
            return false;
    }
    w->row->step_count = i;
    return i >= old->step_count;
}

/* ---- a row ---- */

static void row_take(struct sim *s, struct ghost_row *to, const struct walk *w) {
    char *bytes = to->bytes;
    size_t room = to->room;
    if (w->bytes.len > room) {
        room = w->bytes.len + w->bytes.len / 4;
        bytes = arena_bytes(s->mem, room);
    }
    memcpy(bytes, w->bytes.ptr, w->bytes.len);
    to->len = w->bytes.len;
    to->bytes = bytes;
    to->room = room;
    to->steps_at = w->row->steps_at;
    to->tail_at = w->row->tail_at;
    to->step_count = w->row->step_count;
    if (!w->same) {
        to->newer = false;
        to->member_count = w->row->member_count;
        memcpy(to->members, w->row->members, to->member_count * sizeof(to->members[0]));
    }
    memcpy(to->steps, w->row->steps, to->step_count * sizeof(to->steps[0]));
}

static bool tail_is(const struct ghost_row *old, str tail) {
    return str_is(tail, (str){old->bytes + old->tail_at, old->len - old->tail_at});
}

/* Both lists are looked at together. */
static void money_say(struct walk *w) {
    static const str names[] = {S_INIT("\"payments\":"), S_INIT("\"refunds\":")};
    for (size_t k = 0; k < COUNT(names); k++)
        for (size_t i = 0; i < w->row->member_count; i++)
            if (str_starts(piece_text(w->bytes.ptr, &w->row->members[i]), names[k]))
                say(w, piece_text(w->bytes.ptr, &w->row->members[i]));
}

/* Who expired must be forgotten by then: a buyer who is as he was is not read here. */
static bool said_read(
    struct sim *s, const struct ghost_order *o, struct walk *w, struct order *to) {
    str said = JOIN(s->scratch, S("{"), buf_str(&w->said), S("}"));
    struct json_row row = json_row_new(s->scratch, said);
    *to = (struct order){0};
    err e = record_read(s->scratch, &order_record, &row, to);
    if (e.code != ERR_NONE || !json_row_end(&row))
        return false;
    bytes_applied(s, said);
    return o->expired || !to->expired_at || !w->buyer;
}

size_t row_head_same(const struct ghost_row *r, str bytes) {
    size_t len = r->member_count ? r->steps_at : 0;
    return bytes.len > len && str_starts(bytes, (str){r->bytes, len}) ? len : 0;
}

/* Beside the steps all is as it was: then nothing of it is looked at. */
static bool head_is(struct walk *w, const struct ghost_row *old) {
    w->at = row_head_same(old, w->bytes);
    return w->same = w->steps = w->at > 0;
}

bool row_news(struct sim *s, struct ghost_order *o, str bytes, struct row_news *out) {
    const struct ghost_row *old = &o->row;
    struct ghost_row row __attribute__((uninitialized));
    struct walk w = {.bytes = bytes,
        .row = &row,
        .said = buf_new(s->scratch, SAID_MAX),
        .newer = s->rate[FAULT_NEWER]};
    out->head = out->money = false;
    row.member_count = row.step_count = 0;
    if (!old->member_count || (!head_is(&w, old) && !members_walk(s, &w, old, out)))
        return false;
    row.steps_at = w.steps ? w.at : 0;
    if (w.steps ? !steps_walk(s, &w, old, out) : old->step_count > 0)
        return false;
    row.tail_at = w.at;
    out->step_count = row.step_count;
    if (!tail_is(old, str_from(bytes, w.at)))
        return false;
    if (out->money)
        money_say(&w);
    if (out->head && !said_read(s, o, &w, &out->order))
        return false;
    for (size_t i = 0; i < out->step_count; i++)
        if (out->steps[i])
            bytes_applied(s, piece_text(bytes.ptr, &row.steps[i]));
    row_take(s, &o->row, &w);
    return true;
}

void row_keep(struct sim *s, struct ghost_order *o, str bytes) {
    static const struct ghost_row nothing;
    struct ghost_row row __attribute__((uninitialized));
    struct walk w = {.bytes = bytes, .row = &row, .newer = s->rate[FAULT_NEWER]};
    row.member_count = row.step_count = 0;
    o->row.member_count = 0;
    if (!members_walk(s, &w, &nothing, NULL))
        return;
    row.steps_at = w.steps ? w.at : 0;
    if (w.steps && !steps_walk(s, &w, &nothing, NULL))
        return;
    row.tail_at = w.at;
    row_take(s, &o->row, &w);
}

/* What a newer version has kept in it. */
size_t row_newer(const struct ghost_row *r) {
    size_t count = newer_count((str){r->bytes + r->tail_at, r->len - r->tail_at});
    for (size_t i = 0; i < r->member_count; i++)
        count += r->members[i].newer;
    for (size_t i = 0; i < r->step_count; i++)
        count += r->steps[i].newer;
    return count;
}

size_t row_step_same(const struct ghost_row *r, size_t *step, str rest) {
    for (size_t i = *step; r->member_count && i < r->step_count; i++) {
        if (!str_starts(rest, piece_text(r->bytes, &r->steps[i])))
            continue;
        *step = i + 1;
        return r->steps[i].len;
    }
    return 0;
}
