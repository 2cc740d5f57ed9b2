#include "check.h"
#include "fixture.h"
#include "shop/typo.h"
#include "shop/wish.h"
#include "shop/words.h"
#include "suites.h"

#define GOOD "product=guide&email=anna@example.com&consent_terms=on"
#define FIRM                                                                                \
    GOOD "&as_company=1&company=Firma&tax_id=526-000-12-46&street=Prosta 1&postcode=00-001" \
         "&city=Warszawa"
#define L50  "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee"
#define L200 L50 L50 L50 L50

/* What a form gives: the field that is wrong and the name of its sentence, or none. */
static const struct {
    const char *row, *fields, *field, *sentence, *what;
} wishes[] = {
    {"good", GOOD, NULL, NULL, ""},
    {"consent as 1", "product=guide&email=a@b.pl&consent_terms=1", NULL, NULL, ""},
    {"price as printed", GOOD "&price=499.00 PLN", NULL, NULL, ""},
    {"price as shown in pl", GOOD "&price=499,00 zł", NULL, NULL, ""},
    {"price by Jekyll", GOOD "&price=499.0", NULL, NULL, ""},
    {"price changed", GOOD "&price=399.00 PLN", "price", "price_changed", "PLN 499.00"},
    {"price in euro", GOOD "&price=499.00 EUR", "price", "price_changed", "PLN 499.00"},
    {"price nonsense", GOOD "&price=%s", "price", "price_changed", "PLN 499.00"},
    {"unknown product", "product=none&email=a@b.pl&consent_terms=on", "product", "product_unknown",
        ""},
    {"no product", "email=a@b.pl&consent_terms=on", "product", "product_unknown", ""},
    {"draft", "product=soon&email=a@b.pl&consent_terms=on", "product", "product_unknown", ""},
    {"no email", "product=guide&consent_terms=on", "email", "email_missing", ""},
    {"email of blanks", "product=guide&email=  &consent_terms=on", "email", "email_missing", ""},
    {"email wrong", "product=guide&email=anna&consent_terms=on", "email", "email_wrong", ""},
    {"email long", "product=guide&consent_terms=on&email=" L200 L50 "@b.pl", "email", "too_long",
        "254"},
    {"no consent", "product=guide&email=a@b.pl", "consent_terms", "consent_missing", ""},
    {"consent off", "product=guide&email=a@b.pl&consent_terms=off", "consent_terms",
        "consent_missing", ""},
    {"name long", GOOD "&name=" L200, "name", "too_long", "120"},
    {"name with a line end", GOOD "&name=Anna\nBcc: x", "name", "text_wrong", ""},
    {"name turned round",
        GOOD "&name=a\xe2\x80\xae"
             "b",
        "name", "text_wrong", ""},
    {"name turned round, isolated", GOOD "&name=a\xe2\x81\xa7 b", "name", "text_wrong", ""},
    {"name that a terminal obeys", GOOD "&name=a\xc2\x9b" "2J", "name", "text_wrong", ""},
    {"name with a dash and an euro", GOOD "&name=a\xe2\x80\x93\xe2\x82\xac", NULL, NULL, ""},
    {"name cut within a sign", GOOD "&name=a\xe2\x80", NULL, NULL, ""},
    {"name from right to left, and a smile", GOOD "&name=שלום 😀", NULL, NULL, ""},
    {"name in Polish", GOOD "&name=Żółć", NULL, NULL, ""},
    {"key long", GOOD "&key=" L200, "key", "too_long", "64"},
    {"country", GOOD "&country=pl", NULL, NULL, ""},
    {"country long", GOOD "&country=Poland", "country", "country_wrong", ""},
    {"country digits", GOOD "&country=12", "country", "country_wrong", ""},
    {"code", GOOD "&code=SUMMER", "code", "code_unknown", ""},
    {"amount other", GOOD "&amount=5", "amount", "amount_fixed", "PLN 499.00"},
    {"amount same", GOOD "&amount=499", NULL, NULL, ""},
    {"unknown field", GOOD "&colour=red", NULL, NULL, ""},
    {"firm", FIRM, NULL, NULL, ""},
    {"firm without name", GOOD "&as_company=1&tax_id=5260001246&street=s&postcode=p&city=c",
        "company", "missing", ""},
    {"firm without number", GOOD "&as_company=1&company=F&street=s&postcode=p&city=c", "tax_id",
        "missing", ""},
    {"firm, wrong number",
        GOOD "&as_company=1&company=F&tax_id=5260001247&street=s&postcode=p&city=c", "tax_id",
        "tax_id_wrong", ""},
    {"firm without city", GOOD "&as_company=1&company=F&tax_id=5260001246&street=s&postcode=p",
        "city", "missing", ""},
    {"firm abroad needs no NIP",
        GOOD "&as_company=1&country=DE&company=F&tax_id=x1&street=s&postcode=p&city=c", NULL, NULL,
        ""},
    {"company typed, box not ticked", GOOD "&company=F&tax_id=1", NULL, NULL, ""},
    {"in Polish", "product=guide&lang=pl&consent_terms=on", "email", "email_missing", ""},
    {"long utm is cut, not refused", GOOD "&utm_source=" L200 L50, NULL, NULL, ""},
};

static void test_wishes(struct arena *mem, const struct shop *shop) {
    for (size_t i = 0; i < COUNT(wishes); i++) {
        struct order *o = NULL;
        struct tree *wrong = NULL;
        str lang = str_find(str_of(wishes[i].fields), S("lang=pl")) < strlen(wishes[i].fields)
                       ? S("pl")
                       : S("en");
        struct order_wish wish = {.fields = fixture_fields(mem, wishes[i].fields)};
        err e = order_place(mem, shop, &wish, NOW, 1, &wrong, &o);
        if (!wishes[i].field) {
            CHECK(wishes[i].row, e.code == ERR_NONE && o && !wrong);
            continue;
        }
        CHECK(wishes[i].row, e.code == ERR_INVALID && !o && wrong);
        CHECK_INT(wishes[i].row, wrong ? wrong->count : 0, 1);
        CHECK_STR(wishes[i].row, tree_get(wrong, str_of(wishes[i].field)),
            words_with(mem, lang, str_of(wishes[i].sentence), str_of(wishes[i].what)));
    }
}

static const struct {
    const char *text, *meant;
} slips[] = {
    {"anna@gmial.com", "anna@gmail.com"},
    {"anna@gmail.con", "anna@gmail.com"},
    {"anna@gmail.co", "anna@gmail.com"},
    {"Anna.W+1@GMIAL.COM", "Anna.W+1@gmail.com"},
    {"anna@outlok.com", "anna@outlook.com"},
    {"anna@hotmial.com", "anna@hotmail.com"},
    {"anna@interria.pl", "anna@interia.pl"},
    {"anna@poczta.onte.pl", "anna@poczta.onet.pl"},
    {"anna@gmail.com", ""},
    {"anna@GMAIL.com", ""},
    {"anna@mail.com", ""},
    {"anna@ymail.com", ""},
    {"anna@gmx.com", ""},
    {"anna@interia.eu", ""},
    {"anna@wp.pl", ""},
    {"anna@xp.pl", ""},
    {"anna@example.com", ""},
    {"gmial.com", ""},
    {"", ""},
};

static const struct {
    const char *text, *fault;
} faults[] = {
    {"", "email_missing"},
    {"anna", "email_wrong"},
    {"a@b.pl", ""},
    {"żółw@b.pl", "email_letters"},
    {"żółw@bücher.pl", "email_letters"},
    {"żółw", "email_letters"},
    {"user@bücher.pl", "email_domain"},
    {"user@xn--bcher-kva.pl", ""},
};

static const struct {
    const char *text;
    bool fine;
} emails[] = {
    {"a@b.pl", true},
    {"jan.kowalski+kurs@poczta.example.com", true},
    {"o'neil@example.ie", true},
    {"a@b", false},
    {"@b.pl", false},
    {"a@", false},
    {"a@.pl", false},
    {"a@b..pl", false},
    {"a@b.pl.", false},
    {"a b@c.pl", false},
    {"a@b@c.pl", false},
    {".a@b.pl", false},
    {"a.@b.pl", false},
    {"a..b@c.pl", false},
    {"a@-b.pl", false},
    {"a@b-.pl", false},
    {"a@b.p", false},
    {"a@1.2.3.4", false},
    {"\"a\"@b.pl", false},
    {"a,b@c.pl", false},
    {"<a@b.pl>", false},
    {"żółw@b.pl", false},
    {"a@b_c.pl", false},
    {"", false},
    {"a\n@b.pl", false},
    {L50 L50 "@b.pl", false},
};

static const struct {
    const char *text, *digits; /* NULL: wrong */
} nips[] = {
    {"5260001246", "5260001246"}, {"526-000-12-46", "5260001246"},
    {"PL 526 000 12 46", "5260001246"}, {"pl5260001246", "5260001246"}, {"5260001245", NULL},
    {"526000124", NULL}, {"52600012466", NULL}, {"0000000000", NULL}, {"526000124a", NULL},
    {"", NULL}, {"1111111130", NULL}, /* the sum gives 10: no such number */
};

static void test_texts(struct arena *mem) {
    for (size_t i = 0; i < COUNT(emails); i++)
        CHECK(emails[i].text, email_is(str_of(emails[i].text)) == emails[i].fine);
    for (size_t i = 0; i < COUNT(slips); i++)
        CHECK_STR(slips[i].text, typo_guess(mem, str_of(slips[i].text)), str_of(slips[i].meant));
    struct tree *fields = tree_map(mem);
    struct typo t = typo_of(mem, S("anna@gmial.com"), fields);
    CHECK("not asked yet", !t.asked && t.meant.len);
    tree_put_text(mem, fields, TYPO_ASKED, S("anna@gmial.com"));
    CHECK("says it twice", typo_of(mem, S("anna@gmial.com"), fields).asked);
    CHECK("says another one", !typo_of(mem, S("jan@gmial.com"), fields).asked);
    for (size_t i = 0; i < COUNT(faults); i++)
        CHECK_STR(faults[i].text, email_fault(str_of(faults[i].text)), str_of(faults[i].fault));
    for (size_t i = 0; i < COUNT(nips); i++) {
        str digits = {0};
        bool fine = nip_read(mem, str_of(nips[i].text), &digits);
        CHECK(nips[i].text, fine == (nips[i].digits != NULL));
        if (fine)
            CHECK_STR(nips[i].text, digits, str_of(nips[i].digits));
    }
}

static struct order *place(struct arena *mem, const struct shop *shop, const char *fields) {
    struct order *o = NULL;
    struct tree *wrong = NULL;
    struct order_wish wish = {.fields = fixture_fields(mem, fields), .address_hash = S("ab")};
    err e = order_place(mem, shop, &wish, NOW, 1, &wrong, &o);
    return e.code == ERR_NONE ? o : NULL;
}

static void test_placed(struct arena *mem, const struct shop *shop) {
    struct order *o =
        place(mem, shop, FIRM "&name= Anna &country=pl&consent_news=on&ref=x&utm_a=b");
    const char *row = "placed";
    CHECK_STR(row, str_part(o->id, 0, 1), S("t"));
    CHECK_STR(row, o->mode, S("test"));
    CHECK_STR(row, o->buyer.name, S("Anna"));
    CHECK_STR(row, o->buyer.country, S("PL"));
    CHECK_STR(row, o->company.tax_id, S("5260001246"));
    CHECK_STR(row, o->gateway, S("pay"));
    CHECK_STR(row, tree_get(o->origin, S("utm_a")), S("b"));
    CHECK_STR(row, tree_get(o->origin, S("ref")), S("x"));
    CHECK_INT(row, o->consent_count, 2);
    CHECK_INT(row, o->consents[0].at, NOW);
    CHECK_STR(row, o->consents[0].version, str_part(o->consents[0].hash, 0, 12));
    CHECK_INT(row, o->total.minor, 49900);
    CHECK_INT(row, o->lines[0].net.minor, 49900 - 9331);
    CHECK_INT(row, o->lines[0].tax_amount.minor, 9331);
    CHECK_INT(row, o->lines[0].hash.len, 64);
    CHECK_INT(row, o->expires_at, NOW + 7 * TIME_DAY);
    CHECK_STR(row, o->link, S(""));
    CHECK_STR(row, o->key_hash, S(""));
    CHECK(row, order_state(o) == ORDER_PLACED && o->step_count == 0);
    CHECK_STR("other currency",
        place(mem, shop, "product=book&email=a@b.pl&consent_terms=on")->gateway, S("card"));
}

static void test_keys(struct arena *mem, const struct shop *shop) {
    str one = place(mem, shop, GOOD "&key=k")->key_hash;
    CHECK_INT("key", one.len, 64);
    CHECK_STR("same key, same fields", place(mem, shop, GOOD "&key=k")->key_hash, one);
    CHECK("other key", !str_is(place(mem, shop, GOOD "&key=l")->key_hash, one));
    CHECK("other name", !str_is(place(mem, shop, GOOD "&key=k&name=x")->key_hash, one));
    CHECK("other consent", !str_is(place(mem, shop, GOOD "&key=k&consent_news=1")->key_hash, one));
    CHECK("moved border", !str_is(place(mem, shop, GOOD "&key=k&street=ab&city=c")->key_hash,
                              place(mem, shop, GOOD "&key=k&street=a&city=bc")->key_hash));
}

static void test_refused(struct arena *mem, const struct shop *shop) {
    struct order *o = NULL;
    struct tree *wrong = NULL;
    struct order_wish wish = {.fields = fixture_fields(mem, GOOD "&website=http")};
    CHECK("honeypot", order_place(mem, shop, &wish, NOW, 1, &wrong, &o).code == ERR_REFUSED);
    struct tree *twice = tree_list(mem);
    tree_add(twice, tree_text(mem, S("email")));
    tree_add(twice, tree_text(mem, S("colour")));
    tree_add(twice, tree_text(mem, S("consent_terms")));
    wish = (struct order_wish){.fields = fixture_fields(mem, GOOD), .twice = twice};
    CHECK("twice", order_place(mem, shop, &wish, NOW, 1, &wrong, &o).code == ERR_INVALID);
    CHECK_INT("twice", wrong->count, 2);
    CHECK_STR("twice", tree_get(wrong, S("email")), words(S("en"), S("twice")));
    struct tree *fields = fixture_fields(mem, GOOD);
    tree_put(fields, S("name"), tree_list(mem));
    wish = (struct order_wish){.fields = fields};
    CHECK("a list", order_place(mem, shop, &wish, NOW, 1, &wrong, &o).code == ERR_INVALID);
    CHECK_STR("a list", tree_get(wrong, S("name")), words(S("en"), S("text_wrong")));
    wish = (struct order_wish){0};
    CHECK("nothing at all", order_place(mem, shop, &wish, NOW, 1, &wrong, &o).code == ERR_INVALID);
    CHECK_INT("nothing at all", wrong->count, 3);
    struct shop poor = *shop;
    poor.gateway_count = 0;
    wish = (struct order_wish){.fields = fixture_fields(mem, GOOD)};
    CHECK("no gateway", order_place(mem, &poor, &wish, NOW, 1, &wrong, &o).code == ERR_SETUP);
    CHECK("untouched", o == NULL);
}

void suite_place(void) {
    struct arena *mem = arena_new(8 << 20);
    struct shop *shop = fixture_shop(mem);
    test_wishes(mem, shop);
    test_texts(mem);
    test_placed(mem, shop);
    test_keys(mem, shop);
    test_refused(mem, shop);
    arena_free(mem);
}
