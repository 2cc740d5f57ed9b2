#include "app/bugs.h"
#include "base/encode.h"
#include "io/world.h"

#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

static str bug(void) {
    return str_of(getenv("GROSZ_TEST_BUG"));
}

void bugs_plant(struct committer *c) {
    if (str_is(bug(), S("early-ack")))
        committer_acknowledge_early(c);
}

instant bugs_clock(instant now) {
    int64_t seconds = 0;
    return str_number(str_of(getenv("GROSZ_TEST_CLOCK")), &seconds) ? seconds * 1000 : now;
}

void bugs_crash(void *self, enum crash_point at) {
    static _Atomic int64_t passed;
    str wish = str_of(getenv("GROSZ_CRASH"));
    str name = {0};
    int64_t n = 1;
    if (!str_cut(&wish, ':', &name) || !str_is(name, str_of(crash_name(at))))
        return;
    if (wish.len && !str_number(wish, &n))
        return;
    if (atomic_fetch_add(&passed, 1) + 1 == n)
        kill(getpid(), SIGKILL);
}

/* ---- another key for every attempt: Message-IDs and idempotency keys lose their use ---- */

struct forgetful {
    struct talk talk;
    struct talk *real;
};

static str spoil(struct arena *mem, str text, str mark) {
    size_t at = str_find(text, mark);
    if (at == text.len)
        return text;
    return JOIN(mem, str_part(text, 0, at + mark.len), base32_number(mem, dice_throw(), 12),
        str_from(text, at + mark.len));
}

static void say(
    struct talk *self, struct arena *mem, const struct talk_request *r, struct talk_answer *out) {
    struct forgetful *f = (struct forgetful *)self;
    struct talk_request other = *r;
    other.body = spoil(mem, other.body, S("Message-ID: <"));
    if (other.name.len)
        other.name = JOIN(mem, base32_number(mem, dice_throw(), 12), S(".eml"));
    for (size_t i = 0; i < other.header_count; i++)
        if (str_is_like(other.headers[i].name, S("Idempotency-Key")))
            other.headers[i].value = base32_number(mem, dice_throw(), 12);
    f->real->say(f->real, mem, &other, out);
}

struct talk *bugs_talk(struct arena *mem, struct talk *t) {
    if (!str_is(bug(), S("key-per-attempt")))
        return t;
    struct forgetful *f = NEW(mem, struct forgetful);
    f->talk.say = say;
    f->real = t;
    return &f->talk;
}
