#include "base/encode.h"
#include "partner/connector.h"
#include "partner/mail.h"
#include "partners.h"

static const instant at = 1764064800000; /* 2025-11-25T10:00:00Z */

static struct letter letter_new(void) {
    return (struct letter){
        .from = S("Jan <jan@example.com>"),
        .to = S("anna@example.org"),
        .reply_to = S("help@example.com"),
        .subject = S("Your course"),
        .text = S("Hello\n\nbye"),
        .key = S("k1"),
        .host = S("shop.example.com"),
        .at = at,
    };
}

TEST(mail_whole) {
    struct arena *mem = arena_new(8 << 20);
    struct letter l = letter_new();
    str out = S(""), again = S("");
    l.list_headers = S("List-Unsubscribe: <https://shop.example.com/u>\n");
    CHECK_STR("written", mail_write(mem, &l, &out).what, S(""));
    CHECK_STR("whole", out,
        JOIN(mem,
            S("From: Jan <jan@example.com>\r\n"
              "To: anna@example.org\r\n"
              "Reply-To: help@example.com\r\n"
              "Subject: Your course\r\n"
              "Date: "),
            time_mail(mem, at),
            S("\r\nMessage-ID: <k1@shop.example.com>\r\n"
              "List-Unsubscribe: <https://shop.example.com/u>\r\n"
              "Auto-Submitted: auto-generated\r\n"
              "MIME-Version: 1.0\r\n"
              "Content-Type: text/plain; charset=utf-8\r\n"
              "Content-Transfer-Encoding: 7bit\r\n"
              "\r\n"
              "Hello\r\n\r\nbye\r\n")));
    CHECK_STR("again", mail_write(mem, &l, &again).what, S(""));
    CHECK_STR("the same bytes", again, out);
    arena_free(mem);
}

/* The value of a header as it stands; "(none)". */
static str header_of(str mail, str name) {
    size_t end = str_find(mail, S("\r\n\r\n"));
    str head = str_part(mail, 0, end + 2);
    size_t from = 0;
    while (from < head.len) {
        str rest = str_from(head, from);
        size_t line = str_find(rest, S("\r\n"));
        while (line + 2 < rest.len && rest.ptr[line + 2] == ' ')
            line += 2 + str_find(str_from(rest, line + 2), S("\r\n"));
        if (str_starts(rest, name) && rest.ptr[name.len] == ':')
            return str_part(rest, name.len + 2, line - name.len - 2);
        from += line + 2;
    }
    return S("(none)");
}

TEST(mail_headers) {
    static const struct {
        const char *name;
        str from, subject, want_from, want_subject;
    } cases[] = {
        {"bare address", S_INIT("jan@example.com"), S_INIT("x"), S_INIT("jan@example.com"),
            S_INIT("x")},
        {"in angles", S_INIT("<jan@example.com>"), S_INIT("x"), S_INIT("jan@example.com"),
            S_INIT("x")},
        {"polish", S_INIT("Józef Żak <j@example.com>"), S_INIT("Zażółć"),
            S_INIT("=?utf-8?B?SsOzemVmIMW7YWs=?= <j@example.com>"),
            S_INIT("=?utf-8?B?WmHFvMOzxYLEhw==?=")},
        {"comma in a name", S_INIT("Kowalski, Jan <j@example.com>"), S_INIT("a, b; c"),
            S_INIT("\"Kowalski, Jan\" <j@example.com>"), S_INIT("a, b; c")},
        {"quoted already", S_INIT("\"Kowalski, Jan\" <j@example.com>"), S_INIT("x"),
            S_INIT("\"Kowalski, Jan\" <j@example.com>"), S_INIT("x")},
        {"quote in a name", S_INIT("Jan \"J\" K <j@example.com>"), S_INIT("x"),
            S_INIT("\"Jan \\\"J\\\" K\" <j@example.com>"), S_INIT("x")},
        {"an encoded word as text", S_INIT("j@example.com"), S_INIT("=?utf-8?B?WA==?="),
            S_INIT("j@example.com"), S_INIT("=?utf-8?B?PT91dGYtOD9CP1dBPT0/PQ==?=")},
        {"long: two words, whole letters", S_INIT("j@example.com"),
            S_INIT("0123456789012345678901234567890123456789abcdżefghij0123456789"),
            S_INIT("j@example.com"),
            S_INIT("=?utf-8?B?MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OWFiY2Q=?=\r\n "
                   "=?utf-8?B?xbxlZmdoaWowMTIzNDU2Nzg5?=")},
    };
    struct arena *mem = arena_new(8 << 20);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct letter l = letter_new();
        str out = S("");
        l.from = cases[i].from;
        l.subject = cases[i].subject;
        CHECK_STR(cases[i].name, mail_write(mem, &l, &out).what, S(""));
        CHECK_STR(cases[i].name, header_of(out, S("From")), cases[i].want_from);
        CHECK_STR(cases[i].name, header_of(out, S("Subject")), cases[i].want_subject);
    }
    arena_free(mem);
}

/* Nothing that gets into a letter begins another header. */
TEST(mail_injection) {
    static const str evils[] = {S_INIT("a\r\nBcc: x@y.z"), S_INIT("a\nBcc: x@y.z"), S_INIT("a\rb"),
        S_INIT("a\0b"),
        S_INIT("a\x0b"
               "b"),
        S_INIT("a\x7f"), S_INIT("a\xff"), S_INIT("\r\n\r\nbody")};
    static const struct {
        const char *name;
        size_t at;
        str before, behind;
    } places[] = {
        {"from: name", offsetof(struct letter, from), S_INIT("J "), S_INIT(" <jan@example.com>")},
        {"from: quoted", offsetof(struct letter, from), S_INIT("\""),
            S_INIT("\" <jan@example.com>")},
        {"from: address", offsetof(struct letter, from), S_INIT("J <"), S_INIT("@example.com>")},
        {"to", offsetof(struct letter, to), S_INIT(""), S_INIT("@example.com")},
        {"to: host", offsetof(struct letter, to), S_INIT("a@"), S_INIT("")},
        {"reply_to", offsetof(struct letter, reply_to), S_INIT("x "), S_INIT(" <a@example.com>")},
        {"subject", offsetof(struct letter, subject), S_INIT("x"), S_INIT("y")},
        {"subject, polish", offsetof(struct letter, subject), S_INIT("ż"), S_INIT("ż")},
        {"key", offsetof(struct letter, key), S_INIT("k"), S_INIT("")},
        {"host", offsetof(struct letter, host), S_INIT("h"), S_INIT("")},
    };
    struct arena *mem = arena_new(64 << 20);
    for (size_t p = 0; p < COUNT(places); p++)
        for (size_t i = 0; i < COUNT(evils); i++) {
            struct letter l = letter_new();
            str out = S("untouched");
            *(str *)((char *)&l + places[p].at) =
                JOIN(mem, places[p].before, evils[i], places[p].behind);
            CHECK_INT(places[p].name, mail_write(mem, &l, &out).code, ERR_INVALID);
            CHECK_STR(places[p].name, out, S("untouched"));
        }
    static const str lists[] = {S_INIT("Bcc: x@y.z"), S_INIT("List-Id: a\nBcc: x@y.z"),
        S_INIT("List-Id"), S_INIT("List-A B: x"), S_INIT("List-Id: \xc5\xbc"),
        S_INIT("List-Id: a\rBcc: b")};
    for (size_t i = 0; i < COUNT(lists); i++) {
        struct letter l = letter_new();
        str out = S("");
        l.list_headers = lists[i];
        CHECK_INT("list", mail_write(mem, &l, &out).code, ERR_INVALID);
    }
    arena_free(mem);
}

static str repeated(struct arena *mem, str part, size_t count) {
    char *bytes = arena_take(mem, part.len * count + 1);
    for (size_t i = 0; i < count; i++)
        memcpy(bytes + i * part.len, part.ptr, part.len);
    return (str){bytes, part.len * count};
}

static str quoted_read(struct arena *mem, str text) {
    char *bytes = arena_take(mem, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        str byte = {0};
        bool hex = text.ptr[i] == '=' && hex_read(mem, str_part(text, i + 1, 2), &byte);
        bool soft = !hex && str_starts(str_from(text, i), S("=\r\n"));
        if (!soft)
            bytes[len++] = hex ? byte.ptr[0] : text.ptr[i];
        i += hex || soft ? 2 : 0;
    }
    return (str){bytes, len};
}

TEST(mail_text) {
    struct arena *mem = arena_new(64 << 20);
    const struct {
        const char *name;
        str text, coding, body;
    } cases[] = {
        {"plain", S("a\nb\n"), S("7bit"), S("a\r\nb\r\n")},
        {"line ends of Windows", S("a\r\nb\r\n"), S("7bit"), S("a\r\nb\r\n")},
        {"line ends of old", S("a\rb"), S("7bit"), S("a\r\nb\r\n")},
        {"polish", S("żółw"), S("quoted-printable"), S("żółw\r\n")},
        {"dots", S(".\n..a"), S("7bit"), S(".\r\n..a\r\n")},
        {"nothing", S(""), S("7bit"), S("")},
        {"998", repeated(mem, S("x"), 998), S("7bit"),
            JOIN(mem, repeated(mem, S("x"), 998), S("\r\n"))},
        {"999", repeated(mem, S("x"), 999), S("quoted-printable"),
            JOIN(mem, repeated(mem, S("x"), 999), S("\r\n"))},
        {"long polish", repeated(mem, S("ż=\t "), 400), S("quoted-printable"),
            JOIN(mem, repeated(mem, S("ż=\t "), 400), S("\r\n"))},
        {"a bell", S("a\ab"), S("quoted-printable"), S("a\ab\r\n")},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct letter l = letter_new();
        str out = S("");
        l.text = cases[i].text;
        CHECK_STR(cases[i].name, mail_write(mem, &l, &out).what, S(""));
        str coding = header_of(out, S("Content-Transfer-Encoding"));
        str body = str_from(out, str_find(out, S("\r\n\r\n")) + 4), line = {0};
        CHECK_STR(cases[i].name, coding, cases[i].coding);
        bool quoted = str_is(coding, S("quoted-printable"));
        CHECK_STR(cases[i].name, quoted ? quoted_read(mem, body) : body, cases[i].body);
        while (str_cut(&body, '\n', &line))
            CHECK(cases[i].name, line.len <= (quoted ? 77 : 999) && !str_ends(line, S(" \r")));
    }
    struct letter l = letter_new();
    str out = S("");
    l.text = S("a\0b");
    CHECK_INT("NUL", mail_write(mem, &l, &out).code, ERR_INVALID);
    l.text = S("a\xff");
    CHECK_INT("not UTF-8", mail_write(mem, &l, &out).code, ERR_INVALID);
    arena_free(mem);
}

TEST(mail_html) {
    struct arena *mem = arena_new(16 << 20);
    struct letter l = letter_new();
    str out = S("");
    l.html = S("<p>żółw</p>");
    CHECK_STR("written", mail_write(mem, &l, &out).what, S(""));
    CHECK_STR(
        "kind", header_of(out, S("Content-Type")), S("multipart/alternative; boundary=\"=_k1\""));
    CHECK_STR("parts", str_from(out, str_find(out, S("\r\n\r\n")) + 4),
        S("--=_k1\r\nContent-Type: text/plain; charset=utf-8\r\n"
          "Content-Transfer-Encoding: 7bit\r\n\r\nHello\r\n\r\nbye\r\n\r\n"
          "--=_k1\r\nContent-Type: text/html; charset=utf-8\r\n"
          "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
          "<p>=C5=BC=C3=B3=C5=82w</p>\r\n\r\n--=_k1--\r\n"));
    l.text = S("a\n--=_k1--\nb");
    CHECK_STR("written", mail_write(mem, &l, &out).what, S(""));
    CHECK_STR("a boundary in the text", header_of(out, S("Content-Type")),
        S("text/plain; charset=utf-8"));
    l.html = S("a\xff");
    CHECK_INT("not UTF-8", mail_write(mem, &l, &out).code, ERR_INVALID);
    arena_free(mem);
}

/* ---- whatever is in it, a letter has our headers only, in lines that any server takes ---- */

static uint64_t next(uint64_t *seed) {
    uint64_t z = (*seed += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    return z ^ (z >> 27);
}

static str some(struct arena *mem, uint64_t *seed, size_t most) {
    static const str pieces[] = {S_INIT("\r"), S_INIT("\n"), S_INIT("\r\n"), S_INIT("\xff"),
        S_INIT("Bcc: x@y.z"), S_INIT("ż"), S_INIT("\""), S_INIT("\\"), S_INIT("<"), S_INIT(">"),
        S_INIT(" "), S_INIT("=?utf-8?B?"), S_INIT("?="), S_INIT(":"), S_INIT(","), S_INIT("a"),
        S_INIT("@b.pl"), S_INIT("."), S_INIT("--=_k1"), S_INIT("\t"), S_INIT("zażółć gęślą jaźń")};
    str text = S("");
    for (size_t n = next(seed) % most; n > 0; n--) {
        /* Mostly what may stand there, so that most letters are written. */
        size_t from = next(seed) % 64 ? 4 : 0;
        text = JOIN(mem, text, pieces[from + next(seed) % (COUNT(pieces) - from)]);
    }
    return text;
}

static bool is_our_header(str line) {
    static const str ours[] = {S_INIT("From: "), S_INIT("To: "), S_INIT("Reply-To: "),
        S_INIT("Subject: "), S_INIT("Date: "), S_INIT("Message-ID: "), S_INIT("Auto-Submitted: "),
        S_INIT("MIME-Version: "), S_INIT("Content-Type: "), S_INIT("Content-Transfer-Encoding: "),
        S_INIT(" ")};
    for (size_t i = 0; i < COUNT(ours); i++)
        if (str_starts(line, ours[i]))
            return true;
    return false;
}

static bool is_clean(str mail) {
    str rest = mail, line = {0};
    bool head = true;
    while (str_cut(&rest, '\n', &line)) {
        if (!str_ends(line, S("\r")) || line.len > 999)
            return false;
        line.len--;
        for (size_t i = 0; i < line.len; i++)
            if ((line.ptr[i] < ' ' && line.ptr[i] != '\t') || line.ptr[i] == 0x7f)
                return false;
        head = head && line.len;
        if (head && !is_our_header(line))
            return false;
    }
    return !head;
}

TEST(mail_fuzz) {
    uint64_t seed = 1;
    int written = 0, refused = 0;
    for (int i = 0; i < 20000; i++) {
        struct arena *mem = arena_new(32 << 20);
        struct letter l = letter_new();
        str out = S("");
        l.from = next(&seed) % 2 ? l.from : JOIN(mem, some(mem, &seed, 12), S(" <a@b.pl>"));
        l.to = next(&seed) % 16 ? l.to : some(mem, &seed, 5);
        l.reply_to = next(&seed) % 4 ? l.reply_to : JOIN(mem, some(mem, &seed, 12), S(" <a@b.pl>"));
        l.subject = some(mem, &seed, 30);
        l.text = some(mem, &seed, 60);
        l.html = next(&seed) % 2 ? S("") : some(mem, &seed, 60);
        bool fine = mail_write(mem, &l, &out).code == ERR_NONE;
        written += fine;
        refused += !fine;
        if (fine)
            CHECK("clean", is_clean(out));
        arena_free(mem);
    }
    CHECK("some of both", written > 1000 && refused > 1000);
}

TEST(mail_server) {
    struct arena *mem = arena_new(8 << 20);
    const struct connector *c = connector_find(S("mail"));
    struct tree *secrets = tree_map(mem);
    tree_put_text(mem, secrets, S("T"), S("t0p\"secret"));
    struct step step = {.line = -1, .id = S("access"), .does = S("mail"), .key = S("k26")};
    struct shop shop = {.url = S("https://shop.example.com:8443/x"),
        .mail_from = S("Jan <jan@example.com>"),
        .secrets = secrets};
    struct step_call call = {.shop = &shop,
        .step = &step,
        .to = S("anna@example.org"),
        .letter = S("Subject: a\n\nHello\n"),
        .now = 1764064800000};
    struct talk_request r = {0};
    struct tree *settings = tree_map(mem);
    struct tree *mail = tree_put(settings, S("mail"), tree_map(mem));
    tree_put_bool(mem, mail, S("allow_private"), true);
    tree_put_text(mem, mail, S("ca"), S("ca.pem"));
    shop.settings = settings;
    shop.mail_send = S("smtps://jan:${T}@mail.example.com");
    CHECK_STR("to a server", c->render(mem, &call, &r).what, S(""));
    CHECK_STR(
        "the secret is kept out", r.url, S("smtps://jan:${T}@mail.example.com/shop.example.com"));
    CHECK_STR("fill", talk_request_fill(mem, &r, shop.secrets).what, S(""));
    CHECK_STR(
        "and encoded", r.url, S("smtps://jan:t0p%22secret@mail.example.com/shop.example.com"));
    CHECK("as told", r.allow_private && !r.allow_plain && str_is(r.ca, S("ca.pem")));
    CHECK_INT("it may take its time", r.wait_ms, 60000);
    arena_free(mem);
}

TEST(mail_address) {
    static const struct {
        const char *name;
        str from, address; /* "": refused */
    } cases[] = {
        {"bare", S_INIT("a@b.pl"), S_INIT("a@b.pl")},
        {"named", S_INIT("Jan K <a@b.pl>"), S_INIT("a@b.pl")},
        {"angles in a quoted name", S_INIT("Jan <a@b.pl>"), S_INIT("a@b.pl")},
        {"odd but lawful", S_INIT("o'neil+x_y-z@mail.b-c.pl"), S_INIT("o'neil+x_y-z@mail.b-c.pl")},
        {"local host", S_INIT("a@localhost"), S_INIT("a@localhost")},
        {"blanks outside", S_INIT("  a@b.pl "), S_INIT("a@b.pl")},
        {"two at", S_INIT("a@b@c.pl"), S_INIT("")},
        {"two addresses", S_INIT("a@b.pl, c@d.pl"), S_INIT("")},
        {"two in angles", S_INIT("x <a@b.pl>, y <c@d.pl>"), S_INIT("")},
        {"blank inside", S_INIT("a b@c.pl"), S_INIT("")},
        {"no local part", S_INIT("@b.pl"), S_INIT("")},
        {"no host", S_INIT("a@"), S_INIT("")},
        {"two dots", S_INIT("a..b@c.pl"), S_INIT("")},
        {"dot at the start", S_INIT(".a@c.pl"), S_INIT("")},
        {"dot at the end", S_INIT("a@c.pl."), S_INIT("")},
        {"quoted local part", S_INIT("\"a b\"@c.pl"), S_INIT("")},
        {"beyond ASCII", S_INIT("ż@c.pl"), S_INIT("")},
        {"an SMTP argument", S_INIT("a@b.pl> SIZE=1"), S_INIT("")},
        {"nothing", S_INIT(""), S_INIT("")},
        {"empty angles", S_INIT("Jan <>"), S_INIT("")},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        str address = S("");
        err e = mail_address(cases[i].from, &address);
        CHECK_INT(cases[i].name, e.code, cases[i].address.len ? ERR_NONE : ERR_INVALID);
        CHECK_STR(cases[i].name, address, cases[i].address);
    }
}

const struct check_test mail_tests[MAIL_TESTS] = {
    ROW(mail_whole),
    ROW(mail_headers),
    ROW(mail_injection),
    ROW(mail_text),
    ROW(mail_html),
    ROW(mail_fuzz),
    ROW(mail_address),
    ROW(mail_server),
};
