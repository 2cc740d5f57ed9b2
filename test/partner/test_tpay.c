#include "base/encode.h"
#include "base/hash.h"
#include "http/form.h"
#include "partners.h"

static const struct gateway *tpay(void) {
    return gateway_find(S("tpay"));
}

static struct account account_of(struct arena *mem, str merchant, str code) {
    struct tree *settings = tree_map(mem);
    tree_put_text(mem, settings, S("use"), S("tpay"));
    tree_put_text(mem, settings, S("merchant"), merchant);
    tree_put_text(mem, settings, S("code"), code);
    return (struct account){
        .name = S("blik"),
        .settings = settings,
        .back = S("https://shop.example.com/o/o1/k"),
        .notify = S("https://api.example.com/api/payment/blik"),
        .api = S("https://api.example.com"),
    };
}

/* ---- vectors ---- */

static str file_read(struct arena *mem, const char *name) {
    char *bytes = arena_take(mem, 1 << 16);
    FILE *f = fopen(name, "rb");
    size_t len = f ? fread(bytes, 1, 1 << 16, f) : 0;
    if (f)
        fclose(f);
    return (str){bytes, len};
}

static void vector_sum(struct arena *mem, const char *row, const str *f, str sum) {
    CHECK_STR(row, hash_md5_hex(mem, f[0]), sum);
}

static void vector_link(struct arena *mem, const char *row, const str *f, str sum) {
    struct account a = account_of(mem, f[0], f[3]);
    struct order o = {.id = S("o1"), .reference = f[2]};
    str link = S("");
    CHECK_STR(row, money_amount_read(f[1], S("PLN"), &o.total).what, S(""));
    CHECK_STR(row, tpay()->link(mem, &a, &o, &link).what, S(""));
    CHECK(row, str_find(link, JOIN(mem, S("&md5sum="), sum, S("&"))) < link.len);
}

static void vector_note(struct arena *mem, const char *row, const str *f, str sum) {
    struct account a = account_of(mem, f[0], f[4]);
    struct note n = {0};
    struct request r = note_request(
        JOIN(mem, S("id="), f[0], S("&tr_id="), f[1], S("&tr_amount="), f[2], S("&tr_paid="), f[2],
            S("&tr_crc="), f[3], S("&tr_status=TRUE&tr_error=none&md5sum="), sum));
    CHECK_STR(row, tpay()->read(mem, &a, &r, &n).what, S(""));
    CHECK_STR(row, n.reference, f[3]);
    CHECK_INT(row, n.what, EVENT_PAID);
}

static const struct {
    str kind;
    size_t fields;
    void (*check)(struct arena *mem, const char *row, const str *fields, str sum);
} vector_kinds[] = {
    {S_INIT("sum"), 1, vector_sum},
    {S_INIT("link"), 4, vector_link},
    {S_INIT("note"), 5, vector_note},
};

static bool vector_check(struct arena *mem, str line) {
    str columns[4] = {0}, fields[5] = {0}, rest = line;
    size_t count = 0;
    for (size_t i = 0; i < 4; i++) {
        if (!str_cut(&rest, '|', &columns[i]))
            return false;
        columns[i] = str_trim(columns[i]);
    }
    for (rest = columns[1]; count < 5 && str_cut(&rest, ',', &fields[count]);)
        count++;
    for (size_t i = 0; i < COUNT(vector_kinds); i++)
        if (str_is(vector_kinds[i].kind, columns[0]) && vector_kinds[i].fields == count) {
            vector_kinds[i].check(mem, str_cz(mem, line), fields, columns[2]);
            return true;
        }
    return false;
}

TEST(tpay_vectors) {
    struct arena *mem = arena_new(8 << 20);
    str rest = file_read(mem, "tpay.vectors"), line = {0};
    int count = 0;
    while (str_cut(&rest, '\n', &line)) {
        if (!line.len || line.ptr[0] == '#')
            continue;
        CHECK(str_cz(mem, line), vector_check(mem, line));
        count++;
    }
    CHECK_INT("all vectors", count, 10);
    arena_free(mem);
}

/* ---- the link ---- */

static struct line lines[1];

static struct order order_new(str name) {
    lines[0].name = name;
    return (struct order){
        .id = S("o1"),
        .reference = S("o1234567890abcdefghijklmnop"),
        .total = money_of(49900, S("PLN")),
        .lines = lines,
        .line_count = 1,
        .buyer = {.email = S("jan+a@example.com"), .name = S("Jan Żak"), .lang = S("pl")},
    };
}

TEST(tpay_link) {
    struct arena *mem = arena_new(8 << 20);
    struct account a = account_of(mem, S("12345"), S("s3cr3t"));
    struct order o = order_new(S("Kurs"));
    str link = S(""), sum = hash_md5_hex(mem, S("12345&499.00&o1234567890abcdefghijklmnop&s3cr3t"));
    CHECK_STR("link", tpay()->link(mem, &a, &o, &link).what, S(""));
    CHECK_STR("whole", link,
        JOIN(mem,
            S("https://secure.tpay.com/?id=12345&amount=499.00&description=Kurs"
              "&crc=o1234567890abcdefghijklmnop&md5sum="),
            sum,
            S("&return_url=https%3A%2F%2Fshop.example.com%2Fo%2Fo1%2Fk"
              "&result_url=https%3A%2F%2Fapi.example.com%2Fapi%2Fpayment%2Fblik"
              "&email=jan%2Ba%40example.com&name=Jan%20%C5%BBak&language=PL")));
    CHECK("no code in it", str_find(link, S("s3cr3t")) == link.len);
    struct tree *settings = tree_copy(mem, a.settings);
    a.settings = settings;
    tree_put_text(mem, settings, S("base"), S("http://127.0.0.1:9000/"));
    CHECK_STR("base", tpay()->link(mem, &a, &o, &link).what, S(""));
    CHECK("base", str_starts(link, S("http://127.0.0.1:9000/?id=12345&")));
    o.total = money_of(49900, S("EUR"));
    CHECK_INT("euro", tpay()->link(mem, &a, &o, &link).code, ERR_SETUP);
    o.total = money_of(49900, S("PLN"));
    tree_put_text(mem, settings, S("code"), S(""));
    CHECK_INT("no code", tpay()->link(mem, &a, &o, &link).code, ERR_SETUP);
    tree_put_text(mem, settings, S("code"), S("demo"));
    a.live = true;
    CHECK_INT("demo code, live", tpay()->link(mem, &a, &o, &link).code, ERR_SETUP);
    arena_free(mem);
}

#define TEN "0123456789"
#define A60 TEN TEN TEN TEN TEN TEN

TEST(tpay_description) {
    static const struct {
        const char *name;
        str product, description;
    } cases[] = {
        {"letters of Europe", S_INIT("Kurs Żółw ñ ő"), S_INIT("Kurs Żółw ñ ő")},
        {"allowed marks", S_INIT("a.b,c#d_e(f)g/h!i-j"), S_INIT("a.b,c#d_e(f)g/h!i-j")},
        {"others go", S_INIT("C&A <b>\"x\"</b> 3×4÷2"), S_INIT("CA bx/b 342")},
        {"no Cyrillic, no faces", S_INIT("Курс 😀 A"), S_INIT("A")},
        {"nothing left: the order", S_INIT("***"), S_INIT("o1")},
        {"128", S_INIT(A60 A60 "01234567"), S_INIT(A60 A60 "01234567")},
        {"129", S_INIT(A60 A60 "012345678"), S_INIT(A60 A60 "01234567")},
        {"not cut in a letter", S_INIT(A60 A60 "0123456ż"), S_INIT(A60 A60 "0123456")},
        {"whole letter at the end", S_INIT(A60 A60 "012345ż"), S_INIT(A60 A60 "012345ż")},
    };
    struct arena *mem = arena_new(8 << 20);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct account a = account_of(mem, S("12345"), S("c"));
        struct order o = order_new(cases[i].product);
        struct tree *fields = NULL, *twice = NULL;
        str link = S("");
        CHECK_STR(cases[i].name, tpay()->link(mem, &a, &o, &link).what, S(""));
        err e = form_read(mem, str_from(link, str_find_byte(link, '?') + 1), &fields, &twice);
        CHECK_STR(cases[i].name, e.what, S(""));
        CHECK_STR(cases[i].name, tree_get(fields, S("description")), cases[i].description);
    }
    arena_free(mem);
}

/* ---- notes ---- */

#define START "id=12345&tr_id=TR-BRA-79FR0X&tr_date=2026-11-25+10%3A00%3A00&tr_crc=o1abc&"

static str signed_note(struct arena *mem, str body) {
    struct tree *f = NULL, *twice = NULL;
    CHECK_STR("a note of a test", form_read(mem, body, &f, &twice).what, S(""));
    str summed = JOIN(mem, tree_get(f, S("id")), tree_get(f, S("tr_id")),
        tree_get(f, S("tr_amount")), tree_get(f, S("tr_crc")), S("s3cr3t"));
    return JOIN(mem, body, S("&md5sum="), hash_md5_hex(mem, summed));
}

static const struct {
    const char *name;
    str body;
    enum order_event what;
    int64_t asked, amount;
    bool test;
    str event;
} tpay_notes_cases[] = {
    {"paid", S_INIT(START "tr_amount=40.96&tr_paid=40.96&tr_status=TRUE&tr_error=none"), EVENT_PAID,
        4096, 4096, false, S_INIT("TR-BRA-79FR0X|TRUE|40.96")},
    {"paid, no error field", S_INIT(START "tr_amount=40.96&tr_paid=40.96&tr_status=TRUE"),
        EVENT_PAID, 4096, 4096, false, S_INIT("TR-BRA-79FR0X|TRUE|40.96")},
    {"no tr_paid", S_INIT(START "tr_amount=40.96&tr_status=TRUE&tr_error=none"), EVENT_PAID, 4096,
        4096, false, S_INIT("TR-BRA-79FR0X|TRUE|40.96")},
    {"unknown fields",
        S_INIT(START "tr_amount=40.96&tr_paid=40.96&tr_status=TRUE&tr_error=none"
                     "&card_tail=1111&new=1&new=2"),
        EVENT_PAID, 4096, 4096, false, S_INIT("TR-BRA-79FR0X|TRUE|40.96")},
    {"too much", S_INIT(START "tr_amount=40.96&tr_paid=50.00&tr_status=TRUE&tr_error=overpay"),
        EVENT_PAID, 4096, 5000, false, S_INIT("TR-BRA-79FR0X|TRUE|40.96")},
    {"too little", S_INIT(START "tr_amount=40.96&tr_paid=40.95&tr_status=TRUE&tr_error=surcharge"),
        EVENT_SHORT, 4096, 4095, false, S_INIT("TR-BRA-79FR0X|TRUE.short|40.96")},
    {"too little, said to be fine",
        S_INIT(START "tr_amount=40.96&tr_paid=0.01&tr_status=TRUE&tr_error=none"), EVENT_SHORT,
        4096, 1, false, S_INIT("TR-BRA-79FR0X|TRUE.short|40.96")},
    {"refund", S_INIT(START "tr_amount=40.96&tr_paid=40.96&tr_status=CHARGEBACK&tr_error=none"),
        EVENT_REFUND, 4096, 4096, false, S_INIT("TR-BRA-79FR0X|CHARGEBACK|40.96")},
    {"two-step", S_INIT(START "tr_amount=40.96&tr_paid=40.96&tr_status=PAID&tr_error=none"),
        EVENT_PENDING, 4096, 4096, false, S_INIT("TR-BRA-79FR0X|PAID|40.96")},
    {"failed", S_INIT(START "tr_amount=40.96&tr_paid=0.00&tr_status=FALSE&tr_error=none"),
        EVENT_FAILED, 4096, 4096, false, S_INIT("TR-BRA-79FR0X|FALSE|40.96")},
    {"odd status", S_INIT(START "tr_amount=40.96&tr_paid=40.96&tr_status=MAYBE"), EVENT_STRANGE,
        4096, 4096, false, S_INIT("TR-BRA-79FR0X|MAYBE.|40.96")},
    {"small letters are odd", S_INIT(START "tr_amount=40.96&tr_status=true"), EVENT_STRANGE, 4096,
        4096, false, S_INIT("TR-BRA-79FR0X|true.|40.96")},
    {"odd error", S_INIT(START "tr_amount=40.96&tr_paid=40.96&tr_status=TRUE&tr_error=new"),
        EVENT_STRANGE, 4096, 4096, false, S_INIT("TR-BRA-79FR0X|TRUE.new|40.96")},
    {"test mode", S_INIT(START "tr_amount=40.96&tr_paid=40.96&tr_status=TRUE&test_mode=1"),
        EVENT_PAID, 4096, 4096, true, S_INIT("TR-BRA-79FR0X|TRUE|40.96")},
    {"test mode off", S_INIT(START "tr_amount=40.96&tr_paid=40.96&tr_status=TRUE&test_mode=0"),
        EVENT_PAID, 4096, 4096, false, S_INIT("TR-BRA-79FR0X|TRUE|40.96")},
    {"test transaction",
        S_INIT("id=12345&tr_id=TR-ABC-TST7X&tr_crc=o1abc&tr_amount=1.00&tr_status=TRUE&test_mode="
               "0"),
        EVENT_PAID, 100, 100, true, S_INIT("TR-ABC-TST7X|TRUE|1.00")},
    {"zloty said", S_INIT(START "tr_amount=40.96&tr_status=TRUE&tr_currency=PLN"), EVENT_PAID, 4096,
        4096, false, S_INIT("TR-BRA-79FR0X|TRUE|40.96")},
    {"a description in some other encoding", S_INIT(START "tr_amount=40.96&tr_status=TRUE"),
        EVENT_PAID, 4096, 4096, false, S_INIT("TR-BRA-79FR0X|TRUE|40.96")},
};

TEST(tpay_notes) {
    struct arena *mem = arena_new(8 << 20);
    struct account a = account_of(mem, S("12345"), S("s3cr3t"));
    for (size_t i = 0; i < COUNT(tpay_notes_cases); i++) {
        str body = JOIN(mem, signed_note(mem, tpay_notes_cases[i].body), S("&tr_desc=%bf%f3%b3w"));
        struct request r = note_request(body);
        struct note n = {0};
        CHECK_STR(tpay_notes_cases[i].name, tpay()->read(mem, &a, &r, &n).what, S(""));
        CHECK_INT(tpay_notes_cases[i].name, n.what, tpay_notes_cases[i].what);
        CHECK("asked", money_is(n.asked, money_of(tpay_notes_cases[i].asked, S("PLN"))));
        CHECK(tpay_notes_cases[i].name,
            money_is(n.amount, money_of(tpay_notes_cases[i].amount, S("PLN"))));
        CHECK(tpay_notes_cases[i].name, n.test == tpay_notes_cases[i].test);
        CHECK_STR(tpay_notes_cases[i].name, n.event, tpay_notes_cases[i].event);
        CHECK_STR(tpay_notes_cases[i].name, n.reference, S("o1abc"));
        CHECK_STR(tpay_notes_cases[i].name, n.gateway, S("blik"));
        CHECK_STR(tpay_notes_cases[i].name, n.raw, body);
    }
    arena_free(mem);
}

#define FINE START "tr_amount=40.96&tr_paid=40.96&tr_status=TRUE&tr_error=none"

static const char zeros[257];

TEST(tpay_refused) {
    struct arena *mem = arena_new(8 << 20);
    str fine = signed_note(mem, S(FINE)), sum = str_from(fine, fine.len - 32);
    str unsigned_code = hash_md5_hex(mem, S("12345TR-BRA-79FR0X40.96o1abc"));
    const struct {
        const char *name;
        str body;
        enum err_code code;
    } cases[] = {
        {"fine", fine, ERR_NONE},
        {"no sum", S(FINE), ERR_INVALID},
        {"empty sum", S(FINE "&md5sum="), ERR_INVALID},
        {"short sum", S(FINE "&md5sum=00"), ERR_INVALID},
        {"sum of no digits", S(FINE "&md5sum=zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"), ERR_REFUSED},
        {"zeros", S(FINE "&md5sum=00000000000000000000000000000000"), ERR_REFUSED},
        {"summed without a code", JOIN(mem, S(FINE "&md5sum="), unsigned_code), ERR_REFUSED},
        {"another amount", JOIN(mem, S(START "tr_amount=0.01&tr_status=TRUE&md5sum="), sum),
            ERR_REFUSED},
        {"amount twice", JOIN(mem, fine, S("&tr_amount=0.01")), ERR_INVALID},
        {"sum twice", JOIN(mem, fine, S("&md5sum="), sum), ERR_INVALID},
        {"status twice, second name encoded", JOIN(mem, fine, S("&tr%5Fstatus=TRUE")), ERR_INVALID},
        {"another merchant",
            signed_note(mem, S("id=54321&tr_id=TR-1&tr_crc=o1&tr_amount=1.00&tr_status=TRUE")),
            ERR_REFUSED},
        {"id slid into tr_id",
            signed_note(mem, S("id=1234&tr_id=5TR-1&tr_crc=o1&tr_amount=1.00&tr_status=TRUE")),
            ERR_REFUSED},
        {"the sum of a payment link",
            signed_note(mem, S("id=12345&tr_id=%26&tr_crc=%26o1abc%26&tr_amount=40.96&tr_status="
                               "TRUE")),
            ERR_REFUSED},
        {"a field that is too long",
            JOIN(mem, fine, S("&tr_currency="), hex_write(mem, (str){zeros, 257})), ERR_INVALID},
        {"amount with a comma", signed_note(mem, S(START "tr_amount=40%2C96&tr_status=TRUE")),
            ERR_INVALID},
        {"amount below zero", signed_note(mem, S(START "tr_amount=-1.00&tr_status=TRUE")),
            ERR_INVALID},
        {"amount with an exponent", signed_note(mem, S(START "tr_amount=1e3&tr_status=TRUE")),
            ERR_INVALID},
        {"paid does not read", signed_note(mem, S(START "tr_amount=1.00&tr_paid=x&tr_status=TRUE")),
            ERR_INVALID},
        {"no such currency",
            signed_note(mem, S(START "tr_amount=1.00&tr_currency=ZZZ&tr_status=TRUE")),
            ERR_INVALID},
        {"no tr_id", signed_note(mem, S("id=12345&tr_crc=o1&tr_amount=1.00&tr_status=TRUE")),
            ERR_INVALID},
        {"broken %", JOIN(mem, fine, S("&%=1")), ERR_INVALID},
        {"raw bytes", JOIN(mem, fine, S("&x=\xff")), ERR_INVALID},
        {"nothing", S(""), ERR_INVALID},
    };
    struct account a = account_of(mem, S("12345"), S("s3cr3t"));
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct request r = note_request(cases[i].body);
        struct note n = {.event = S("untouched")};
        CHECK_INT(cases[i].name, tpay()->read(mem, &a, &r, &n).code, cases[i].code);
        CHECK(cases[i].name, (cases[i].code == ERR_NONE) != str_is(n.event, S("untouched")));
    }
    arena_free(mem);
}

/* Codes in rotation, sums in capitals, secrets of the wrong kind. */
TEST(tpay_codes) {
    static const struct {
        const char *name;
        str code, previous;
        bool live, capitals;
        enum err_code want;
    } cases[] = {
        {"current", S_INIT("s3cr3t"), S_INIT(""), false, false, ERR_NONE},
        {"current, capitals", S_INIT("s3cr3t"), S_INIT(""), false, true, ERR_NONE},
        {"previous", S_INIT("new"), S_INIT("s3cr3t"), false, false, ERR_NONE},
        {"both wrong", S_INIT("new"), S_INIT("old"), false, false, ERR_REFUSED},
        {"blanks around", S_INIT("s3cr3t "), S_INIT(""), false, false, ERR_REFUSED},
        {"empty", S_INIT(""), S_INIT("s3cr3t"), false, false, ERR_SETUP},
        {"demo in live", S_INIT("demo"), S_INIT("s3cr3t"), true, false, ERR_SETUP},
        {"live", S_INIT("s3cr3t"), S_INIT(""), true, false, ERR_NONE},
    };
    struct arena *mem = arena_new(8 << 20);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct account a = account_of(mem, S("12345"), cases[i].code);
        struct tree *settings = tree_copy(mem, a.settings);
        str body = signed_note(mem, S(FINE));
        char *bytes = arena_take(mem, body.len);
        memcpy(bytes, body.ptr, body.len);
        for (size_t b = body.len - 32; b < body.len && cases[i].capitals; b++)
            bytes[b] = (char)(bytes[b] >= 'a' ? bytes[b] - 32 : bytes[b]);
        tree_put_text(mem, settings, S("code_previous"), cases[i].previous);
        a.settings = settings;
        a.live = cases[i].live;
        struct note n = {0};
        struct request r = note_request((str){bytes, body.len});
        CHECK_INT(cases[i].name, tpay()->read(mem, &a, &r, &n).code, cases[i].want);
    }
    arena_free(mem);
}

static bool signed_same(const struct note *a, const struct note *b) {
    return str_is(a->transaction, b->transaction) && str_is(a->reference, b->reference)
           && money_is(a->asked, b->asked);
}

/* Each bit of a valid note: refused, or the fields that the sum covers say the same. */
TEST(tpay_flips) {
    struct arena *mem = arena_new(256 << 20);
    struct account a = account_of(mem, S("12345"), S("s3cr3t"));
    str body = signed_note(mem, S(FINE));
    char *bytes = arena_take(mem, body.len);
    struct note fine = {0};
    struct request r = note_request(body);
    CHECK_STR("fine", tpay()->read(mem, &a, &r, &fine).what, S(""));
    size_t refused = 0;
    for (size_t i = 0; i < body.len; i++)
        for (int bit = 0; bit < 8; bit++) {
            struct note n = {0};
            memcpy(bytes, body.ptr, body.len);
            bytes[i] = (char)(bytes[i] ^ (1 << bit));
            r = note_request((str){bytes, body.len});
            err e = tpay()->read(mem, &a, &r, &n);
            refused += e.code != ERR_NONE;
            if (e.code == ERR_NONE && !signed_same(&n, &fine))
                CHECK(str_cz(mem, r.body), !"forged");
        }
    CHECK("most are refused", refused > body.len * 4);
    arena_free(mem);
}

const struct check_test tpay_tests[TPAY_TESTS] = {
    ROW(tpay_vectors),
    ROW(tpay_link),
    ROW(tpay_description),
    ROW(tpay_notes),
    ROW(tpay_refused),
    ROW(tpay_codes),
    ROW(tpay_flips),
};
