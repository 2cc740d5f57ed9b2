#include "base/encode.h"
#include "base/hash.h"
#include "base/table.h"
#include "shop/reader.h"
#include "shop/wish.h"

/* ---- kinds of settings ---- */

struct setting {
    str name;
    size_t at; /* offset of a str in struct shop */
    bool needed;
    void (*check)(const struct reader *r, const struct tree *t, str text); /* or null */
};

static bool is_local(str host) {
    static const str local[] = {S_INIT("localhost"), S_INIT("127.0.0.1"), S_INIT("[::1]")};
    for (size_t i = 0; i < COUNT(local); i++)
        if (str_is(host, local[i]))
            return true;
    return false;
}

static bool host_is(str host) {
    for (size_t i = 0; i < host.len; i++) {
        char c = host.ptr[i];
        bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
                    || c == '-' || c == '.' || c == '[' || c == ']' || c == ':';
        if (!fine)
            return false;
    }
    return host.len > 0;
}

/* The host without its port; the brackets of an IPv6 address stay. */
static str host_of(str address) {
    str rest = str_from(address, str_find(address, S("://")) + 3);
    rest = str_part(rest, 0, str_find_byte(rest, '/'));
    size_t end = str_starts(rest, S("[")) ? str_find_byte(rest, ']') + 1 : str_find_byte(rest, ':');
    return str_part(rest, 0, end);
}

static void check_address(const struct reader *r, const struct tree *t, str text) {
    bool secure = str_starts(text, S("https://")), plain = str_starts(text, S("http://"));
    str host = host_of(text);
    str rest = str_from(text, str_find(text, S("://")) + 3);
    if ((!secure && !plain) || !host_is(host) || str_find_byte(rest, '?') < rest.len
        || str_find_byte(rest, '#') < rest.len || str_find_byte(rest, ' ') < rest.len
        || str_find_byte(rest, '@') < rest.len)
        reader_mistake(r, t,
            JOIN(r->mem, S("`"), text,
                S("` is not an address: write it like https://shop.example.com")));
    else if (plain && r->shop->live && !is_local(host))
        reader_mistake(r, t, S("in live mode this address must begin with https://"));
}

static void check_lang(const struct reader *r, const struct tree *t, str text) {
    bool two = text.len == 2 && text.ptr[0] >= 'a' && text.ptr[0] <= 'z' && text.ptr[1] >= 'a'
               && text.ptr[1] <= 'z';
    if (!two)
        reader_mistake(r, t, S("`lang` is two small letters: pl or en"));
    else if (!str_is(text, S("pl")) && !str_is(text, S("en")))
        reader_advice(
            r, t, S("this program speaks pl and en; in other languages it speaks English"));
}

static void check_currency(const struct reader *r, const struct tree *t, str text) {
    if (!money_currency_is(text))
        reader_mistake(r, t,
            JOIN(r->mem, S("`"), text,
                S("` is not a currency that this shop knows: three capital letters, like PLN")));
}

static void check_timezone(const struct reader *r, const struct tree *t, str text) {
    bool fine = text.len <= 64 && text.ptr[0] != '/' && str_find(text, S("..")) == text.len;
    for (size_t i = 0; i < text.len && fine; i++) {
        char c = text.ptr[i];
        fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
               || c == '/' || c == '_' || c == '-' || c == '+';
    }
    if (!fine)
        reader_mistake(r, t, S("`timezone` is a name like Europe/Warsaw"));
}

str shop_store_fault(str text) {
    if (!str_starts(text, S("sqlite:")) || text.len == 7)
        return S("`store` is sqlite:<file>, like sqlite:var/shop.db");
    if (text.ptr[7] == '/' || str_find(text, S("..")) < text.len)
        return S("the database lies in the shop's folder, like sqlite:var/shop.db: only `var` is "
                 "written");
    return S("");
}

static void check_store(const struct reader *r, const struct tree *t, str text) {
    str fault = shop_store_fault(text);
    if (fault.len)
        reader_mistake(r, t, fault);
}

/* ---- the tables ---- */

/* clang-format off */
static const struct setting texts[] = {
    {S_INIT("url"),      offsetof(struct shop, url),      false, check_address},
    {S_INIT("api"),      offsetof(struct shop, api),      false, check_address},
    {S_INIT("lang"),     offsetof(struct shop, lang),     false, check_lang},
    {S_INIT("currency"), offsetof(struct shop, currency), true,  check_currency},
    {S_INIT("timezone"), offsetof(struct shop, timezone), false, check_timezone},
    {S_INIT("store"),    offsetof(struct shop, store),    false, check_store},
};

static const str known[] = {
    S_INIT("name"), S_INIT("mode"), S_INIT("url"), S_INIT("api"), S_INIT("lang"),
    S_INIT("currency"),
    S_INIT("timezone"), S_INIT("seller"), S_INIT("gateways"), S_INIT("store"), S_INIT("mail"),
    S_INIT("listen"), S_INIT("tls"), S_INIT("proxies"), S_INIT("limits"), S_INIT("consents"),
    S_INIT("steps"), S_INIT("connectors"), S_INIT("frame"), S_INIT("expire"),
    S_INIT("log"), S_INIT("backup"),
};
/* clang-format on */

static str without_slash(str text) {
    while (str_ends(text, S("/")))
        text = str_part(text, 0, text.len - 1);
    return text;
}

static void texts_read(struct reader *r, const struct tree *settings) {
    r->shop->name = reader_line(r, settings, S("name"), 120);
    for (size_t i = 0; i < COUNT(texts); i++) {
        const struct setting *s = &texts[i];
        str text = reader_text(r, settings, s->name, s->needed);
        if (text.len && s->check)
            s->check(r, tree_find(settings, s->name), text);
        *(str *)(void *)((char *)r->shop + s->at) = text;
    }
    r->shop->url = without_slash(r->shop->url);
    r->shop->api = without_slash(r->shop->api);
}

static void mode_read(struct reader *r, const struct tree *settings) {
    str mode = reader_text(r, settings, S("mode"), false);
    r->shop->live = str_is(mode, S("live"));
    if (mode.len && !r->shop->live && !str_is(mode, S("test")))
        reader_mistake(r, tree_find(settings, S("mode")), S("`mode` is test or live"));
}

static void defaults_fill(struct reader *r, const struct tree *settings) {
    struct shop *s = r->shop;
    if (!s->url.len && s->live)
        reader_mistake(r, settings, S("`url` is missing: live mode needs the address of the shop"));
    s->url = s->url.len ? s->url : S("http://127.0.0.1:8080");
    s->api = s->api.len ? s->api : s->url;
    s->lang = s->lang.len ? s->lang : S("en");
    s->timezone = s->timezone.len ? s->timezone : S("UTC");
    s->store = s->store.len ? s->store : S("sqlite:var/shop.db");
    if (!money_currency_is(s->currency))
        s->currency = S("PLN"); /* reported; so that the rest can be checked */
}

/* One address or a list of them; whether each is one, app/load asks. */
static void listen_read(struct reader *r, const struct tree *settings) {
    const struct tree *t = tree_find(settings, S("listen")), *given = NULL;
    struct tree *list = tree_list(r->mem);
    if (tree_is(t, TREE_LIST))
        given = reader_texts(r, settings, S("listen"));
    else if (reader_text(r, settings, S("listen"), false).len)
        tree_add(list, tree_copy(r->mem, t));
    if (given && given->count > SHOP_LISTENS)
        reader_mistake(r, t, S("`listen` takes four addresses at most"));
    for (const struct tree *a = given ? given->first : NULL; a; a = a->next) {
        for (const struct tree *b = given->first; b != a; b = b->next)
            if (str_is(tree_str(a), tree_str(b)))
                reader_mistake(r, a, JOIN(r->mem, S("`"), tree_str(a), S("` is there twice")));
        tree_add(list, tree_copy(r->mem, a));
    }
    if (!list->count)
        tree_add(list, tree_text(r->mem, S("127.0.0.1:8080")));
    r->shop->listen = list;
}

/* ---- seller, mail ---- */

static void email_check(const struct reader *r, const struct tree *map, str name, str text) {
    if (text.len && !email_is(text))
        reader_mistake(
            r, tree_find(map, name), JOIN(r->mem, S("`"), text, S("` is not an e-mail address")));
}

static void seller_read(struct reader *r, const struct tree *settings) {
    static const str keys[] = {
        S_INIT("name"), S_INIT("address"), S_INIT("country"), S_INIT("tax_id"), S_INIT("email")};
    const struct tree *t = reader_kind(r, settings, S("seller"), TREE_MAP);
    struct seller *s = &r->shop->seller;
    str digits = {0};
    if (!t && !tree_find(settings, S("seller"))) {
        str missing = S("`seller` is missing: {name, address, country, tax_id, email}");
        if (r->shop->live)
            reader_mistake(r, settings, missing);
        else
            reader_advice(r, settings, missing);
    }
    if (!t)
        return;
    reader_keys(r, t, keys, COUNT(keys));
    *s = (struct seller){.name = reader_text(r, t, S("name"), true),
        .address = reader_text(r, t, S("address"), r->shop->live),
        .country = reader_text(r, t, S("country"), false),
        .tax_id = reader_text(r, t, S("tax_id"), false),
        .email = reader_text(r, t, S("email"), r->shop->live)};
    email_check(r, t, S("email"), s->email);
    if (s->country.len
        && (s->country.len != 2 || s->country.ptr[0] < 'A' || s->country.ptr[0] > 'Z'))
        reader_mistake(
            r, tree_find(t, S("country")), S("`country` is two capital letters, like PL"));
    if (s->tax_id.len && str_is(s->country, S("PL")) && !nip_read(r->mem, s->tax_id, &digits))
        reader_mistake(r, tree_find(t, S("tax_id")),
            S("this NIP has a mistake: it has ten digits and the last one checks the others"));
}

/* "Jan <jan@example.com>" or the bare address. */
static str bare_address(str from) {
    size_t open = str_find_byte(from, '<');
    if (open == from.len || !str_ends(from, S(">")))
        return from;
    return str_part(from, open + 1, from.len - open - 2);
}

static void mail_read(struct reader *r, const struct tree *settings) {
    static const str keys[] = {S_INIT("from"), S_INIT("reply_to"), S_INIT("send"), S_INIT("ca"),
        S_INIT("allow_private"), S_INIT("allow_plain")};
    const struct tree *t = reader_kind(r, settings, S("mail"), TREE_MAP);
    struct shop *s = r->shop;
    reader_keys(r, t, keys, COUNT(keys));
    s->mail_from = reader_text(r, t, S("from"), false);
    s->mail_send = reader_text(r, t, S("send"), false);
    s->mail_reply_to = reader_text(r, t, S("reply_to"), false);
    if (!s->mail_send.len && s->live)
        reader_advice(r, t ? t : settings,
            S("no `mail: {send: …}`: letters are only written to var/outbox, nobody gets them"));
    s->mail_send = s->mail_send.len ? s->mail_send : S("file:var/outbox");
    email_check(r, t, S("from"), bare_address(s->mail_from));
    email_check(r, t, S("reply_to"), bare_address(s->mail_reply_to));
    s->mail_reply_to = s->mail_reply_to.len ? s->mail_reply_to : s->seller.email;
    if (!s->mail_from.len)
        s->mail_from =
            s->seller.email.len ? s->seller.email : JOIN(r->mem, S("shop@"), host_of(s->url));
}

/* ---- gateways ---- */

static void gateway_currencies(struct reader *r, struct shop_gateway *g, const struct tree *t) {
    g->currencies = reader_texts(r, t, S("currencies"));
    for (const struct tree *c = g->currencies ? g->currencies->first : NULL; c; c = c->next)
        check_currency(r, c, tree_str(c));
}

static void gateway_read(struct reader *r, const struct tree *t) {
    const struct shop_partners *p = r->partners;
    struct shop_gateway *g = &r->shop->gateways[r->shop->gateway_count++];
    *g = (struct shop_gateway){
        .name = t->name, .use = t->name, .settings = t, .at = reader_place(r, t)};
    if (!id_is(t->name))
        reader_mistake(r, t,
            JOIN(r->mem, S("`"), t->name,
                S("` cannot name a gateway: small letters, digits and dashes")));
    if (!tree_is(t, TREE_MAP)) {
        reader_mistake(r, t, S("a gateway is a map: {use: tpay, …}"));
        return;
    }
    str use = reader_text(r, t, S("use"), false);
    g->use = use.len ? use : t->name;
    gateway_currencies(r, g, t);
    for (size_t i = 0; i < p->gateway_count; i++)
        if (str_is(p->gateways[i], g->use))
            return;
    reader_mistake(r, use.len ? tree_find(t, S("use")) : t,
        JOIN(r->mem, S("there is no gateway `"), g->use, S("`"),
            table_guess(r->mem, g->use, p->gateways, p->gateway_count)));
}

/* A shop that only tries things out pays at the test gateway. */
static void gateway_default(struct reader *r, const struct tree *settings) {
    struct tree *t = tree_map(r->mem);
    tree_put_text(r->mem, t, S("use"), S("test"));
    if (r->shop->live)
        reader_mistake(
            r, settings, S("`gateways` is missing: live mode needs one that takes money"));
    r->shop->gateways = NEW(r->mem, struct shop_gateway);
    r->shop->gateways[0] = (struct shop_gateway){
        .name = S("test"), .use = S("test"), .settings = t, .at = reader_place(r, settings)};
    r->shop->gateway_count = 1;
}

static void gateways_read(struct reader *r, const struct tree *settings) {
    const struct tree *t = reader_kind(r, settings, S("gateways"), TREE_MAP);
    if (!t || !t->count) {
        gateway_default(r, settings);
        return;
    }
    r->shop->gateways = arena_array(r->mem, t->count, sizeof(*r->shop->gateways));
    for (const struct tree *g = t->first; g; g = g->next)
        gateway_read(r, g);
}

/* ---- consents ---- */

enum { CONSENT_MAX = 10000 };

static bool consent_is_new(const struct shop *shop, str id) {
    for (size_t i = 0; i < shop->consent_count; i++)
        if (str_is(shop->consents[i].id, id))
            return false;
    return true;
}

static void consent_read(struct reader *r, const struct tree *t) {
    static const str keys[] = {S_INIT("id"), S_INIT("text"), S_INIT("required"), S_INIT("version")};
    struct shop *shop = r->shop;
    if (!tree_is(t, TREE_MAP)) {
        reader_mistake(r, t, S("a consent is a map: {id: terms, text: …, required: true}"));
        return;
    }
    reader_keys(r, t, keys, COUNT(keys));
    struct consent c = {.id = reader_text(r, t, S("id"), true),
        .text = reader_text(r, t, S("text"), true),
        .required = reader_yes(r, t, S("required"), false),
        .version = reader_text(r, t, S("version"), false),
        .at = reader_place(r, t)};
    if (c.id.len && !name_is(c.id))
        reader_mistake(r, tree_find(t, S("id")),
            S("the id of a consent has small letters, digits, dashes and underscores"));
    if (c.text.len > CONSENT_MAX)
        reader_mistake(r, tree_find(t, S("text")),
            S("the text of a consent is at most 10,000 bytes: put the long one on a page and link "
              "to it"));
    if (!consent_is_new(shop, c.id))
        reader_mistake(
            r, tree_find(t, S("id")), JOIN(r->mem, S("there are two consents `"), c.id, S("`")));
    c.hash = hash_sha256_hex(r->mem, c.text);
    c.version = c.version.len ? c.version : str_part(c.hash, 0, 12);
    shop->consents[shop->consent_count++] = c;
}

static void consents_read(struct reader *r, const struct tree *settings) {
    const struct tree *t = reader_kind(r, settings, S("consents"), TREE_LIST);
    r->shop->consents = arena_array(r->mem, t ? t->count : 0, sizeof(*r->shop->consents));
    for (const struct tree *c = t ? t->first : NULL; c; c = c->next)
        consent_read(r, c);
}

/* ---- limits, spans ---- */

static int64_t limit_read(struct reader *r, const struct tree *map, str name, int64_t otherwise) {
    const struct tree *t = tree_find(map, name);
    int64_t number = 0;
    if (!t)
        return otherwise;
    if (str_number(tree_str(t), &number))
        return number;
    reader_mistake(r, t, JOIN(r->mem, S("`"), name, S("` is a whole number; 0 is no limit")));
    return otherwise;
}

static void limits_read(struct reader *r, const struct tree *settings) {
    static const str keys[] = {S_INIT("orders_per_address"), S_INIT("orders_per_email"),
        S_INIT("connections"), S_INIT("connections_per_address")};
    const struct tree *t = reader_kind(r, settings, S("limits"), TREE_MAP);
    reader_keys(r, t, keys, COUNT(keys));
    r->shop->orders_per_address = limit_read(r, t, keys[0], 30);
    r->shop->orders_per_email = limit_read(r, t, keys[1], 10);
    r->shop->connections = limit_read(r, t, keys[2], 10000);
    r->shop->connections_per_address = limit_read(r, t, keys[3], 256);
    if (r->shop->connections < 1 || r->shop->connections > 1000000)
        reader_mistake(r, tree_find(t, keys[2]), S("`connections` is 1 to 1000000"));
}

/* Known words that this version does nothing with: better said than silently passed over. */
static void later_read(struct reader *r, const struct tree *settings) {
    static const str names[] = {S_INIT("frame")};
    for (size_t i = 0; i < COUNT(names); i++)
        if (tree_find(settings, names[i]))
            reader_mistake(r, tree_find(settings, names[i]),
                JOIN(r->mem, S("`"), names[i], S("` does nothing in this version: leave it out")));
}

static void log_read(struct reader *r, const struct tree *settings) {
    static const str words[] = {S_INIT("quiet"), S_INIT("steps"), S_INIT("requests")};
    str text = reader_text(r, settings, S("log"), false);
    r->shop->log = text.len ? text : words[2];
    for (size_t i = 0; i < COUNT(words); i++)
        if (str_is(words[i], r->shop->log))
            return;
    reader_mistake(r, tree_find(settings, S("log")),
        S("`log` is `requests` (everything), `steps` (no requests) or `quiet` (warnings only)"));
}

static void expire_read(struct reader *r, const struct tree *settings) {
    str text = reader_text(r, settings, S("expire"), false);
    r->shop->expire_ms = 7 * TIME_DAY;
    if (text.len && time_span_read(text, &r->shop->expire_ms).code != ERR_NONE)
        reader_mistake(r, tree_find(settings, S("expire")), S("`expire` is a span like 7d or 12h"));
}

void settings_read(struct reader *r, const struct tree *settings) {
    reader_keys(r, settings, known, COUNT(known));
    mode_read(r, settings);
    texts_read(r, settings);
    defaults_fill(r, settings);
    seller_read(r, settings);
    mail_read(r, settings);
    gateways_read(r, settings);
    consents_read(r, settings);
    limits_read(r, settings);
    expire_read(r, settings);
    later_read(r, settings);
    log_read(r, settings);
    listen_read(r, settings);
    r->shop->proxies = reader_texts(r, settings, S("proxies"));
}
