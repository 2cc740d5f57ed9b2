#include "http/form.h"

#include "base/encode.h"
#include "base/limits.h"

static bool is_clean(str s) {
    return !control_has(s, S("\t\r\n")) && utf8_is(s);
}

static err text_read(struct arena *mem, str raw, str *out) {
    str text = {0};
    if (!percent_read(mem, raw, true, &text))
        return err_make(ERR_INVALID, S("a field is not percent-encoded properly"));
    if (!is_clean(text))
        return err_make(ERR_INVALID, S("a field is not clean UTF-8 text"));
    *out = text;
    return OK_ERR;
}

static err field_read(struct arena *mem, str piece, struct tree *fields, struct tree *again) {
    str name = {0}, value = {0};
    size_t at = str_find_byte(piece, '=');
    TRY(text_read(mem, str_part(piece, 0, at), &name));
    if (name.len > LIMIT_FIELD)
        return err_make(ERR_TOO_BIG, S("the name of a field is too long"));
    TRY(text_read(mem, str_from(piece, at + 1), &value));
    if (!tree_find(fields, name))
        tree_put_text(mem, fields, name, value);
    else if (!tree_has(again, name))
        tree_add(again, tree_text(mem, name));
    return OK_ERR;
}

err form_read(struct arena *mem, str body, struct tree **out, struct tree **twice) {
    struct tree *fields = tree_map(mem);
    struct tree *again = tree_list(mem);
    str rest = body, piece = {0};
    for (size_t count = 0; str_cut(&rest, '&', &piece);) {
        if (!piece.len)
            continue;
        if (++count > LIMIT_FIELDS)
            return err_make(ERR_TOO_BIG, S("there are too many fields"));
        TRY(field_read(mem, piece, fields, again));
    }
    *out = fields;
    *twice = again;
    return OK_ERR;
}
