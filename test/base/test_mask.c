#include "base/fields.h"
#include "base/mask.h"
#include "check.h"
#include "data.h"

TEST(fields) {
    static const struct {
        const char *name, *value, *want;
    } cases[] = {
        {"plain", "/o/:/:", "a=/o/:/:"},
        {"empty is left out", "", ""},
        {"a blank", "two words", "a=\"two words\""},
        {"equals begins no pair", "x=y", "a=\"x=y\""},
        {"a line break begins no line", "x\nlevel=fatal", "a=\"x\\x0alevel=fatal\""},
        {"a terminal's escape", "\x1b[2J", "a=\"\\x1b[2J\""},
        {"quotes", "say \"no\" \\", "a=\"say \\\"no\\\" \\\\\""},
        {"UTF-8 stays", "\xc5\x81", "a=\"\xc5\x81\""},
        {"what is none does not", "\xc5(", "a=\"\\xc5\\x28\""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct fields f = {.len = 0};
        fields_text(&f, S("a"), str_of(cases[i].value));
        CHECK_STR(cases[i].name, fields_str(&f), str_of(cases[i].want));
    }
}

TEST(fields_room) {
    static char large[2 * FIELDS_ROOM];
    struct fields f = {.len = 0};
    memset(large, 'x', sizeof(large));
    fields_int(&f, S("n"), -42);
    fields_int(&f, S("least"), INT64_MIN);
    fields_text(&f, S("large"), (str){large, sizeof(large)});
    fields_text(&f, S("b"), S("c"));
    CHECK_STR("whole pairs only", fields_str(&f), S("n=-42 least=-9223372036854775808 b=c"));
}

TEST(mask) {
    static const struct {
        const char *name, *words, *want;
    } cases[] = {
        {"nothing to hide", "the disk is full at 10:20:30.", "the disk is full at 10:20:30."},
        {"e-mail", "to anna@example.com: refused", "to <e-mail>: refused"},
        {"e-mail in brackets", "<jan.k+x@ex\xc5\x82.pl>", "<<e-mail>>"},
        {"address", "from 203.0.113.7:443 and 10.0.0.1.", "from <address>:443 and <address>"},
        {"no address", "version 3.40.1 of 1.2.3.4.5", "version 3.40.1 of 1.2.3.4.5"},
        {"IPv6", "from 2001:db8::1 or ::1", "from <address> or <address>"},
        {"IPv6 in full", "[2001:db8:0:1:2:3:4:5]:80", "[<address>]:80"},
        {"a given secret", "key hunter2 was wrong", "key <secret> was wrong"},
        {"a secret inside a word", "https://x:hunter2@h/", "https://x:<secret>@h/"},
        {"one that begins as another", "key hunter2-and-more", "key <secret>"},
        {"a short secret hides no words", "a bc", "a bc"},
        {"a link's key", "/o/t01k2m3n4p5abcdefgh/0123456789abcdefghjkmnpqrs",
            "/o/t01k2m3n4p5abcdefgh/<key>"},
        {"a job stays", "t01k2m3n4p5abcdefgh/1/invitation", "t01k2m3n4p5abcdefgh/1/invitation"},
        {"a query", "GET /x?email=a&k=v failed", "GET /x?<query> failed"},
        {"a question", "is it full? no", "is it full? no"},
        {"long words are words", "a-very-long-word-without-any-digit",
            "a-very-long-word-without-"
            "any-digit"},
    };
    const struct mask_word longer = {S("hunter2-and-more"), NULL}, brief = {S("bc"), &longer};
    const struct mask_word hidden = {S("hunter2"), &brief};
    for (size_t i = 0; i < COUNT(cases); i++) {
        char out[200];
        size_t len = mask_write(out, sizeof(out), str_of(cases[i].words), &hidden);
        CHECK_STR(cases[i].name, ((str){out, len}), str_of(cases[i].want));
        for (size_t room = 0; room < 12; room++)
            CHECK(cases[i].name, mask_write(out, room, str_of(cases[i].words), &hidden) <= room);
    }
}

TEST(mask_names) {
    static const struct {
        const char *name, *words, *want;
        size_t least;
    } cases[] = {
        {"nothing in it", "no such key", "no such key", 4},
        {"a secret", "key hunter2 is wrong", "key ${A} is wrong", 4},
        {"twice", "hunter2hunter2", "${A}${A}", 4},
        {"one that begins as another", "hunter2-and-more", "${C}", 4},
        {"addresses stay", "anna@example.com 10.0.0.1", "anna@example.com 10.0.0.1", 4},
        {"a short one stays", "a bc d", "a bc d", 4},
        {"a weak one in a value stays", "https://x/hunter2", "https://x/hunter2", 8},
        {"nothing at all", "", "", 4},
    };
    struct arena *mem = arena_new(1 << 20);
    struct tree *secrets = tree_map(mem);
    tree_put_text(mem, secrets, S("A"), S("hunter2"));
    tree_put_text(mem, secrets, S("B"), S("bc"));
    tree_put_text(mem, secrets, S("C"), S("hunter2-and-more"));
    for (size_t i = 0; i < COUNT(cases); i++)
        CHECK_STR(cases[i].name, mask_names(mem, str_of(cases[i].words), secrets, cases[i].least),
            str_of(cases[i].want));
    CHECK_STR("no secrets", mask_names(mem, S("hunter2"), NULL, 4), S("hunter2"));
    arena_free(mem);
}

const struct check_test mask_tests[MASK_TESTS] = {
    ROW(fields), ROW(fields_room), ROW(mask), ROW(mask_names)};
