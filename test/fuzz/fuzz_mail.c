/* Strangers' words in a letter: it is refused, or has our headers only, in ASCII lines of at most
 * 998 bytes. Also where mail goes, over the same bytes. */
#include "http/mail_way.h"
#include "partner/mail.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void clean(str mail) {
    str rest = mail, line = {0};
    bool head = true;
    int subjects = 0;
    while (str_cut(&rest, '\n', &line)) {
        assert(str_ends(line, S("\r")) && line.len <= 999);
        for (size_t i = 0; i + 1 < line.len; i++)
            assert((line.ptr[i] >= ' ' && line.ptr[i] < 0x7f) || line.ptr[i] == '\t');
        head = head && line.len > 1;
        subjects += head && str_starts(line, S("Subject: "));
        assert(!head || !str_starts(line, S("Bcc:")));
    }
    assert(!head && subjects == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *mem = arena_new(64 << 20);
    str rest = {(const char *)data, size};
    struct letter l = {.key = S("k1"), .host = S("shop.example.com")};
    str *const parts[] = {&l.from, &l.to, &l.reply_to, &l.subject, &l.text, &l.html};
    for (size_t i = 0; i < COUNT(parts); i++)
        if (!str_cut(&rest, '|', parts[i]))
            *parts[i] = S("a@example.com");
    str out = {0};
    if (mail_write(mem, &l, &out).code == ERR_NONE)
        clean(out);
    struct mail_way way = {0};
    err e = mail_way_read(mem, (str){(const char *)data, size}, &way);
    assert(e.code != ERR_NONE || way.folder.len || (way.host.len && way.port > 0));
    arena_free(mem);
    return 0;
}
