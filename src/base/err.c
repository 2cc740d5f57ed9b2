#include "base/err.h"

/* clang-format off */
const struct err_rule err_rules[ERR_CODES] = {
    /* http, again, exit, what a stranger is told */
    [ERR_NONE] = {200, false, 0, ""},
    [ERR_FAILED] = {500, false, 1, "Something is wrong here. Nothing was charged."},
    [ERR_INVALID] = {400, false, 1,
        "Something in what was sent is missing or wrong. Nothing was charged."},
    [ERR_USAGE] = {405, false, 2, "This address does not take that."},
    [ERR_ABSENT] = {404, false, 5, "There is nothing here."},
    [ERR_CONFLICT] = {409, false, 1, "That does not fit what is kept here."},
    [ERR_TOO_BIG] = {413, false, 1, "That is too much at once. Nothing was charged."},
    [ERR_TOO_MANY] = {429, true, 75,
        "Too many orders in a short time. Nothing was charged. Please wait a minute."},
    [ERR_BUSY] = {503, true, 75,
        "One moment, please. Nothing was charged by this page. Please try again."},
    [ERR_FULL] = {507, true, 75,
        "The shop cannot take new orders just now. Nothing was charged. Please try again later."},
    [ERR_PARTNER] = {502, true, 75, "A partner service did not answer. Please try again."},
    [ERR_REFUSED] = {403, false, 1, "This was refused. Nothing was charged."},
    [ERR_PERSON] = {500, false, 3, "The shop owner has to look at this."},
    [ERR_SETUP] = {500, false, 4, "The shop is not fully set up. Nothing was charged."},
    [ERR_CORRUPT] = {500, false, 3,
        "The shop owner has to look at this. Nothing was charged by this page."},
    [ERR_UNKNOWN] = {503, true, 75, "Whether this was kept is not known. Please try again."},
};
/* clang-format on */

err err_make(enum err_code code, str what) {
    return (err){code, what};
}

err err_in(struct arena *mem, err e, str context) {
    return e.code == ERR_NONE ? e : err_make(e.code, JOIN(mem, context, e.what));
}
