#include "base/json.h"
#include "partners.h"

static const str view_json = S_INIT(
    "{\"order\":{\"id\":\"o1\",\"total\":\"499.00\"},\"line\":{\"quantity\":2},"
    "\"buyer\":{\"email\":\"jan+a@example.com\",\"name\":\"Jan \\\"Ż\\\" K\"},"
    "\"product\":{\"field\":\"moa_link\",\"none\":\"\"},\"step\":{\"key\":\"k26\"},"
    "\"invitation\":{\"link\":\"https://a.example/x?y=1&z\"},"
    "\"evil\":{\"secret\":\"${T}\",\"twice\":\"$${T}\",\"dollar\":\"a$\",\"rest\":\"{T}\",\"line\""
    ":\"a\\r\\nX: y\"}}");

static const struct step step = {.key = S_INIT("k26"), .line = 0};

/* A call as app/call makes it, from the YAML of `with`. */
static struct step_call call_of(struct arena *mem, const struct shop *shop, str yaml) {
    const struct tree *view = NULL;
    CHECK_STR("view", json_read(mem, view_json, &view).what, S(""));
    return (struct step_call){
        .shop = shop,
        .step = &step,
        .with = connector_settings(mem, shop, S("http"), yaml_of(mem, yaml)),
        .view = view,
        .now = 784111777000,
    };
}

static struct shop shop_of(struct arena *mem) {
    struct tree *secrets = tree_map(mem);
    tree_put_text(mem, secrets, S("T"), S("t0p\"secret"));
    return (struct shop){.secrets = secrets,
        .url = S("https://shop.example.com:8443/x"),
        .mail_from = S("Jan <jan@example.com>"),
        .mail_send = S("file:var/outbox"),
        .mail_reply_to = S("help@example.com"),
        .seller = {.email = S("help@example.com")}};
}

static const struct connector *http(void) {
    return connector_find(S("http"));
}

/* "POST url\nName: value\n…\n\nbody", secrets filled in as the flow does it. */
static str request_text(struct arena *mem, const struct shop *shop, const struct talk_request *r) {
    struct talk_request full = *r;
    err e = talk_request_fill(mem, &full, shop->secrets);
    str text = JOIN(mem, full.method, S(" "), full.url, S("\n"));
    if (e.code != ERR_NONE)
        return e.what;
    for (size_t i = 0; i < full.header_count; i++)
        text = JOIN(mem, text, full.headers[i].name, S(": "), full.headers[i].value, S("\n"));
    return JOIN(mem, text, S("\n"), full.body);
}

#define URL "url: https://a.example/x\n"
#define ACC "Accept: application/json\n"
#define JSN ACC "Content-Type: application/json\n\n"

static const struct {
    const char *name;
    str with, want; /* or the start of the mistake */
} step_render_cases[] = {
    {"get", S_INIT(URL), S_INIT("GET https://a.example/x\n" ACC "\n")},
    {"holes in the address",
        S_INIT("url: \"https://a.example/{{buyer.email}}/{{invitation.link}}\"\n"),
        S_INIT("GET https://a.example/jan%2Ba%40example.com/https%3A%2F%2Fa.example%2Fx%3Fy%3D1%2"
               "6z\n" ACC "\n")},
    {"secret in the address", S_INIT("url: \"https://a.example/?k=${T}\"\n"),
        S_INIT("GET https://a.example/?k=t0p%22secret\n" ACC "\n")},
    {"base", S_INIT("base: https://b.example/v4/\nurl: /purchases\n"),
        S_INIT("GET https://b.example/v4/purchases\n" ACC "\n")},
    {"base, no slash", S_INIT("base: https://b.example\nurl: purchases\n"),
        S_INIT("GET https://b.example/purchases\n" ACC "\n")},
    {"whole address beside base", S_INIT("base: https://b.example\n" URL),
        S_INIT("GET https://a.example/x\n" ACC "\n")},
    {"no scheme", S_INIT("url: a.example/x\n"), S_INIT("the address of the step does not begin")},
    {"json",
        S_INIT(URL "body: {name: \"{{buyer.name}}\", deep: [{a: 1}, true, \"x {{order.id}}\"]}\n"),
        S_INIT("POST https://a.example/x\n" JSN
               "{\"name\":\"Jan \\\"Ż\\\" K\",\"deep\":[{\"a\":1},true,\"x o1\"]}")},
    {"numbers",
        S_INIT(
            URL "body: {total: {$number: \"{{order.total}}\"}, text: \"{{order.total}}\", count: "
                "\"{{line.quantity}}\"}\n"),
        S_INIT(
            "POST https://a.example/x\n" JSN "{\"total\":499.00,\"text\":\"499.00\",\"count\":2}")},
    {"no number", S_INIT(URL "body: {total: {$number: \"{{buyer.name}}\"}}\n"),
        S_INIT("`Jan \"Ż\" K` is no number")},
    {"secret in json", S_INIT(URL "body: {key: \"${T}\"}\n"),
        S_INIT("POST https://a.example/x\n" JSN "{\"key\":\"t0p\\\"secret\"}")},
    {"own method, own type",
        S_INIT(URL "method: put\nheaders: {content-type: application/vnd.api+json}\nbody: {}\n"),
        S_INIT("PUT https://a.example/x\ncontent-type: application/vnd.api+json\n" ACC "\n{}")},
    {"form",
        S_INIT(URL "form: {\"users[0][email]\": \"{{buyer.email}}\", key: \"${T}\", count: 3}\n"),
        S_INIT(
            "POST https://a.example/x\n" ACC "Content-Type: application/x-www-form-urlencoded\n\n"
            "users%5B0%5D%5Bemail%5D=jan%2Ba%40example.com&key=t0p%22secret&count=3")},
    {"header", S_INIT(URL "headers: {Authorization: \"Bearer ${T}\", X-Order: \"{{order.id}}\"}\n"),
        S_INIT(
            "GET https://a.example/x\nAuthorization: Bearer t0p\"secret\nX-Order: o1\n" ACC "\n")},
    {"key in a header", S_INIT(URL "class: keyed\nkey: {header: Idempotency-Key}\nbody: {}\n"),
        S_INIT("POST https://a.example/x\n" ACC
               "Idempotency-Key: k26\nContent-Type: application/json\n\n{}")},
    {"a hole of nothing", S_INIT(URL "body: {a: \"{{product.no}}\"}\n"),
        S_INIT("there is no {{product.no")},
    {"a buyer named like a secret: json",
        S_INIT(URL "body: {a: \"{{evil.secret}} {{evil.twice}}\", b: \"{{evil.secret}}\"}\n"),
        S_INIT("POST https://a.example/x\n" JSN "{\"a\":\"${T} $${T}\",\"b\":\"${T}\"}")},
    {"… in a name", S_INIT(URL "body: {\"{{evil.secret}}\": 1}\n"),
        S_INIT("POST https://a.example/x\n" JSN "{\"${T}\":1}")},
    {"… in a form", S_INIT(URL "form: {a: \"{{evil.secret}}\"}\n"),
        S_INIT("POST https://a.example/x\n" ACC
               "Content-Type: application/x-www-form-urlencoded\n\na=%24%7BT%7D")},
    {"… in a header", S_INIT(URL "headers: {X: \"{{evil.secret}}\"}\n"),
        S_INIT("GET https://a.example/x\nX: ${T}\n" ACC "\n")},
    {"… in an address", S_INIT("url: \"https://a.example/{{evil.secret}}\"\n"),
        S_INIT("GET https://a.example/%24%7BT%7D\n" ACC "\n")},
    {"… put together", S_INIT(URL "body: {a: \"{{evil.dollar}}{{evil.rest}}\"}\n"),
        S_INIT("a value makes a ${NAME}")},
    {"… beside a real one", S_INIT(URL "body: {a: \"{{evil.dollar}}${T}\"}\n"),
        S_INIT("a value makes a ${NAME}")},
    {"line end in a header", S_INIT(URL "headers: {X: \"{{evil.line}}\"}\n"),
        S_INIT("the header `X` would have a line break")},
};

TEST(step_render) {
    struct arena *mem = arena_new(64 << 20);
    struct shop shop = shop_of(mem);
    for (size_t i = 0; i < COUNT(step_render_cases); i++) {
        struct step_call call = call_of(mem, &shop, step_render_cases[i].with);
        struct talk_request r = {0};
        err e = http()->render(mem, &call, &r);
        str got = e.code == ERR_NONE ? request_text(mem, &shop, &r) : e.what;
        CHECK_STR(step_render_cases[i].name,
            e.code ? str_part(got, 0, step_render_cases[i].want.len) : got,
            step_render_cases[i].want);
        CHECK_INT(step_render_cases[i].name, r.kind, e.code ? TALK_NONE : TALK_HTTP);
    }
    struct step_call call =
        call_of(mem, &shop, S(URL "timeout: 5s\nca: own.pem\nallow_private: true\n"));
    struct talk_request r = {0};
    CHECK_STR("the rest", http()->render(mem, &call, &r).what, S(""));
    CHECK_INT("timeout", r.wait_ms, 5000);
    CHECK_STR("ca", r.ca, S("own.pem"));
    CHECK("allow_private", r.allow_private);
    arena_free(mem);
}

static struct talk_answer answered(int status, str body) {
    return (struct talk_answer){.sent = TALK_ANSWERED, .status = status, .body = body};
}

/* "did receipt name=value…", "later why", …: an outcome in one line. */
static str outcome_text(struct arena *mem, const struct step_outcome *o) {
    static const str results[] = {[STEP_DID] = S_INIT("did "),
        [STEP_LATER] = S_INIT("later "),
        [STEP_REFUSED] = S_INIT("refused "),
        [STEP_UNCLEAR] = S_INIT("unclear ")};
    str text = JOIN(mem, results[o->result], o->result == STEP_DID ? o->receipt : o->why);
    for (const struct tree *v = o->values ? o->values->first : NULL; v; v = v->next)
        text = JOIN(mem, text, S(" "), v->name, S("="), tree_str(v));
    return text;
}

#define LINK       "values: {link: /invitation/url}\n"
#define ECHO       "expect: {\"/subscriber/fields/{{product.field}}\": \"{{invitation.link}}\"}\n"
#define SAID(code) S_INIT("refused the partner answered " #code)

static const struct {
    const char *name;
    str with;
    int status;
    str body, want;
} step_read_cases[] = {
    {"201", S_INIT(""), 201, S_INIT("{}"), S_INIT("did 201")},
    {"204, nothing", S_INIT(""), 204, S_INIT(""), S_INIT("did 204")},
    {"garbage, nothing wanted", S_INIT(""), 200, S_INIT("<html>"), S_INIT("did 200")},
    {"value", S_INIT(LINK), 200, S_INIT("{\"invitation\":{\"url\":\"https://x\"}}"),
        S_INIT("did 200 link=https://x")},
    {"number as a value", S_INIT(LINK), 200, S_INIT("{\"invitation\":{\"url\":12}}"),
        S_INIT("did 200 link=12")},
    {"value missing", S_INIT(LINK), 200, S_INIT("{}"),
        S_INIT("refused unexpected reply: /invitation/url is not there or no text")},
    {"value null", S_INIT(LINK), 200, S_INIT("{\"invitation\":{\"url\":null}}"),
        S_INIT("refused unexpected reply: /invitation/url is not there or no text")},
    {"value empty", S_INIT(LINK), 200, S_INIT("{\"invitation\":{\"url\":\"\"}}"),
        S_INIT("refused unexpected reply: /invitation/url is not there or no text")},
    {"value a map", S_INIT(LINK), 200, S_INIT("{\"invitation\":{\"url\":{}}}"),
        S_INIT("refused unexpected reply: /invitation/url is not there or no text")},
    {"value with a line end", S_INIT(LINK), 200, S_INIT("{\"invitation\":{\"url\":\"a\\nb\"}}"),
        S_INIT("refused unexpected reply: /invitation/url is not one line of text")},
    {"garbage, a value wanted", S_INIT(LINK), 200, S_INIT("<html>"),
        S_INIT("unclear unexpected reply: a success that is not JSON")},
    {"cut JSON", S_INIT(LINK), 200, S_INIT("{\"invitation\":"),
        S_INIT("unclear unexpected reply: a success that is not JSON")},
    {"nothing, a value wanted", S_INIT(LINK), 204, S_INIT(""),
        S_INIT("unclear unexpected reply: a success that is not JSON")},
    {"receipt", S_INIT("receipt: /purchase/id\n"), 201, S_INIT("{\"purchase\":{\"id\":77}}"),
        S_INIT("did 77")},
    {"HTML where a receipt should be", S_INIT("receipt: /purchase/id\n"), 200,
        S_INIT("<p>oops</p>"), S_INIT("unclear unexpected reply: a success that is not JSON")},
    {"half an answer", S_INIT("receipt: /purchase/id\n"), 201, S_INIT("{\"purchase\":{\"i"),
        S_INIT("unclear unexpected reply: a success that is not JSON")},
    {"no receipt there", S_INIT("receipt: /purchase/id\n"), 201, S_INIT("{}"),
        S_INIT("refused unexpected reply: /purchase/id is not there or no text")},
    {"echo", S_INIT(ECHO), 200,
        S_INIT("{\"subscriber\":{\"fields\":{\"moa_link\":\"https://a.example/x?y=1&z\"}}}"),
        S_INIT("did 200")},
    {"echo missing", S_INIT(ECHO), 200, S_INIT("{\"subscriber\":{\"fields\":{}}}"),
        S_INIT("refused unexpected reply: /subscriber/fields/moa_link is not what was sent")},
    {"echo differs", S_INIT(ECHO), 200,
        S_INIT("{\"subscriber\":{\"fields\":{\"moa_link\":\"x\"}}}"),
        S_INIT("refused unexpected reply: /subscriber/fields/moa_link is not what was sent")},
    {"429 of Kit", S_INIT(""), 429, S_INIT("Retry later"),
        S_INIT("later the partner answered 429: Retry later")},
    {"503", S_INIT(""), 503, S_INIT("<h1>busy</h1>"), S_INIT("later the partner answered 503")},
    {"500", S_INIT(""), 500, S_INIT("{\"error\":\"oops\"}"),
        S_INIT("unclear the partner answered 500: oops")},
    {"502", S_INIT(""), 502, S_INIT(""), S_INIT("unclear the partner answered 502")},
    {"504", S_INIT(""), 504, S_INIT(""), S_INIT("unclear the partner answered 504")},
    {"408", S_INIT(""), 408, S_INIT(""), S_INIT("unclear the partner answered 408")},
    {"401 of Kit", S_INIT(""), 401, S_INIT("{\"errors\":[\"The access token is invalid\"]}"),
        S_INIT("refused the partner answered 401: The access token is invalid")},
    {"403", S_INIT(""), 403, S_INIT("{}"), SAID(403)},
    {"404 of Kit", S_INIT(""), 404, S_INIT("{\"errors\":[\"Not Found\"]}"),
        S_INIT("refused the partner answered 404: Not Found")},
    {"422, lists in lists", S_INIT(""), 422,
        S_INIT("{\"errors\":[[\"Sequence is inactive\",\"a\"],\"b\"]}"),
        S_INIT("refused the partner answered 422: Sequence is inactive; a; b")},
    {"OAuth", S_INIT(""), 400,
        S_INIT("{\"error\":\"invalid_grant\",\"error_description\":\"used\"}"),
        S_INIT("refused the partner answered 400: used")},
    {"problem+json", S_INIT(""), 409, S_INIT("{\"title\":\"no\",\"detail\":\"taken\"}"),
        S_INIT("refused the partner answered 409: taken")},
    {"a secret in the answer", S_INIT(""), 401, S_INIT("{\"errors\":[\"bad key t0p\\\"secret!\"]}"),
        S_INIT("refused the partner answered 401: bad key ${T}!")},
    {"line ends in the answer", S_INIT(""), 400, S_INIT("a\r\nb\001"),
        S_INIT("refused the partner answered 400: a  b")},
    {"301", S_INIT(""), 301, S_INIT(""), SAID(301)},
    {"100", S_INIT(""), 100, S_INIT(""), S_INIT("unclear the partner answered 100")},
    {"ok listed", S_INIT("ok: [200, 409]\n"), 409, S_INIT(""), S_INIT("did 409")},
    {"another 2xx than listed", S_INIT("ok: [200]\n"), 202, S_INIT(""),
        S_INIT("unclear the partner answered 202")},
    {"later listed", S_INIT("later: [409]\n"), 409, S_INIT(""),
        S_INIT("later the partner answered 409")},
    {"later listed, 503 not", S_INIT("later: [409]\n"), 503, S_INIT(""),
        S_INIT("unclear the partner answered 503")},
    {"later listed, 429 all the same", S_INIT("later: [409]\n"), 429, S_INIT(""),
        S_INIT("later the partner answered 429")},
    {"refused listed", S_INIT("refused: [500]\n"), 500, S_INIT(""), SAID(500)},
    {"another 4xx than listed", S_INIT("refused: [404]\n"), 409, S_INIT(""),
        S_INIT("unclear the partner answered 409")},
    {"redirect beside a list", S_INIT("refused: [404]\n"), 302, S_INIT(""), SAID(302)},
};

TEST(step_read) {
    struct arena *mem = arena_new(64 << 20);
    struct shop shop = shop_of(mem);
    for (size_t i = 0; i < COUNT(step_read_cases); i++) {
        struct step_call call = call_of(mem, &shop, step_read_cases[i].with);
        struct talk_answer a = answered(step_read_cases[i].status, step_read_cases[i].body);
        struct step_outcome o = {0};
        http()->read(mem, &call, &a, &o);
        CHECK_STR(step_read_cases[i].name, outcome_text(mem, &o), step_read_cases[i].want);
    }
    arena_free(mem);
}

TEST(step_sent) {
    struct arena *mem = arena_new(8 << 20);
    struct shop shop = shop_of(mem);
    struct step_call call = call_of(mem, &shop, S(URL));
    struct talk_answer a = {.sent = TALK_NOT_SENT, .why = S("no route")};
    struct step_outcome o = {0};
    http()->read(mem, &call, &a, &o);
    CHECK_STR("not sent", outcome_text(mem, &o), S("later no route"));
    a = (struct talk_answer){.sent = TALK_NO_ANSWER, .status = 200, .why = S("reset")};
    http()->read(mem, &call, &a, &o);
    CHECK_STR("no answer", outcome_text(mem, &o), S("unclear reset"));
    a = answered(429, S(""));
    a.headers[a.header_count++] = (struct header){S("Retry-After"), S("7")};
    http()->read(mem, &call, &a, &o);
    CHECK_INT("the partner's wish", o.wait_ms, 7000);
    char *bytes = arena_take(mem, 4000);
    for (size_t i = 0; i < 4000; i += 2)
        memcpy(bytes + i, "ż", 2);
    a = answered(400, (str){bytes, 4000});
    http()->read(mem, &call, &a, &o);
    CHECK("cut at a letter", o.why.len <= 300 && o.why.len >= 298 && str_ends(o.why, S("ż")));
    arena_free(mem);
}

#define ASK_URL "https://a.example/v4/purchases?per_page=2"
#define ASKED   URL "class: askable\nvalues: {num: /purchase/id}\nask:\n  url: " ASK_URL "\n"
#define MATCH   "  match: {transaction_id: \"{{order.id}}\"}\n"
#define KIT     ASKED "  list: /purchases\n" MATCH "  values: {num: /id}\n  receipt: /id\n"
#define PAGED   KIT "  next: {pointer: /p/end, query: after, more: /p/more}\n"
#define PLAIN   KIT "  next: {pointer: /p/end, query: after}\n"

static const struct {
    const char *name;
    str with;
    int status;
    str body;
    enum step_found found;
    str want; /* outcome, or the next page's address */
} step_asked_cases[] = {
    {"found", S_INIT(KIT), 200,
        S_INIT("{\"purchases\":[{\"id\":1,\"transaction_id\":\"x\"},{\"id\":2,\"transaction_id\":"
               "\"o1\"}]}"),
        STEP_FOUND, S_INIT("did 2 num=2")},
    {"found, a receipt of two lines",
        S_INIT(ASKED "  list: /purchases\n" MATCH "  values: {num: /id}\n  receipt: /r\n"), 200,
        S_INIT("{\"purchases\":[{\"id\":1,\"r\":\"1\\n2\",\"transaction_id\":\"o1\"}]}"),
        STEP_FOUND, S_INIT("did found there num=1")},
    {"absent", S_INIT(KIT), 200, S_INIT("{\"purchases\":[{\"id\":1,\"transaction_id\":\"x\"}]}"),
        STEP_ABSENT, S_INIT("unclear ")},
    {"nothing there", S_INIT(KIT), 200, S_INIT("{\"purchases\":[]}"), STEP_ABSENT,
        S_INIT("unclear ")},
    {"404", S_INIT(KIT), 404, S_INIT(""), STEP_ABSENT, S_INIT("unclear ")},
    {"found, value missing", S_INIT(KIT), 200,
        S_INIT("{\"purchases\":[{\"transaction_id\":\"o1\"}]}"), STEP_NO_WORD,
        S_INIT("unclear unexpected reply: /id is not there or no text")},
    {"no list", S_INIT(KIT), 200, S_INIT("{}"), STEP_NO_WORD,
        S_INIT("unclear unexpected reply: /purchases is no list")},
    {"garbage", S_INIT(KIT), 200, S_INIT("<html>"), STEP_NO_WORD,
        S_INIT("unclear unexpected reply: not JSON")},
    {"500", S_INIT(KIT), 500, S_INIT(""), STEP_NO_WORD, S_INIT("unclear the partner answered 500")},
    {"401", S_INIT(KIT), 401, S_INIT("{\"errors\":[\"no\"]}"), STEP_NO_WORD,
        S_INIT("unclear the partner answered 401: no")},
    {"301", S_INIT(KIT), 301, S_INIT(""), STEP_NO_WORD, S_INIT("unclear the partner answered 301")},
    {"more pages", S_INIT(PAGED), 200,
        S_INIT("{\"purchases\":[{}],\"p\":{\"end\":\"aGk=\",\"more\":true}}"), STEP_NO_WORD,
        S_INIT("https://a.example/v4/purchases?per_page=2&after=aGk%3D")},
    {"found among more", S_INIT(PAGED), 200,
        S_INIT("{\"purchases\":[{\"id\":2,\"transaction_id\":\"o1\"}],\"p\":{\"end\":\"a\",\"more"
               "\":true}}"),
        STEP_FOUND, S_INIT("did 2 num=2")},
    {"last page", S_INIT(PAGED), 200,
        S_INIT("{\"purchases\":[{}],\"p\":{\"end\":\"aGk=\",\"more\":false}}"), STEP_ABSENT,
        S_INIT("unclear ")},
    {"more, none named", S_INIT(PAGED), 200, S_INIT("{\"purchases\":[{}],\"p\":{\"more\":true}}"),
        STEP_NO_WORD, S_INIT("unclear unexpected reply: there are more pages, but none is named")},
    {"more not said", S_INIT(PAGED), 200, S_INIT("{\"purchases\":[{}]}"), STEP_NO_WORD,
        S_INIT("unclear unexpected reply: /p/more is neither true nor false")},
    {"cursor alone", S_INIT(PLAIN), 200, S_INIT("{\"purchases\":[],\"p\":{\"end\":\"a\"}}"),
        STEP_NO_WORD, S_INIT("https://a.example/v4/purchases?per_page=2&after=a")},
    {"cursor ends", S_INIT(PLAIN), 200, S_INIT("{\"purchases\":[],\"p\":{\"end\":null}}"),
        STEP_ABSENT, S_INIT("unclear ")},
    {"a record by its address", S_INIT(ASKED "  values: {num: /data/id}\n"), 200,
        S_INIT("{\"data\":{\"id\":\"9\"}}"), STEP_FOUND, S_INIT("did found there num=9")},
    {"… matched",
        S_INIT(ASKED "  match: {/data/order: \"{{order.id}}\"}\n  values: {num: /data/id}\n"), 200,
        S_INIT("{\"data\":{\"id\":\"9\",\"order\":\"o1\"}}"), STEP_FOUND,
        S_INIT("did found there num=9")},
    {"… of another",
        S_INIT(ASKED "  match: {/data/order: \"{{order.id}}\"}\n  values: {num: /data/id}\n"), 200,
        S_INIT("{\"data\":{\"id\":\"9\",\"order\":\"o2\"}}"), STEP_ABSENT, S_INIT("unclear ")},
    {"an empty text matches nothing", S_INIT(ASKED "  match: {x: \"{{product.none}}\"}\n"), 200,
        S_INIT("{\"x\":\"\"}"), STEP_ABSENT, S_INIT("unclear ")},
};

TEST(step_asked) {
    struct arena *mem = arena_new(64 << 20);
    struct shop shop = shop_of(mem);
    for (size_t i = 0; i < COUNT(step_asked_cases); i++) {
        struct step_call call = call_of(mem, &shop, step_asked_cases[i].with);
        struct talk_answer a = answered(step_asked_cases[i].status, step_asked_cases[i].body);
        struct step_outcome o = {0};
        struct talk_request next = {0};
        CHECK_INT(step_asked_cases[i].name, http()->asked(mem, &call, &a, &o, &next),
            step_asked_cases[i].found);
        CHECK_STR(step_asked_cases[i].name, next.kind ? next.url : outcome_text(mem, &o),
            step_asked_cases[i].want);
    }
    arena_free(mem);
}

TEST(step_ask) {
    struct arena *mem = arena_new(8 << 20);
    struct shop shop = shop_of(mem);
    struct talk_request r = {0}, next = {0};
    struct step_call call = call_of(mem, &shop,
        S("headers: {X-Kit-Api-Key: \"${T}\"}\nallow_private: true\nbody: {}\n" KIT
          "  headers: {X-More: \"{{order.id}}\"}\n"));
    CHECK_STR("ask", http()->ask(mem, &call, &r).what, S(""));
    CHECK_STR("ask", request_text(mem, &shop, &r),
        S("GET https://a.example/v4/purchases?per_page=2\nX-More: o1\nX-Kit-Api-Key: "
          "t0p\"secret\n" ACC "\n"));
    CHECK("ask: allow_private", r.allow_private);
    struct step_outcome o = {0};
    struct talk_answer a = {.sent = TALK_NO_ANSWER, .why = S("reset")};
    CHECK_INT("no answer", http()->asked(mem, &call, &a, &o, &next), STEP_NO_WORD);
    CHECK_INT("no answer: no next", next.kind, TALK_NONE);
    call = call_of(mem, &shop, S(URL));
    CHECK_INT("not askable", http()->ask(mem, &call, &r).code, ERR_ABSENT);
    static const str others[] = {S_INIT("academy.invite"), S_INIT("mail")};
    for (size_t i = 0; i < COUNT(others); i++) {
        const struct connector *c = connector_find(others[i]);
        CHECK_INT("not askable", c->ask(mem, &call, &r).code, ERR_ABSENT);
        CHECK_INT("not askable", c->asked(mem, &call, &a, &o, &next), STEP_NO_WORD);
    }
    arena_free(mem);
}

TEST(step_academy) {
    struct arena *mem = arena_new(8 << 20);
    const struct connector *c = connector_find(S("academy.invite"));
    struct step_call call = {.access = S("https://api.example.com/a/t/")};
    struct talk_request r = {.kind = TALK_HTTP};
    struct talk_answer a = answered(200, S(""));
    struct step_outcome o = {0};
    CHECK_STR("render", c->render(mem, &call, &r).what, S(""));
    CHECK_INT("nothing to say", r.kind, TALK_NONE);
    c->read(mem, &call, &a, &o);
    CHECK_STR(
        "done", outcome_text(mem, &o), S("did own academy link=https://api.example.com/a/t/"));
    CHECK_INT("class", c->class(NULL), STEP_NATURAL);
    CHECK_STR("values", json_write(mem, c->values(mem, NULL)), S("[\"link\"]"));
    call.access = S("");
    CHECK_INT("of no line", c->render(mem, &call, &r).code, ERR_SETUP);
    arena_free(mem);
}

TEST(step_mail) {
    static const struct {
        const char *name;
        enum talk_sent sent;
        int status;
        str why, want;
    } answers[] = {
        {"250", TALK_ANSWERED, 250, S_INIT("queued as 5"), S_INIT("did queued as 5")},
        {"250 alone", TALK_ANSWERED, 250, S_INIT(""), S_INIT("did 250")},
        {"451", TALK_ANSWERED, 451, S_INIT("greylisted"), S_INIT("later greylisted")},
        {"550", TALK_ANSWERED, 550, S_INIT("no such user"), S_INIT("refused no such user")},
        {"354", TALK_ANSWERED, 354, S_INIT(""), S_INIT("unclear the mail server said 354")},
        {"odd", TALK_ANSWERED, 999, S_INIT(""), S_INIT("unclear the mail server said 999")},
        {"not sent", TALK_NOT_SENT, 0, S_INIT("no route"), S_INIT("later no route")},
        {"no answer", TALK_NO_ANSWER, 0, S_INIT("reset"), S_INIT("unclear reset")},
        {"no answer, a code", TALK_NO_ANSWER, 250, S_INIT("reset"), S_INIT("unclear reset")},
    };
    struct arena *mem = arena_new(8 << 20);
    const struct connector *c = connector_find(S("mail"));
    struct shop shop = shop_of(mem);
    struct step_call call = {.shop = &shop,
        .step = &step,
        .to = S("Anna <anna@example.org>"),
        .letter = S("Subject: Your ${T} course\n\nHello\n\n${T}\n"),
        .now = 1764064800000};
    struct talk_request r = {0};
    CHECK_STR("render", c->render(mem, &call, &r).what, S(""));
    CHECK_STR("fill", talk_request_fill(mem, &r, shop.secrets).what, S(""));
    CHECK_INT("kind", r.kind, TALK_MAIL);
    CHECK_STR("where", r.url, S("file:var/outbox"));
    CHECK_STR("name", r.name, S("k26.eml"));
    CHECK_STR("from", r.from, S("jan@example.com"));
    CHECK_STR("to", r.to, S("anna@example.org"));
    CHECK("id", str_find(r.body, S("\r\nMessage-ID: <k26@shop.example.com>\r\n")) < r.body.len);
    CHECK("answers go to the seller",
        str_find(r.body, S("\r\nReply-To: help@example.com\r\n")) < r.body.len);
    CHECK("no secret is filled in", str_ends(r.body, S("\r\n\r\nHello\r\n\r\n${T}\r\n")));
    CHECK_INT("class", c->class(NULL), STEP_MAIL);
    call.letter = S("Subject: x\nReply-To: other@example.com\n\n");
    CHECK_STR("reply", c->render(mem, &call, &r).what, S(""));
    CHECK("its own Reply-To",
        str_find(r.body, S("\r\nReply-To: other@example.com\r\n")) < r.body.len);
    static const str bad[] = {S_INIT(""), S_INIT("Hello\n\nx"),
        S_INIT("Subject: a\nBcc: b@c.d\n\nx"), S_INIT("Subject: a\rBcc: b@c.d\n\nx"),
        S_INIT("Subject: \n\nx"), S_INIT("\n\nSubject: a")};
    for (size_t i = 0; i < COUNT(bad); i++) {
        call.letter = bad[i];
        CHECK(str_cz(mem, bad[i]), c->render(mem, &call, &r).code != ERR_NONE);
    }
    for (size_t i = 0; i < COUNT(answers); i++) {
        struct talk_answer a = {
            .sent = answers[i].sent, .status = answers[i].status, .why = answers[i].why};
        struct step_outcome o = {0};
        c->read(mem, &call, &a, &o);
        CHECK_STR(answers[i].name, outcome_text(mem, &o), answers[i].want);
    }
    arena_free(mem);
}

const struct check_test step_tests[STEP_TESTS] = {
    ROW(step_render),
    ROW(step_read),
    ROW(step_sent),
    ROW(step_asked),
    ROW(step_ask),
    ROW(step_academy),
    ROW(step_mail),
};
