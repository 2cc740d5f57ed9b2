#include "base/hash.h"
#include "base/table.h"
#include "page/pieces.h"

struct theme_words {
    str lang;
    struct tree *texts;
    struct theme_words *next;
};

struct theme {
    struct theme_file *files;
    struct template **templates; /* beside files; null for what is none */
    size_t count;
    struct theme_words *words;
    struct theme_asset *assets;
    size_t asset_count;
};

/* "words.pl.txt" -> "pl" */
static bool is_words(str name, str *lang) {
    if (!str_starts(name, S("words.")) || !str_ends(name, S(".txt")) || name.len < 11)
        return false;
    *lang = str_part(name, 6, name.len - 10);
    return true;
}

static struct theme_words *words_of(struct arena *mem, struct theme *theme, str lang) {
    for (struct theme_words *w = theme->words; w; w = w->next)
        if (str_is(w->lang, lang))
            return w;
    struct theme_words *w = NEW(mem, struct theme_words);
    *w = (struct theme_words){.lang = lang, .texts = tree_map(mem), .next = theme->words};
    theme->words = w;
    return w;
}

/* A line is "name = text"; empty ones and those with # in front are skipped. */
static void words_read(
    struct arena *mem, struct theme *theme, const struct theme_file *file, struct report *report) {
    str lang = {0};
    if (!is_words(file->name, &lang))
        return;
    struct tree *texts = words_of(mem, theme, lang)->texts;
    str rest = file->text;
    str line = {0};
    for (int number = 1; str_cut(&rest, '\n', &line); number++) {
        line = str_trim(line);
        if (!line.len || line.ptr[0] == '#')
            continue;
        size_t equals = str_find_byte(line, '=');
        if (equals == line.len) {
            struct place at = {file->name, number, 1};
            report_add(report, REPORT_MISTAKE, at, S("a line must be `name = text`"));
            continue;
        }
        tree_put_text(
            mem, texts, str_trim(str_part(line, 0, equals)), str_trim(str_from(line, equals + 1)));
    }
}

static bool is_template(str name) {
    str lang;
    return !is_words(name, &lang) && (str_ends(name, S(".html")) || str_ends(name, S(".txt")));
}

static size_t find(const struct theme *theme, str name) {
    for (size_t i = 0; i < theme->count; i++)
        if (str_is(theme->files[i].name, name))
            return i;
    return theme->count;
}

static str extension(str name) {
    return str_ends(name, S(".txt")) ? S(".txt") : S(".html");
}

static void part_unknown(
    struct arena *mem, const struct theme *theme, const struct piece *p, struct report *report) {
    str *names = arena_array(mem, theme->count, sizeof(str));
    size_t count = 0;
    for (size_t i = 0; i < theme->count; i++) {
        str end = extension(theme->files[i].name);
        if (theme->templates[i] && str_is(end, extension(p->at.file)))
            names[count++] = str_part(theme->files[i].name, 0, theme->files[i].name.len - end.len);
    }
    report_add(report, REPORT_MISTAKE, p->at,
        JOIN(mem, S("there is no part `"), p->text, S("`"),
            table_guess(mem, p->text, names, count)));
}

static bool parts_join(
    struct arena *mem, const struct theme *theme, struct piece *p, struct report *report) {
    bool good = true;
    for (; p; p = p->next) {
        if (!parts_join(mem, theme, p->first, report))
            good = false;
        if (p->kind != PIECE_PART)
            continue;
        size_t i = find(theme, JOIN(mem, p->text, extension(p->at.file)));
        if (i < theme->count)
            p->part = theme->templates[i];
        if (p->part)
            continue;
        part_unknown(mem, theme, p, report);
        good = false;
    }
    return good;
}

static bool has_circle(struct theme *theme, struct template *t, struct report *report);

static bool pieces_have_circle(struct theme *theme, const struct piece *p, struct report *report) {
    for (; p; p = p->next) {
        if (pieces_have_circle(theme, p->first, report))
            return true;
        size_t i = p->part ? find(theme, p->part->name) : theme->count;
        if (i == theme->count || !has_circle(theme, theme->templates[i], report))
            continue;
        report_add(report, REPORT_MISTAKE, p->at, S("a part must not be part of itself"));
        return true;
    }
    return false;
}

/* Once marked broken, a circle is not walked again: it has been reported. */
static bool has_circle(struct theme *theme, struct template *t, struct report *report) {
    if (t->visited)
        return t->visited == 1;
    t->visited = 1;
    bool circle = pieces_have_circle(theme, t->first, report);
    t->broken = t->broken || circle;
    t->visited = 2;
    return circle;
}

/* ---- what pages link to ---- */

enum { HASH_DIGITS = 12 };

/* Its name is part of an address, so it is plain; what lies in a folder belongs to letters. */
static bool is_asset(str name) {
    size_t dot = str_find_byte(name, '.');
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9')
            && c != '.' && c != '-' && c != '_')
            return false;
    }
    return dot > 0 && dot + 1 < name.len && !str_ends(name, S(".html"))
           && !str_ends(name, S(".txt"));
}

static void assets_find(struct arena *mem, struct theme *theme) {
    theme->assets = arena_array(mem, theme->count, sizeof(*theme->assets));
    for (size_t i = 0; i < theme->count; i++) {
        const struct theme_file *f = &theme->files[i];
        if (!is_asset(f->name))
            continue;
        size_t dot = str_find_byte(f->name, '.');
        str stem = str_part(f->name, 0, dot);
        str hash = str_part(hash_sha256_hex(mem, f->text), 0, HASH_DIGITS);
        theme->assets[theme->asset_count++] = (struct theme_asset){.name = f->name,
            .stem = stem,
            .hashed = JOIN(mem, stem, S("."), hash, str_from(f->name, dot)),
            .text = f->text};
    }
}

const struct theme_asset *theme_assets(const struct theme *theme, size_t *count) {
    *count = theme->asset_count;
    return theme->assets;
}

const struct theme *theme_read(
    struct arena *mem, const struct theme_file *files, size_t count, struct report *report) {
    struct theme *theme = NEW(mem, struct theme);
    theme->files = arena_array(mem, count, sizeof(struct theme_file));
    theme->templates = arena_array(mem, count, sizeof(struct template *));
    for (size_t i = 0; i < count; i++) {
        words_read(mem, theme, &files[i], report);
        size_t at = find(theme, files[i].name);
        theme->files[at] = files[i];
        theme->count += at == theme->count;
    }
    for (size_t i = 0; i < theme->count; i++)
        if (is_template(theme->files[i].name))
            theme->templates[i] =
                template_read(mem, theme->files[i].name, theme->files[i].text, report);
    for (size_t i = 0; i < theme->count; i++)
        if (theme->templates[i] && !parts_join(mem, theme, theme->templates[i]->first, report))
            theme->templates[i]->broken = true;
    for (size_t i = 0; i < theme->count; i++)
        if (theme->templates[i])
            has_circle(theme, theme->templates[i], report);
    assets_find(mem, theme);
    return theme;
}

const struct template *theme_find(const struct theme *theme, str name) {
    size_t i = find(theme, name);
    return i < theme->count ? theme->templates[i] : NULL;
}

const struct theme_file *theme_file(const struct theme *theme, str name) {
    size_t i = find(theme, name);
    return i < theme->count ? &theme->files[i] : NULL;
}

const struct tree *theme_words(const struct theme *theme, str lang) {
    const struct tree *english = NULL;
    for (const struct theme_words *w = theme->words; w; w = w->next) {
        if (str_is(w->lang, lang))
            return w->texts;
        if (str_is(w->lang, S("en")))
            english = w->texts;
    }
    return english;
}
