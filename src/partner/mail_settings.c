#include "http/mail_way.h"
#include "partner/mail.h"
#include "partner/setting.h"
#include "shop/shop.h"

/* `mail:` of shop.yml:
 *   from: "Jan <jan@example.com>"      # default: the seller's address; also the envelope's
 *   reply_to: help@example.com         # default: the seller's address; somebody reads it
 *   send: "smtps://jan:${SMTP_PASSWORD}@mail.example.com"    # http/mail_way.h
 *   ca: path                           # the mail server's own authority
 *   allow_private: true                # an address inside, such as a mail server beside the shop
 *   allow_plain: true                  # without TLS; only inside
 */
/* What people write in front of the @ when nobody is to answer, without -, _ and dots. */
static const str nobodies[] = {S_INIT("noreply"), S_INIT("donotreply"), S_INIT("nieodpowiadaj")};

static bool is_nobody(struct arena *mem, str address) {
    char *bare = arena_take(mem, address.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < str_find_byte(address, '@'); i++)
        if (str_find_byte(S("-_."), address.ptr[i]) == 3)
            bare[len++] = address.ptr[i];
    for (size_t i = 0; i < COUNT(nobodies); i++)
        if (str_starts(str_lower(mem, (str){bare, len}), nobodies[i]))
            return true;
    return false;
}

static void reply_check(
    const struct shop *shop, const struct tree *mail, struct place at, struct report *report) {
    str address = {0};
    const struct tree *node = tree_find(mail, S("reply_to"));
    bool out = !str_starts(shop->mail_send, S("file:"));
    if (!shop->mail_reply_to.len) {
        if (out || shop->live)
            setting_wrong(report, at, mail,
                S("who answers a letter reaches nobody: `mail: {reply_to: …}` or `seller: "
                  "{email: …}` is missing"));
        return;
    }
    if (mail_address(shop->mail_reply_to, &address).code != ERR_NONE)
        address = shop->mail_reply_to;
    if (is_nobody(report->mem, address))
        setting_wrong(report, at, node,
            JOIN(report->mem, S("`"), address,
                S("` reads as if nobody answered there: buyers need an address that a person "
                  "reads")));
}

/* One secret alone would be written into an address with every : and / encoded. */
static bool is_one_secret(str text) {
    return str_starts(text, S("${")) && str_find_byte(text, '}') + 1 == text.len;
}

static void secret_check(const struct shop *shop, const struct mail_way *way, struct place at,
    const struct tree *node, struct report *report) {
    if (way->password.len && !str_starts(way->password, S("${")))
        setting_say(report, shop->live ? REPORT_MISTAKE : REPORT_ADVICE, at, node,
            S("the password is written out: put ${SMTP_PASSWORD} there, and the password into "
              "the environment or a systemd credential of that name"));
}

static void send_check(
    const struct shop *shop, const struct tree *mail, struct place at, struct report *report) {
    struct mail_way way = {0};
    const struct tree *node = tree_find(mail, S("send"));
    bool inside = tree_get_bool(mail, S("allow_private"), false);
    bool plain = tree_get_bool(mail, S("allow_plain"), false);
    if (is_one_secret(shop->mail_send)) {
        setting_wrong(report, at, node,
            S("only name, password and host of `send` may be secrets: "
              "\"smtps://jan:${SMTP_PASSWORD}@mail.example.com\""));
        return;
    }
    err e = mail_way_read(report->mem, shop->mail_send, &way);
    if (e.code != ERR_NONE) {
        setting_wrong(report, at, node, JOIN(report->mem, S("`send`: "), e.what));
        return;
    }
    secret_check(shop, &way, at, node, report);
    if (!way.folder.len && plain && !inside && shop->live)
        setting_wrong(report, at, tree_find(mail, S("allow_plain")),
            S("without TLS everybody on the way reads the letters and the password: in live mode "
              "only to a private address, with `allow_private: true` beside it"));
    if (way.tls && plain)
        setting_wrong(report, at, tree_find(mail, S("allow_plain")),
            S("`allow_plain` and smtps:// contradict each other: one of them has to go"));
    if (way.port == 25 && !inside && !way.folder.len)
        setting_say(report, REPORT_ADVICE, at, node,
            S("port 25 is for mail servers among themselves and often closed: 465 (smtps) or 587 "
              "(smtp) is for letters that are handed in"));
}

void mail_settings_check(const struct shop *shop, struct report *report) {
    const struct tree *mail = tree_find(shop->settings, S("mail"));
    struct place at = {S("shop.yml"), mail ? mail->line : 1, mail ? mail->col : 1};
    if (mail && !tree_is(mail, TREE_MAP))
        return; /* reported with the other settings */
    static const str truths[] = {S_INIT("allow_private"), S_INIT("allow_plain")};
    for (size_t i = 0; i < COUNT(truths); i++) {
        const struct tree *t = tree_find(mail, truths[i]);
        if (t && !tree_is(t, TREE_BOOL))
            setting_wrong(
                report, at, t, JOIN(report->mem, S("`"), t->name, S("` must be true or false")));
    }
    reply_check(shop, mail, at, report);
    send_check(shop, mail, at, report);
}
