/* template: theme text to a checked list of pieces. Mustache's calm syntax, all of it: {{a.b}}
 * {{#x}}…{{/x}} {{^x}}…{{/x}} {{>part}} {{{html}}} {{!note}}. No lambdas, no expressions.
 *
 * While parsing, a scanner follows the HTML and gives every hole its escape by place: text,
 * double-quoted attribute, URL (scheme http, https, mailto or relative), URL part. Any other place
 * (unquoted value, tag name, on…, style, script, comment) is a mistake with file:line:col.
 * Sections and parts must leave the scanner where they found it. A name ending in .txt is not
 * escaped at all, but in the head of a letter (from "Subject:" to the empty line) a value stays on
 * its line.
 *
 * A section, part or note alone on its line takes the line with it.
 */
#ifndef PAGE_TEMPLATE_H
#define PAGE_TEMPLATE_H

#include "base/report.h"
#include "base/tree.h"

struct template;

/* A named text: "order.html", "mail/access.pl.txt". */
struct theme_file {
    str name, text;
};
/* The theme that is compiled in (theme/). */
extern const struct theme_file theme_builtin[];
extern const size_t theme_builtin_count;

/* All templates of a theme, parsed; parts are found among them by name without extension. */
struct theme;

/* Later files of the same name replace earlier ones (the owner's replace the built-in); texts in
 * words.<lang>.txt replace each other one by one. .html and .txt are templates, all else are
 * assets. The theme is given also when there were mistakes: a template with one is refused by
 * render. */
const struct theme *theme_read(
    struct arena *mem, const struct theme_file *files, size_t count, struct report *report);
const struct template *theme_find(const struct theme *theme, str name);
/* The texts of pages in that language, English when there are none: a map name -> text. */
const struct tree *theme_words(const struct theme *theme, str lang);
/* The last file of that name as it is; null when there is none. */
const struct theme_file *theme_file(const struct theme *theme, str name);

/* A file of the theme that pages only link to: style.css, icon.svg, form.js. It is there under its
 * plain name, and under one with a digest of its bytes, which browsers may keep for ever. */
struct theme_asset {
    str name;   /* "style.css" */
    str stem;   /* "style": pages have its address as {{to.style}} */
    str hashed; /* "style.9f86d081884c.css" */
    str text;
};
const struct theme_asset *theme_assets(const struct theme *theme, size_t *count);

#endif
