/* setting: what a gateway or a connector may be told in shop.yml, as a table, and the mistakes
 * against it. Only shapes are looked at here; what a setting means is its owner's. */
#ifndef PARTNER_SETTING_H
#define PARTNER_SETTING_H

#include "base/report.h"
#include "base/tree.h"

enum setting_kind {
    SETTING_TEXT, /* text or number, not empty */
    SETTING_BOOL,
    SETTING_SPAN,  /* "20s" */
    SETTING_CODES, /* list of HTTP statuses */
    SETTING_LIST,
    SETTING_MAP,
    SETTING_ANY,
};

struct setting {
    str name;
    enum setting_kind kind;
    bool must;
};

/* Unknown keys (with a guess), wrong kinds, missing ones: mistakes in the report. `at` is used
 * where the tree has no place of its own. A null map is an empty one. */
void setting_check(struct report *r, struct place at, const struct tree *map,
    const struct setting *table, size_t count);
/* A row about this node. */
void setting_say(struct report *r, enum report_level level, struct place at,
    const struct tree *node, str sentence);
void setting_wrong(struct report *r, struct place at, const struct tree *node, str sentence);
/* https, or http only with allow_private beside it. */
void setting_check_address(
    struct report *r, struct place at, const struct tree *node, bool allow_private);

#endif
