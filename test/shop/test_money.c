#include "check.h"
#include "fixture.h"
#include "suites.h"

enum how { AMOUNT, PRICE, SHOWN };

static const struct {
    const char *row;
    enum how how;
    const char *text, *currency;
    int64_t minor; /* -1: a mistake */
    const char *code;
} readings[] = {
    {"amount", AMOUNT, "499.00", "PLN", 49900, "PLN"},
    {"amount whole", AMOUNT, "499", "PLN", 49900, "PLN"},
    {"amount least", AMOUNT, "0.01", "PLN", 1, "PLN"},
    {"amount one decimal", AMOUNT, "499.0", "PLN", -1, ""},
    {"amount three decimals", AMOUNT, "499.000", "PLN", -1, ""},
    {"amount dot at the end", AMOUNT, "499.", "PLN", -1, ""},
    {"amount dot in front", AMOUNT, ".99", "PLN", -1, ""},
    {"amount two dots", AMOUNT, "4.9.00", "PLN", -1, ""},
    {"amount comma", AMOUNT, "499,00", "PLN", -1, ""},
    {"amount minus", AMOUNT, "-1", "PLN", -1, ""},
    {"amount plus", AMOUNT, "+1", "PLN", -1, ""},
    {"amount exponent", AMOUNT, "1e3", "PLN", -1, ""},
    {"amount underscore", AMOUNT, "1_000", "PLN", -1, ""},
    {"amount blank", AMOUNT, " 1", "PLN", -1, ""},
    {"amount empty", AMOUNT, "", "PLN", -1, ""},
    {"amount yen", AMOUNT, "500", "JPY", 500, "JPY"},
    {"amount yen with decimals", AMOUNT, "500.00", "JPY", -1, ""},
    {"amount most", AMOUNT, "100000000000.00", "PLN", 10000000000000, "PLN"},
    {"amount too much", AMOUNT, "100000000000.01", "PLN", -1, ""},
    {"amount far too much", AMOUNT, "99999999999999999999", "PLN", -1, ""},
    {"amount 17 digits", AMOUNT, "92233720368547758", "PLN", -1, ""},
    {"amount unknown currency", AMOUNT, "1.00", "XXQ", -1, ""},
    {"price behind", PRICE, "499.00 PLN", "", 49900, "PLN"},
    {"price in front", PRICE, "EUR 20", "PLN", 2000, "EUR"},
    {"price bare", PRICE, "499.00", "PLN", 49900, "PLN"},
    {"price bare, none known", PRICE, "499.00", "", -1, ""},
    {"price small letters", PRICE, "499.00 pln", "PLN", -1, ""},
    {"price sign", PRICE, "499 zł", "PLN", -1, ""},
    {"price comma", PRICE, "19,90 PLN", "PLN", -1, ""},
    {"price two blanks", PRICE, "19.90  PLN", "PLN", -1, ""},
    {"price both ends", PRICE, "PLN 19.90 PLN", "PLN", -1, ""},
    {"price words", PRICE, "free", "PLN", -1, ""},
    {"shown as we print it", SHOWN, "499.00 PLN", "PLN", 49900, "PLN"},
    {"shown pl", SHOWN,
        "1\xc2\xa0"
        "499,00\xc2\xa0zł",
        "PLN", 149900, "PLN"},
    {"shown pl, plain blanks", SHOWN, "1 499,00 zł", "PLN", 149900, "PLN"},
    {"shown en", SHOWN, "PLN 1,499.00", "PLN", 149900, "PLN"},
    {"shown de", SHOWN, "1.499,00 €", "PLN", 149900, "EUR"},
    {"shown by Jekyll, bare", SHOWN, "499.0", "PLN", 49900, "PLN"},
    {"shown bare", SHOWN, "499", "PLN", 49900, "PLN"},
    {"shown comma", SHOWN, "499,00 PLN", "PLN", 49900, "PLN"},
    {"shown grouped whole", SHOWN, "1,499", "PLN", 149900, "PLN"},
    {"shown millions", SHOWN, "1,234,567.89", "PLN", 123456789, "PLN"},
    {"shown badly grouped", SHOWN, "1,49,900.00", "PLN", -1, ""},
    {"shown minus", SHOWN, "-499.00", "PLN", -1, ""},
    {"shown words", SHOWN, "gratis", "PLN", -1, ""},
    {"shown empty", SHOWN, "", "PLN", -1, ""},
    {"shown too long", SHOWN, "1111111111111111111111111111111111111111111111111111111111111111111",
        "PLN", -1, ""},
    {"shown most digits", SHOWN, "9999999999999999999999", "PLN", -1, ""},
    {"shown yen", SHOWN, "1,500 JPY", "PLN", 1500, "JPY"},
    {"shown yen with part", SHOWN, "15.50 JPY", "PLN", -1, ""},
};

static void test_read(void) {
    err (*const reads[])(str, str, money *) = {money_amount_read, money_read, money_read_shown};
    for (size_t i = 0; i < COUNT(readings); i++) {
        money m = {.minor = -1};
        err e = reads[readings[i].how](str_of(readings[i].text), str_of(readings[i].currency), &m);
        CHECK_INT(readings[i].row, m.minor, readings[i].minor);
        CHECK_STR(readings[i].row, str_of(m.currency), str_of(readings[i].code));
        CHECK(readings[i].row, (e.code == ERR_NONE) == (readings[i].minor >= 0));
        CHECK(readings[i].row, e.code == ERR_NONE || e.what.len > 10);
    }
}

static const struct {
    int64_t minor;
    const char *code, *amount, *pl, *en;
} shows[] = {
    {149900, "PLN", "1499.00",
        "1\xc2\xa0"
        "499,00\xc2\xa0zł",
        "PLN 1,499.00"},
    {5, "PLN", "0.05", "0,05\xc2\xa0zł", "PLN 0.05"},
    {0, "PLN", "0.00", "0,00\xc2\xa0zł", "PLN 0.00"},
    {99999, "EUR", "999.99", "999,99\xc2\xa0€", "EUR 999.99"},
    {100000, "CHF", "1000.00",
        "1\xc2\xa0"
        "000,00\xc2\xa0"
        "CHF",
        "CHF 1,000.00"},
    {1234567, "JPY", "1234567",
        "1\xc2\xa0"
        "234\xc2\xa0"
        "567\xc2\xa0JPY",
        "JPY 1,234,567"},
    {10000000000000, "PLN", "100000000000.00",
        "100\xc2\xa0"
        "000\xc2\xa0"
        "000\xc2\xa0"
        "000,00\xc2\xa0zł",
        "PLN 100,000,000,000.00"},
    {-1050, "PLN", "-10.50", "-10,50\xc2\xa0zł", "PLN -10.50"},
};

static void test_show(struct arena *mem) {
    for (size_t i = 0; i < COUNT(shows); i++) {
        money m = money_of(shows[i].minor, str_of(shows[i].code)), back = {0};
        CHECK_STR(shows[i].amount, money_amount(mem, m), str_of(shows[i].amount));
        CHECK_STR(shows[i].amount, money_show(mem, m, S("pl")), str_of(shows[i].pl));
        CHECK_STR(shows[i].amount, money_show(mem, m, S("en")), str_of(shows[i].en));
        if (m.minor < 0)
            continue;
        CHECK(shows[i].amount, money_read(money_write(mem, m), S(""), &back).code == ERR_NONE);
        CHECK(shows[i].amount, money_is(back, m));
        CHECK(shows[i].amount,
            money_read_shown(money_show(mem, m, S("pl")), S(""), &back).code == ERR_NONE);
        CHECK(shows[i].amount, money_is(back, m));
        CHECK(shows[i].amount,
            money_read_shown(money_show(mem, m, S("en")), S(""), &back).code == ERR_NONE);
        CHECK(shows[i].amount, money_is(back, m));
    }
}

static const struct {
    int64_t gross;
    const char *rate;
    int64_t tax; /* -1: a mistake */
} taxes[] = {
    {49900, "23", 9331}, /* 9330.89 */
    {10000, "5", 476},
    {10500, "5", 500},
    {100, "8.5", 8},
    {10850, "8.5", 850},
    {12300, "23.0", 2300},
    {3, "100", 2}, /* 1.5: half up */
    {1, "100", 1},
    {49900, "0", 0},
    {49900, "zw", 0},
    {49900, "np", 0},
    {10000000000000, "23", 1869918699187},
    {49900, "", -1},
    {49900, "101", -1},
    {49900, "-1", -1},
    {49900, "23%", -1},
    {49900, "8.555", -1},
    {49900, "8.", -1},
    {49900, "vatzw", -1},
    {49900, "ZW", -1},
    {49900, "100.01", -1},
};

static void test_tax(void) {
    for (size_t i = 0; i < COUNT(taxes); i++) {
        money m = {.minor = -1};
        err e = money_tax(money_of(taxes[i].gross, S("PLN")), str_of(taxes[i].rate), &m);
        CHECK_INT(taxes[i].rate, m.minor, taxes[i].tax);
        CHECK(taxes[i].rate, (e.code == ERR_NONE) == (taxes[i].tax >= 0));
    }
}

void suite_money(void) {
    struct arena *mem = arena_new(1 << 20);
    test_read();
    test_show(mem);
    test_tax();
    money sum = money_add(money_add((money){0}, money_of(1, S("PLN"))), money_of(2, S("PLN")));
    CHECK("add", money_is(sum, money_of(3, S("PLN"))));
    CHECK("other currency", !money_is(money_of(3, S("EUR")), money_of(3, S("PLN"))));
    arena_free(mem);
}
