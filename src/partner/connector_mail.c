#include "partner/connectors.h"
#include "partner/mail.h"
#include "partner/setting.h"

/* A letter to the buyer or the owner. The same step gives the same bytes with the same
 * Message-ID, so a repeat is at worst a second copy, which many a reader shows once. */

enum {
    WAIT_MS = 60 * 1000,    /* a server may take its time over a letter (RFC 5321 4.5.3.2) */
    LETTER_MAX = 40 * 1024, /* it is kept as one row, with its line ends and quotes escaped */
};

static void mail_check(const struct shop_step *s, const struct shop *shop, struct report *report) {
    str address = {0};
    if (tree_is(s->with, TREE_MAP) && s->with->count)
        setting_wrong(report, s->at, s->with, S("`mail` takes no settings: it sends mail/<step>"));
    if (mail_address(shop->mail_from, &address).code != ERR_NONE)
        report_add(report, REPORT_MISTAKE, s->at,
            S("`mail: from` is needed to write letters: \"Name <name@example.com>\""));
}

static enum step_class mail_class(const struct tree *with) {
    return STEP_MAIL;
}

/* "https://shop.example.com:8443/x" -> "shop.example.com". */
static str host_of(str url) {
    size_t at = str_find(url, S("://"));
    str rest = at < url.len ? str_from(url, at + 3) : url;
    rest = str_part(rest, 0, str_find_byte(rest, '/'));
    return str_part(rest, 0, str_find_byte(rest, ':'));
}

/* What stands above the blank line of a rendered letter. */
static err head_read(struct arena *mem, str head, struct letter *l) {
    str rest = head, line = {0};
    while (str_cut(&rest, '\n', &line)) {
        size_t colon = str_find_byte(line, ':');
        str name = str_part(line, 0, colon);
        str value = str_trim(str_from(line, colon + 1));
        if (colon < line.len && str_is_like(name, S("Subject")) && !l->subject.len)
            l->subject = value;
        else if (colon < line.len && str_is_like(name, S("Reply-To")))
            l->reply_to = value;
        else
            return err_make(ERR_SETUP,
                JOIN(mem, S("a letter begins with Subject: and Reply-To: lines only, not `"), line,
                    S("`")));
    }
    return l->subject.len ? OK_ERR : err_make(ERR_SETUP, S("a letter has no Subject"));
}

static err letter_read(struct arena *mem, str text, struct letter *l) {
    size_t end = str_find(text, S("\n\n"));
    TRY(head_read(mem, str_part(text, 0, end), l));
    l->text = str_from(text, end + 2);
    return OK_ERR;
}

void mail_request_way(struct arena *mem, const struct shop *shop, struct talk_request *r) {
    const struct tree *mail = tree_find(shop->settings, S("mail"));
    bool folder = str_starts(shop->mail_send, S("file:"));
    bool slash = str_ends(shop->mail_send, S("/"));
    r->url = folder ? shop->mail_send
                    : JOIN(mem, shop->mail_send, slash ? S("") : S("/"), host_of(shop->url));
    r->wait_ms = folder ? 0 : WAIT_MS;
    r->ca = folder ? S("") : tree_get(mail, S("ca"));
    r->allow_private = !folder && tree_get_bool(mail, S("allow_private"), false);
    r->allow_plain = !folder && tree_get_bool(mail, S("allow_plain"), false);
}

err mail_request(
    struct arena *mem, const struct shop *shop, struct letter l, struct talk_request *out) {
    struct talk_request r = {.kind = TALK_MAIL};
    l.from = shop->mail_from;
    l.reply_to = l.reply_to.len ? l.reply_to : shop->mail_reply_to;
    l.host = host_of(shop->url);
    TRY(mail_write(mem, &l, &r.body));
    if (r.body.len > LETTER_MAX && l.html.len) {
        l.html = S("");
        TRY(mail_write(mem, &l, &r.body));
    }
    if (r.body.len > LETTER_MAX)
        return err_make(ERR_TOO_BIG, S("the letter is too long: 40 KiB is the most"));
    TRY(mail_address(l.from, &r.from));
    TRY(mail_address(l.to, &r.to));
    r.name = JOIN(mem, l.key, S(".eml"));
    mail_request_way(mem, shop, &r);
    *out = r;
    return OK_ERR;
}

static err mail_render(struct arena *mem, const struct step_call *call, struct talk_request *out) {
    struct letter l = {
        .to = call->to, .html = call->html, .key = call->step->key, .at = call->now};
    TRY(letter_read(mem, call->letter, &l));
    return mail_request(mem, call->shop, l, out);
}

/* By the hundreds of the SMTP code; all others say nothing. */
static const enum step_result results[] = {
    STEP_UNCLEAR, STEP_UNCLEAR, STEP_DID, STEP_UNCLEAR, STEP_LATER, STEP_REFUSED};

static void mail_read(struct arena *mem, const struct step_call *call,
    const struct talk_answer *answer, struct step_outcome *out) {
    int hundreds = answer->status / 100;
    bool known = answer->sent == TALK_ANSWERED && hundreds >= 0 && hundreds < (int)COUNT(results);
    struct step_outcome o = {.result = known ? results[hundreds] : STEP_UNCLEAR};
    if (answer->sent == TALK_NOT_SENT)
        o.result = STEP_LATER;
    o.ours = answer->shut;
    str code = answer->sent == TALK_ANSWERED ? str_int(mem, answer->status) : S("no answer");
    if (o.result == STEP_DID)
        o.receipt = answer->why.len ? answer->why : code;
    else
        o.why = answer->why.len ? answer->why : JOIN(mem, S("the mail server said "), code);
    *out = o;
}

static err mail_ask(struct arena *mem, const struct step_call *call, struct talk_request *out) {
    return err_make(ERR_ABSENT, S("a mail server cannot be asked"));
}

static enum step_found mail_asked(struct arena *mem, const struct step_call *call,
    const struct talk_answer *answer, struct step_outcome *out, struct talk_request *next) {
    return STEP_NO_WORD;
}

static const struct tree *mail_values(struct arena *mem, const struct tree *with) {
    return tree_list(mem);
}

const struct connector connector_mail = {
    .name = "mail",
    .check = mail_check,
    .class = mail_class,
    .render = mail_render,
    .read = mail_read,
    .ask = mail_ask,
    .asked = mail_asked,
    .values = mail_values,
};
