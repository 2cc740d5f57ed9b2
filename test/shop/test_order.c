#include "base/encode.h"
#include "base/json.h"
#include "base/json_row.h"
#include "check.h"
#include "fixture.h"
#include "suites.h"

static const struct hash_key secret = {.bytes = S_INIT("0123456789abcdef0123456789abcdef")};

static const struct {
    const char *id;
    bool fine;
} ids[] = {
    {"o01hq2z7k5m00000001", true},
    {"t01hq2z7k5mabcdefgh", true},
    {"o01hq2z7k5m0000000", false},
    {"o01hq2z7k5m000000011", false},
    {"x01hq2z7k5m00000001", false},
    {"O01hq2z7k5m00000001", false},
    {"o01hq2z7k5mABCDEFGH", false},
    {"o01hq2z7k5m0000000i", false},
    {"o01hq2z7k5m0000/../", false},
    {"", false},
    {"o", false},
};

static void test_ids(struct arena *mem) {
    for (size_t i = 0; i < COUNT(ids); i++)
        CHECK(ids[i].id, order_id_is(str_of(ids[i].id)) == ids[i].fine);
    str a = order_id_new(mem, true, NOW, UINT64_MAX), b = order_id_new(mem, true, NOW + 1, 0);
    CHECK("id", order_id_is(a) && order_id_is(b) && a.len == 19);
    CHECK("sorts by time", str_order(a, b) < 0);
    CHECK("from", str_order(order_id_from(mem, true, NOW), a) < 0);
    CHECK("from is the least",
        str_order(order_id_from(mem, true, NOW), order_id_new(mem, true, NOW - 1, UINT64_MAX)) > 0);
    CHECK("live and test",
        !str_is(order_id_new(mem, true, NOW, 1), order_id_new(mem, false, NOW, 1)));
}

static void test_keys(struct arena *mem) {
    struct order o = {.id = S("t01hq2z7k5mabcdefgh"), .line_count = 2};
    struct order p = o;
    str got = {0}, key = order_key(mem, secret, o.id, 0, S("page"));
    str reference = order_reference(mem, secret, o.id);
    CHECK_INT("reference", reference.len, 27);
    CHECK("reference", order_reference_read(mem, secret, reference, &got).code == ERR_NONE);
    CHECK_STR("reference", got, o.id);
    for (size_t i = 0; i < reference.len; i++) {
        char *bad = arena_take(mem, reference.len);
        memcpy(bad, reference.ptr, reference.len);
        bad[i] = bad[i] == '7' ? '8' : '7';
        CHECK("reference with one sign changed",
            order_reference_read(mem, secret, (str){bad, reference.len}, &got).code == ERR_ABSENT);
    }
    CHECK("reference cut",
        order_reference_read(mem, secret, str_part(reference, 0, 26), &got).code == ERR_ABSENT);
    CHECK_INT("key", key.len, 26);
    CHECK("key", order_key_is(mem, secret, &o, S("page"), key));
    CHECK("other label", !order_key_is(mem, secret, &o, S("academy"), key));
    CHECK(
        "other secret", !order_key_is(mem, (struct hash_key){.bytes = S("x")}, &o, S("page"), key));
    p.turn = 1;
    CHECK("turned", !order_key_is(mem, secret, &p, S("page"), key));
    CHECK("step keys differ by line",
        !str_is(step_key(mem, secret, o.id, 0, S("a")), step_key(mem, secret, o.id, 1, S("a"))));
    CHECK_INT("step key", step_key(mem, secret, o.id, -1, S("a")).len, 26);
}

static void test_tokens(struct arena *mem) {
    struct order o = {.id = S("t01hq2z7k5mabcdefgh"), .line_count = 2};
    struct order p = o;
    str token = access_token(mem, secret, &o, 1), id = {0};
    int line = -1;
    p.turn = 1;
    CHECK("reads", access_token_read(token, &id, &line).code == ERR_NONE && line == 1);
    CHECK_STR("reads", id, o.id);
    CHECK("is", access_token_is(mem, secret, &o, 1, token));
    CHECK("other line", !access_token_is(mem, secret, &o, 0, token));
    CHECK("no such line", !access_token_is(mem, secret, &o, 2, access_token(mem, secret, &o, 2)));
    CHECK("turned", !access_token_is(mem, secret, &p, 1, token));
    static const char *const broken[] = {"", "-", "--", "t01hq2z7k5mabcdefgh",
        "t01hq2z7k5mabcdefgh-1-", "t01hq2z7k5mabcdefgh-x-00000000000000000000000000",
        "t01hq2z7k5mabcdefgh-99999-00000000000000000000000000",
        "t01hq2z7k5mabcdefgh--1-0000000000000000000000000"};
    for (size_t i = 0; i < COUNT(broken); i++)
        CHECK(broken[i], access_token_read(str_of(broken[i]), &id, &line).code == ERR_ABSENT);
}

/* An order in which every field of every struct holds something of its own. */
static struct order *full(struct arena *mem, const struct shop *shop) {
    struct order *o = fixture_paid(mem, shop);
    struct note n = fixture_note("r1", EVENT_DISPUTE, 100);
    bool paid;
    order_hear(mem, o, &n, &paid);
    n = fixture_note("q", EVENT_PENDING, 1);
    order_hear(mem, o, &n, &paid);
    o->fulfilled_at = NOW + 5;
    o->expired_at = NOW + 6;
    o->turn = 3;
    o->company = (struct company){
        S("Firma \"Żółw\""), S("5260001246"), S("ul.\\Prosta"), S("00-001"), S("Łódź")};
    o->link = S("https://pay.example/?a=b&c=\x01");
    o->reference = S("ref");
    struct step *s = &o->steps[0];
    s->state = STEP_HOLD;
    s->attempts = 9;
    s->unknowns = 8;
    s->crashes = 7;
    s->absent = 1;
    s->silent = 6;
    s->retried = 5;
    s->ours = true;
    s->crashed_at = 11;
    s->first_at = 12;
    s->started_at = 13;
    s->finished_at = 14;
    s->digest = S("d1");
    s->digest_before = S("d0");
    s->round = 2;
    s->receipt = S("r");
    s->values = fixture_fields(mem, "link=https://x");
    s->error = S("line\nend");
    return o;
}

static void test_row(struct arena *mem, const struct shop *shop) {
    struct order *o = full(mem, shop), *back = NULL;
    str bytes = order_write(mem, o);
    CHECK("is JSON", utf8_is(bytes));
    CHECK("reads", order_read(mem, bytes, &back).code == ERR_NONE);
    CHECK_STR("the same bytes again", order_write(mem, back), bytes);
    CHECK_STR("email", back->buyer.email, o->buyer.email);
    CHECK_STR("company", back->company.name, o->company.name);
    CHECK_STR("link", back->link, o->link);
    CHECK_STR("origin", tree_get(back->origin, S("utm_source")), S("letter"));
    CHECK_INT("turn", back->turn, 3);
    CHECK_INT("marks", back->marks, o->marks);
    CHECK_INT("steps", back->step_count, o->step_count);
    CHECK_INT("refund", back->refunds[0].dispute, 1);
    const struct step *s = &back->steps[0];
    CHECK("step", s->state == STEP_HOLD && s->attempts == 9 && s->unknowns == 8 && s->crashes == 7
                      && s->absent == 1 && s->silent == 6 && s->retried == 5 && s->ours
                      && s->crashed_at == 11 && s->first_at == 12 && s->started_at == 13
                      && s->finished_at == 14 && s->round == 2 && s->due == o->steps[0].due);
    CHECK_STR("error", s->error, S("line\nend"));
    CHECK_STR("digest", s->digest_before, S("d0"));
    CHECK_STR("key", s->key, o->steps[0].key);
    CHECK_STR("values", tree_get(s->values, S("link")), S("https://x"));
    const struct step *access = fixture_step(back, -1, "access");
    CHECK("whole order", access && access->needs && access->state == STEP_WAITING);
    str more = JOIN(mem, S("{\"invoice\":{\"n\":[1.50,null]},"), str_from(bytes, 1));
    CHECK("newer row reads", order_read(mem, more, &back).code == ERR_NONE);
    str again = order_write(mem, back);
    CHECK("newer key is written back",
        str_find(again, S("\"invoice\":{\"n\":[1.50,null]}")) < again.len);
}

/* A newer program kept a key in each; this one changes the order, and the step. */
static void test_newer(struct arena *mem, const struct shop *shop) {
    static const str places[] = {S_INIT("\"buyer\":{"), S_INIT("\"company\":{"),
        S_INIT("\"lines\":[{"), S_INIT("\"consents\":[{"), S_INIT("\"payments\":[{"),
        S_INIT("\"refunds\":[{"), S_INIT("\"remarks\":[{"), S_INIT("\"steps\":[{")};
    const str key = S("\"newer\":{\"n\":[1.50,null]}");
    str bytes = order_write(mem, full(mem, shop));
    for (size_t i = 0; i < COUNT(places); i++) {
        struct order *o = NULL;
        size_t at = str_find(bytes, places[i]) + places[i].len;
        CHECK("is in the row", at < bytes.len);
        str newer = JOIN(mem, str_part(bytes, 0, at), key, S(","), str_from(bytes, at));
        CHECK("newer row reads", order_read(mem, newer, &o).code == ERR_NONE);
        o->steps[0].attempts++;
        o->turn++;
        str again = order_write(mem, o);
        CHECK_STR("newer key is written back", str_part(again, str_find(again, key), key.len), key);
    }
}

static str replaced(struct arena *mem, str text, str from, str to) {
    size_t at = str_find(text, from);
    CHECK_STR("is in the row", str_part(text, at, from.len), from);
    return JOIN(mem, str_part(text, 0, at), to, str_from(text, at + from.len));
}

/* Keys of a step, beside each other and apart, byte for byte; a person sees them too. */
static void test_newer_keys(struct arena *mem, const struct shop *shop) {
    static const struct {
        const char *name, *first, *apart, *written;
    } cases[] = {
        {"one", "\"a\":1,", "", ",\"a\":1}"},
        {"beside each other", "\"a\":1,\"b\":{\"c\":[]},", "", ",\"a\":1,\"b\":{\"c\":[]}}"},
        {"apart", "\"a\":1,", ",\"b\":null", ",\"a\":1,\"b\":null}"},
        {"as they stand", "\"\\u0061\" : \"\\/\" ,", ",\"b\": 1e0",
            ",\"\\u0061\" : \"\\/\",\"b\": 1e0}"},
    };
    const str from = S("\"id\":\"invitation\",\"do\":\"academy.invite\"");
    str bytes = order_write(mem, full(mem, shop));
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct order *o = NULL;
        str to = JOIN(mem, str_of(cases[i].first), from, str_of(cases[i].apart));
        CHECK(cases[i].name, order_read(mem, replaced(mem, bytes, from, to), &o).code == ERR_NONE);
        o->steps[0].attempts++;
        str again = order_write(mem, o), want = str_of(cases[i].written);
        CHECK_STR(cases[i].name, str_part(again, str_find(again, want), want.len), want);
        CHECK(cases[i].name, tree_find(step_write(mem, &o->steps[0]), S("a")) != NULL);
    }
}

static const struct {
    const char *row, *from, *to;
} spoils[] = {
    {"no JSON", "{", ""},
    {"id of something else", "\"id\":\"t", "\"id\":\"z"},
    {"money as a number", "\"total\":\"499.00 PLN\"", "\"total\":499.00"},
    {"money without currency", "\"total\":\"499.00 PLN\"", "\"total\":\"499.00\""},
    {"a time as text", "\"placed_at\":1", "\"placed_at\":\"1\",\"x\":1"},
    {"a time with a part", "\"placed_at\":1", "\"placed_at\":1.5,\"x\":1"},
    {"a state unknown", "\"state\":\"hold\"", "\"state\":\"held\""},
    {"lines as a map", "\"lines\":[", "\"lines\":{},\"x\":["},
    {"a line as a text", "\"lines\":[", "\"lines\":[\"x\","},
    {"marks too large", "\"turn\":3", "\"marks\":99999999999,\"turn\":3"},
    {"buyer as a text", "\"buyer\":{", "\"buyer\":\"x\",\"x\":{"},
};

static void test_spoiled(struct arena *mem, const struct shop *shop) {
    str bytes = order_write(mem, full(mem, shop));
    for (size_t i = 0; i < COUNT(spoils); i++) {
        struct order *o = NULL;
        str from = str_of(spoils[i].from);
        size_t at = str_find(bytes, from);
        CHECK(spoils[i].row, at < bytes.len);
        str bad =
            JOIN(mem, str_part(bytes, 0, at), str_of(spoils[i].to), str_from(bytes, at + from.len));
        err e = order_read(mem, bad, &o);
        CHECK(spoils[i].row, e.code == ERR_CORRUPT && e.what.len && !o);
    }
}

/* With a blank behind each sign: the same row, and nothing in it is as we write it. */
static str spread(struct arena *mem, str row) {
    char *out = arena_bytes(mem, 2 * row.len);
    size_t len = 0;
    bool inside = false;
    for (size_t i = 0; i < row.len; i++) {
        char c = row.ptr[i];
        out[len++] = c;
        if (c == '\\' && inside && i + 1 < row.len)
            out[len++] = row.ptr[++i];
        inside ^= c == '"';
        if (!inside && (c == '{' || c == '[' || c == ',' || c == ':'))
            out[len++] = ' ';
    }
    return (str){out, len};
}

/* Written and read, of every length. */
static void test_numbers(struct arena *mem, const struct shop *shop) {
    struct order *o = full(mem, shop), *back = NULL;
    for (int64_t number = 1; number > 0 && number < INT64_MAX / 30; number = number * 3 + 1) {
        int64_t numbers[] = {number, -number, number - 1};
        for (size_t i = 0; i < COUNT(numbers); i++) {
            o->turn = numbers[i];
            str row = order_write(mem, o), want = str_int(mem, numbers[i]);
            size_t at = str_find(row, S("\"turn\":")) + 7;
            if (numbers[i])
                CHECK_STR("written", str_part(row, at, want.len), want);
            CHECK("read", order_read(mem, row, &back).code == ERR_NONE && back->turn == numbers[i]);
        }
    }
    o->turn = INT64_MAX;
    CHECK("the most", order_read(mem, order_write(mem, o), &back).code == ERR_NONE);
    CHECK_INT("the most", back->turn, INT64_MAX);
}

static void *forgetful(struct arena *mem, const void *items, size_t count, size_t size, size_t at) {
    char *copy = arena_array(mem, count + 1, size);
    if (count)
        memcpy(copy, items, count * size);
    for (size_t i = 0; i < count; i++)
        *(struct record_kept **)(void *)(copy + i * size + at) = NULL;
    return copy;
}

#define FORGET(list, count)                                     \
    o.list = forgetful(mem, o.list, o.count, sizeof(o.list[0]), \
        (size_t)((char *)&o.list[0].kept - (char *)&o.list[0]))

/* Written as if it had never been a row. */
static str written_anew(struct arena *mem, const struct order *from) {
    struct order o = *from;
    o.kept = NULL;
    FORGET(lines, line_count);
    FORGET(consents, consent_count);
    FORGET(payments, payment_count);
    FORGET(refunds, refund_count);
    FORGET(remarks, remark_count);
    FORGET(steps, step_count);
    return order_write(mem, &o);
}

/* Every change is in the next row, whatever is remembered of the row before. */
static void test_kept(struct arena *mem, const struct shop *shop) {
    struct order *o = NULL;
    CHECK("reads", order_read(mem, order_write(mem, full(mem, shop)), &o).code == ERR_NONE);
    struct step *last = &o->steps[o->step_count - 1];
    struct {
        const char *name;
        int64_t *number;
        str *text;
    } changes[] = {
        {"nothing", NULL, NULL},
        {"turn", &o->turn, NULL},
        {"first of the front", NULL, &o->mode},
        {"e-mail", NULL, &o->buyer.email},
        {"line", &o->lines[0].quantity, NULL},
        {"consent", &o->consents[0].at, NULL},
        {"payment", &o->payments[0].at, NULL},
        {"refund", &o->refunds[0].at, NULL},
        {"remark", &o->remarks[0].at, NULL},
        {"step", &o->steps[0].attempts, NULL},
        {"last step", NULL, &last->error},
        {"the same step again", NULL, &last->error},
        {"the step before", &o->steps[0].due, NULL},
    };
    for (size_t i = 0; i < COUNT(changes); i++) {
        str before = order_write(mem, o);
        if (changes[i].number)
            ++*changes[i].number;
        if (changes[i].text)
            *changes[i].text = JOIN(mem, *changes[i].text, S("x"));
        str after = order_write(mem, o);
        CHECK(changes[i].name, str_is(before, after) == !i);
        CHECK_STR(changes[i].name, after, written_anew(mem, o));
    }
    o->marks ^= MARK_HELD;
    order_erase(o);
    o->step_count--;
    CHECK_STR("erased", order_write(mem, o), written_anew(mem, o));
    struct order *back = NULL;
    CHECK("reads", order_read(mem, order_write(mem, o), &back).code == ERR_NONE);
    CHECK_STR("and is the same", order_write(mem, back), written_anew(mem, back));
}

/* What did not change is written as it stood, however that was: nothing of it was written anew. */
static void test_stood(struct arena *mem, const struct shop *shop) {
    static const str own[] = {
        S_INIT("\"Anna\""), S_INIT("\"Guide\""), S_INIT("\"academy.invite\"")};
    static const str stood[] = {
        S_INIT("\"\\u0041nna\""), S_INIT("\"\\u0047uide\""), S_INIT("\"\\u0061cademy.invite\"")};
    str row = order_write(mem, full(mem, shop));
    for (size_t i = 0; i < COUNT(own); i++)
        row = replaced(mem, row, own[i], stood[i]);
    for (size_t changed = 0; changed < COUNT(own); changed++) {
        struct order *o = NULL;
        CHECK("reads", order_read(mem, row, &o).code == ERR_NONE);
        int64_t *numbers[] = {&o->turn, &o->lines[0].quantity, &o->steps[0].attempts};
        ++*numbers[changed];
        for (int again = 0; again < 2; again++) {
            str now = order_write(mem, o);
            for (size_t i = 0; i < COUNT(own); i++) {
                str want = i == changed ? own[i] : stood[i];
                CHECK_STR("as it stood", str_part(now, str_find(now, want), want.len), want);
            }
        }
    }
}

/* A front that goes on behind a list, and one twice in the row: the last one counts, once. */
static void test_front(struct arena *mem, const struct shop *shop) {
    str bytes = order_write(mem, full(mem, shop));
    static const char *const more[] = {
        "\"turn\":4", "\"newer\":1,\"turn\":4", "\"mode\":\"live\"", "\"turn\":3"};
    for (size_t i = 0; i < COUNT(more); i++) {
        struct order *o = NULL;
        str row = JOIN(mem, str_part(bytes, 0, bytes.len - 1), S(","), str_of(more[i]), S("}"));
        CHECK(more[i], order_read(mem, row, &o).code == ERR_NONE);
        str now = order_write(mem, o);
        CHECK_STR(more[i], now, written_anew(mem, o));
        CHECK(
            more[i], str_is(o->mode, i == 2 ? S("live") : S("test")) && o->turn == (i < 2 ? 4 : 3));
    }
}

static str without_blanks(struct arena *mem, str row) {
    const struct tree *t = NULL;
    CHECK("is JSON", json_read_row(mem, row, &t).code == ERR_NONE);
    return json_write(mem, t);
}

/* What is read fast, and what is read with care: the same order, or the same mistake. */
static void test_spread(struct arena *mem, const struct shop *shop) {
    static const char bad[] = "\"\\{}[],:ue0-.+d1x\0\n \x7f\x80\xff";
    str bytes = order_write(mem, full(mem, shop));
    size_t read = 0, refused = 0;
    for (size_t i = 0; i < 2 * bytes.len; i++) {
        struct arena_mark mark = arena_mark(mem);
        struct order *fast = NULL, *slow = NULL;
        char *copy = memcpy(arena_bytes(mem, bytes.len), bytes.ptr, bytes.len);
        copy[i / 2] = bad[i * 7 % sizeof(bad)];
        str row = {copy, bytes.len};
        err e = order_read(mem, row, &fast);
        err careful = order_read(mem, spread(mem, row), &slow);
        bool same = e.code == careful.code && str_is(e.what, careful.what);
        if (same && fast && slow)
            same = str_is(without_blanks(mem, written_anew(mem, fast)),
                without_blanks(mem, written_anew(mem, slow)));
        CHECK_STR("a byte", same ? S("") : row, S(""));
        read += e.code == ERR_NONE;
        refused += e.code != ERR_NONE;
        arena_back(mem, mark);
    }
    CHECK("some read, some are refused", read > bytes.len / 4 && refused > bytes.len / 4);
}

static void test_view(struct arena *mem, const struct shop *shop) {
    struct order *o = full(mem, shop);
    static const char *const wants[][2] = {
        {"id", ""},
        {"mode", "test"},
        {"state", "fulfilled"},
        {"marks.0", "disputed"},
        {"placed_at", "2026-11-25T10:00:00.123Z"},
        {"paid_at", "2026-11-25T10:01:00.123Z"},
        {"buyer.email", "anna@example.com"},
        {"company.city", "Łódź"},
        {"lines.0.gross", "499.00"},
        {"lines.0.net", "405.69"},
        {"lines.0.tax", "23"},
        {"total", "499.00"},
        {"currency", "PLN"},
        {"gateway", "pay"},
        {"consents.0.id", "terms"},
        {"payments.0.amount", "499.00"},
        {"payments.0.transaction", "p1"},
        {"refunds.0.amount", "1.00"},
        {"steps.0.state", "hold"},
        {"steps.0.do", "academy.invite"},
        {"steps.0.values.link", "https://x"},
        {"steps.0.attempts", "9"},
        {"steps.0.error", "line\nend"},
        {"remarks.0.what", "the gateway is waiting for the money (status)"},
    };
    struct tree *t = order_view(mem, o);
    for (size_t i = 0; i < COUNT(wants); i++) {
        const struct tree *got = tree_path(t, str_of(wants[i][0]));
        CHECK(wants[i][0], got != NULL);
        if (wants[i][1][0])
            CHECK_STR(wants[i][0], tree_str(got), str_of(wants[i][1]));
    }
    o = fixture_order(mem, shop);
    t = order_view(mem, o);
    CHECK("private", tree_is(tree_find(t, S("company")), TREE_NONE));
    CHECK("not paid", tree_is(tree_find(t, S("paid_at")), TREE_NONE));
}

static void test_erase(struct arena *mem, const struct shop *shop) {
    struct order *o = full(mem, shop);
    order_erase(o);
    str bytes = order_write(mem, o);
    static const char *const secrets[] = {
        "anna@example.com", "Anna", "Firma", "5260001246", "Prosta", "letter"};
    for (size_t i = 0; i < COUNT(secrets); i++)
        CHECK(secrets[i], str_find(bytes, str_of(secrets[i])) == bytes.len);
    CHECK(
        "accounting stays", o->payment_count == 1 && o->line_count == 1 && o->total.minor == 49900);
}

void suite_order(void) {
    struct arena *mem = arena_new(16 << 20);
    struct shop *shop = fixture_shop(mem);
    test_ids(mem);
    test_keys(mem);
    test_tokens(mem);
    test_row(mem, shop);
    test_newer(mem, shop);
    test_newer_keys(mem, shop);
    test_spoiled(mem, shop);
    test_kept(mem, shop);
    test_numbers(mem, shop);
    test_stood(mem, shop);
    test_front(mem, shop);
    test_spread(mem, shop);
    test_view(mem, shop);
    test_erase(mem, shop);
    arena_free(mem);
}
