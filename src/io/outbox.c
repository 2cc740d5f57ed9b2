#include "io/outbox.h"

#include "base/arena.h"
#include "io/files.h"

#include <pthread.h>

enum { OK_STATUS = 250, MAIL_MODE = 0600, NAME_MOST = 200, WRITERS_MOST = 2 };

/* Every letter waits for the disk, as orders and payments do: those come first. With as many
 * writers as there are workers, 64 buyers were served a quarter as fast, and letters came at most
 * twice as fast. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t ended;
    int writers;
} disk = {.lock = PTHREAD_MUTEX_INITIALIZER, .ended = PTHREAD_COND_INITIALIZER};

static void writer_begins(void) {
    pthread_mutex_lock(&disk.lock);
    while (disk.writers == WRITERS_MOST)
        pthread_cond_wait(&disk.ended, &disk.lock);
    disk.writers++;
    pthread_mutex_unlock(&disk.lock);
}

static void writer_ends(void) {
    pthread_mutex_lock(&disk.lock);
    disk.writers--;
    pthread_cond_signal(&disk.ended);
    pthread_mutex_unlock(&disk.lock);
}

static bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-'
           || c == '_' || c == '.';
}

/* Hidden files are those that are being written. */
static bool is_file_name(str name) {
    for (size_t i = 0; i < name.len; i++)
        if (!is_plain(name.ptr[i]))
            return false;
    return name.len > 0 && name.len <= NAME_MOST && name.ptr[0] != '.';
}

static void not_sent(struct talk_answer *out, str why) {
    *out = (struct talk_answer){.sent = TALK_NOT_SENT, .why = why};
}

void outbox_say(
    struct arena *mem, str dir, const struct talk_request *request, struct talk_answer *out) {
    if (!str_starts(request->url, S("file:"))) {
        not_sent(out, S("mail can only go to a folder: write it like file:var/outbox"));
        return;
    }
    if (!is_file_name(request->name)) {
        not_sent(out, S("the mail has no name that could be a file's"));
        return;
    }
    str folder = str_from(request->url, sizeof("file:") - 1);
    bool absolute = str_starts(folder, S("/"));
    str path = absolute ? request->name : JOIN(mem, folder, S("/"), request->name);
    writer_begins();
    err e = files_write(absolute ? folder : dir, path, request->body, MAIL_MODE);
    writer_ends();
    if (e.code != ERR_NONE) {
        not_sent(out, JOIN(mem, S("the mail cannot be written to "), folder, S(": "), e.what));
        return;
    }
    *out = (struct talk_answer){.sent = TALK_ANSWERED, .status = OK_STATUS};
}
