#include "app/notify.h"

#include "app/account.h"
#include "app/matter.h"

struct hearing {
    const struct gateway *code;
    struct account account;
    struct note note;
    struct put puts[2]; /* a stray one brings a letter to the owner */
    struct change change;
};

static enum meter_count count_of(const struct hearing *h) {
    static const enum meter_count counts[] = {
        [KEPT_UNKNOWN] = METER_NOTE_BUSY,
        [KEPT_OK] = METER_NOTE_KEPT,
        [KEPT_KNOWN] = METER_NOTE_AGAIN,
        [KEPT_CONFLICT] = METER_NOTE_BUSY,
        [KEPT_FULL] = METER_NOTE_FULL,
    };
    bool stray = h->change.kept == KEPT_OK && str_is(h->puts[0].kind, S("stray"));
    return stray ? METER_NOTE_STRAY : counts[h->change.kept];
}

static void note_kept(const struct flow *f, struct reply *reply) {
    const struct hearing *h = reply->state;
    bool heard = h->change.kept == KEPT_OK || h->change.kept == KEPT_KNOWN;
    f->doors->crash(f->doors->self, CRASH_NOTE_KEPT);
    meter_add(f->doors->meter, count_of(h), 1);
    reply->changes = NULL;
    reply->response = h->code->word(&h->account, heard ? GATEWAY_HEARD : GATEWAY_NOT_NOW);
}

static void note_keep(const struct flow *f, struct hearing *h, struct reply *reply) {
    str part = {0};
    bool ours =
        order_reference_read(f->mem, f->shop->secret, h->note.reference, &part).code == ERR_NONE;
    str key = JOIN(f->mem, h->note.gateway, S("/"), h->note.event);
    h->puts[0] = (struct put){
        .part = ours ? part : S("stray"),
        .kind = ours ? S("note") : S("stray"),
        .key = key,
        .version = PUT_NEW,
        .bytes = note_write(f->mem, &h->note),
        .due = ours ? f->request->at : 0,
    };
    if (!ours)
        h->puts[1] = matter_put(
            S("stray"), key, matter_stray(f->mem, f->shop, &h->note, key), f->request->at);
    h->change = (struct change){.puts = h->puts, .count = ours ? 1 : 2, .reserve = true};
    reply->changes = &h->change;
    reply->change_count = 1;
    reply->kept = note_kept;
    reply->state = h;
    reply->order = ours ? part : S("");
}

void notify(const struct flow *f, str name, struct reply *reply) {
    const struct shop_gateway *g = shop_gateway(f->shop, name);
    struct hearing *h = NEW(f->mem, struct hearing);
    h->code = g ? gateway_find(g->use) : NULL;
    err e = h->code ? account_new(f->mem, f->shop, g, NULL, &h->account)
                    : err_make(ERR_ABSENT, S("There is no such gateway here."));
    if (e.code != ERR_NONE) {
        flow_refused(f, METER_NOTE_NO_GATEWAY);
        reply->response = response_problem(f->mem, e, NULL, f->request->ref);
        return;
    }
    e = h->code->read(f->mem, &h->account, f->request, &h->note);
    if (e.code != ERR_NONE) {
        flow_refused(f, e.code == ERR_REFUSED ? METER_NOTE_FORGED : METER_NOTE_BROKEN);
        doors_log(
            f->doors, S("warn"), JOIN(f->mem, S("a note for "), name, S(" was refused: "), e.what));
        reply->response =
            h->code->word(&h->account, e.code == ERR_REFUSED ? GATEWAY_FORGED : GATEWAY_BROKEN);
        return;
    }
    h->note.gateway = name;
    h->note.at = f->request->at;
    h->note.ref = f->request->ref;
    note_keep(f, h, reply);
}
