/* err: what went wrong, as a value.
 *
 * A code from one table and a sentence with context. The table decides once, for all surfaces: HTTP
 * status, whether the worker tries again, the exit code of a command, what a stranger is told.
 * ERR_NONE is success. `what` is for the owner and lives in the caller's arena or is a literal.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/str.h"

enum err_code {
    ERR_NONE,
    ERR_FAILED,   /* a command that did its work and found something wrong */
    ERR_INVALID,  /* what was given is wrong */
    ERR_USAGE,    /* a command typed wrongly */
    ERR_ABSENT,   /* there is no such thing */
    ERR_CONFLICT, /* someone else was faster; read again */
    ERR_TOO_BIG,
    ERR_TOO_MANY, /* a rate limit */
    ERR_BUSY,     /* try again in a moment */
    ERR_FULL,     /* the disk is full: no new orders, nothing is lost */
    ERR_PARTNER,  /* a partner did not answer properly */
    ERR_REFUSED,  /* a partner said no */
    ERR_PERSON,   /* a person must look */
    ERR_SETUP,    /* the shop is not set up for this */
    ERR_CORRUPT,  /* what was kept does not read */
    ERR_UNKNOWN,  /* whether it was kept is not known */
    ERR_CODES
};

typedef struct err {
    enum err_code code;
    str what;
} err;

struct err_rule {
    int status;           /* HTTP */
    bool again;           /* does the worker try again? */
    int exit;             /* of a command */
    const char *stranger; /* what anybody may be told */
};
extern const struct err_rule err_rules[ERR_CODES];

#define OK_ERR ((err){ERR_NONE, {0, 0}})
err err_make(enum err_code code, str what);
/* Adds words in front: "order o123: " + what. Success stays success. */
err err_in(struct arena *mem, err e, str context);

#define TRY(call)                     \
    do {                              \
        err try_err = (call);         \
        if (try_err.code != ERR_NONE) \
            return try_err;           \
    } while (0)

#endif
