#include "http/type.h"

/* clang-format off */
static const struct type types[] = {
    {S_INIT(".avif"),  S_INIT("image/avif"),                 false},
    {S_INIT(".css"),   S_INIT("text/css; charset=utf-8"),    true},
    {S_INIT(".csv"),   S_INIT("text/csv; charset=utf-8"),    true},
    {S_INIT(".epub"),  S_INIT("application/epub+zip"),       false},
    {S_INIT(".gif"),   S_INIT("image/gif"),                  false},
    {S_INIT(".ico"),   S_INIT("image/x-icon"),               false},
    {S_INIT(".jpeg"),  S_INIT("image/jpeg"),                 false},
    {S_INIT(".jpg"),   S_INIT("image/jpeg"),                 false},
    {S_INIT(".js"),    S_INIT("text/javascript; charset=utf-8"), true},
    {S_INIT(".json"),  S_INIT("application/json"),           true},
    {S_INIT(".m4a"),   S_INIT("audio/mp4"),                  false},
    {S_INIT(".md"),    S_INIT("text/markdown; charset=utf-8"), true},
    {S_INIT(".mp3"),   S_INIT("audio/mpeg"),                 false},
    {S_INIT(".mp4"),   S_INIT("video/mp4"),                  false},
    {S_INIT(".ogg"),   S_INIT("audio/ogg"),                  false},
    {S_INIT(".pdf"),   S_INIT("application/pdf"),            false},
    {S_INIT(".png"),   S_INIT("image/png"),                  false},
    {S_INIT(".svg"),   S_INIT("image/svg+xml"),              true},
    {S_INIT(".txt"),   S_INIT("text/plain; charset=utf-8"),  true},
    {S_INIT(".webm"),  S_INIT("video/webm"),                 false},
    {S_INIT(".webp"),  S_INIT("image/webp"),                 false},
    {S_INIT(".woff2"), S_INIT("font/woff2"),                 false},
    {S_INIT(".xml"),   S_INIT("application/xml"),            true},
    {S_INIT(".zip"),   S_INIT("application/zip"),            false},
};
/* clang-format on */

static const struct type unknown = {S_INIT(""), S_INIT("application/octet-stream"), false};

const struct type *type_of(str file) {
    for (size_t i = 0; i < COUNT(types); i++) {
        str end = types[i].end;
        if (file.len > end.len && str_is_like(str_from(file, file.len - end.len), end))
            return &types[i];
    }
    return &unknown;
}

bool type_is_shown(str file) {
    str name = type_of(file)->name;
    return str_starts(name, S("image/")) || str_starts(name, S("video/"))
           || str_starts(name, S("audio/"));
}
