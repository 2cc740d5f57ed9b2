/* manual: the command table in the forms that other programs read: a man page, and what shells
 * complete from. `grosz help --as man|bash|zsh|fish`; the build writes each to its file. */
#ifndef APP_MANUAL_H
#define APP_MANUAL_H

#include "app/command.h"

/* ERR_USAGE: there is no such form. */
MUST err manual(struct arena *mem, str form);

#endif
