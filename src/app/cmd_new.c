#include "app/command.h"
#include "app/new.h"
#include "base/arena.h"
#include "base/encode.h"
#include "io/files.h"

err command_new(const struct command_call *c) {
    str dir = c->words[0];
    const str *names = NULL;
    size_t count = 0;
    err e = files_list(c->mem, dir, S("."), &names, &count);
    if (e.code == ERR_NONE && count)
        return err_make(ERR_SETUP,
            JOIN(c->mem, dir,
                S(" is there already and not empty; nothing was changed. Name a new folder.")));
    TRY(files_make_dir(dir, S(""), 0755));
    for (size_t i = 0; i < new_files_count; i++)
        TRY(files_write(dir, new_files[i].name, new_files[i].text, 0644));
    TRY(files_make_dir(dir, S("var"), 0700));
    if (!c->quiet)
        say(JOIN(c->mem, S("Made "), dir, S(" with two products.\nNow type: grosz serve -C "),
            shell_word(c->mem, dir), S("\n")));
    return OK_ERR;
}
