#include "app/manual.h"

#include "base/buf.h"
#include "base/limits.h"
#include "base/table.h"

struct writing {
    struct arena *mem;
    struct buf out;
    const struct command *table;
    size_t count;
};

static void add(struct writing *w, const char *text) {
    buf_add(&w->out, str_of(text));
}

static void add_str(struct writing *w, str text) {
    buf_add(&w->out, text);
}

/* "order" of "order list"; `list` in *rest. */
static str noun_of(str name, str *rest) {
    size_t blank = str_find_byte(name, ' ');
    *rest = str_from(name, blank + 1);
    return str_part(name, 0, blank);
}

/* ---- the man page ---- */

/* A backslash and a dash are troff's own; so are a dot and a quote in front of a line. */
static void add_roff(struct writing *w, str text) {
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!i && (c == '.' || c == '\''))
            add(w, "\\&");
        if (c == '\\')
            add(w, "\\e");
        else if (c == '-')
            add(w, "\\-");
        else if (c == '"')
            add(w, "\\(dq");
        else
            buf_byte(&w->out, c);
    }
}

static void man_command(struct writing *w, const struct command *c) {
    add(w, ".TP\n.B ");
    add_roff(w, c->name);
    add(w, c->takes.len ? " \\fR" : "");
    add_roff(w, c->takes);
    add(w, "\n");
    add_roff(w, c->says);
    add(w, "\n.br\nFor example:\n.I ");
    add_roff(w, c->example);
    add(w, "\n");
}

static const char man_top[] =
    ".TH GROSZ 1 \"\" \"Grosz " GROSZ_VERSION "\" \"User Commands\"\n"
    ".SH NAME\ngrosz \\- a shop for digital products in one program and one folder of files\n"
    ".SH SYNOPSIS\n.B grosz\n.I COMMAND\n.RI [ WORD \".\\|.\\|.]\" \"\" \n.RB [ \\-C\n.IR DIR ]\n"
    ".RB [ \\-\\-json ]\n.RB [ \\-\\-help ]\n"
    ".SH DESCRIPTION\nThe pages of the shop are made from data files. The program places orders, "
    "is told of payments, and works off\nwhat is owed to the buyer, step by step. What may or may "
    "not have been done is put on hold and\nwhat was refused is set aside for a person; neither is "
    "ever dropped.\n"
    ".SH COMMANDS\n";

static const char man_end[] =
    ".SH OPTIONS\n"
    ".TP\n.BI \\-C \" DIR\"\nThe shop's folder; else the one here or above that has a shop.yml.\n"
    ".TP\n.B \\-\\-json\nPrint JSON, one value a line.\n"
    ".TP\n.BR \\-h \", \" \\-\\-help\nExplain the command.\n"
    ".SH FILES\n"
    ".TP\n.I shop.yml\nThe shop: name, addresses, gateways, mail, steps.\n"
    ".TP\n.I _data/products.yml\nThe catalogue.\n"
    ".TP\n.IR pages/ \", \" academy/ \", \" images/ \", \" theme/\nPages, courses, "
    "pictures, templates.\n"
    ".TP\n.I var/\nThe database, the outbox, the secret, the control socket: all that is written.\n"
    ".SH ENVIRONMENT\n"
    ".TP\n.I NAME\nEvery ${NAME} of shop.yml, unless $CREDENTIALS_DIRECTORY/NAME is there.\n"
    ".TP\n.B GROSZ_SECRET\nThe root of all keys, 64 hex digits; else var/secret.\n"
    ".SH \"EXIT STATUS\"\n"
    "0 fine, 1 failed, 2 wrong use, 3 needs a person, 4 not set up, 5 not found, 75 try again.\n";

static void form_man(struct writing *w) {
    add(w, man_top);
    for (size_t i = 0; i < w->count; i++)
        man_command(w, &w->table[i]);
    add(w, man_end);
}

/* ---- shells ---- */

/* Which words of ours follow: what is bought, or what is owed. */
static const struct {
    str word; /* in `takes` */
    str list; /* the command whose rows begin with it */
} things[] = {
    {S_INIT("ORDER"), S_INIT("order list --limit 50")},
    {S_INIT("JOB"), S_INIT("queue list")},
};

static str thing_of(const struct command *c) {
    for (size_t i = 0; i < COUNT(things); i++)
        if (str_ends(c->takes, things[i].word))
            return things[i].list;
    return S("");
}

/* Each first word once. */
static void add_nouns(struct writing *w, const char *between) {
    str before = {0}, rest = {0};
    for (size_t i = 0; i < w->count; i++) {
        str noun = noun_of(w->table[i].name, &rest);
        if (i && !str_is(noun, before))
            add(w, between);
        if (!str_is(noun, before))
            add_str(w, noun);
        before = noun;
    }
}

static void bash_verbs(struct writing *w) {
    str before = {0}, rest = {0};
    for (size_t i = 0; i < w->count; i++) {
        str noun = noun_of(w->table[i].name, &rest);
        if (!rest.len)
            continue;
        add(w, str_is(noun, before) ? " " : "    ");
        if (!str_is(noun, before)) {
            add_str(w, noun);
            add(w, ") verbs=\"");
        }
        add_str(w, rest);
        str next = i + 1 < w->count ? noun_of(w->table[i + 1].name, &rest) : S("");
        if (!str_is(next, noun))
            add(w, "\" ;;\n");
        before = noun;
    }
}

static void bash_flags(struct writing *w) {
    for (size_t i = 0; i < w->count; i++) {
        const struct command *c = &w->table[i];
        str thing = thing_of(c);
        add(w, "    \"");
        add_str(w, c->name);
        add(w, "\") flags=\"");
        add_str(w, str_trim(c->flags));
        add(w, "\"; things=\"");
        add_str(w, thing);
        add(w, "\" ;;\n");
    }
}

static const char bash_top[] =
    "# bash completion for grosz; made by `grosz help --as bash`\n"
    "_grosz() {\n"
    "    local cur=\"${COMP_WORDS[COMP_CWORD]}\" prev=\"${COMP_WORDS[COMP_CWORD-1]}\"\n"
    "    local words=() dir=() verbs= flags= things= i\n"
    "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
    "        case \"${COMP_WORDS[i]}\" in\n"
    "        -C) dir=(-C \"${COMP_WORDS[i+1]}\"); ((i++)) ;;\n"
    "        -*) ;;\n"
    "        *) words+=(\"${COMP_WORDS[i]}\") ;;\n"
    "        esac\n"
    "    done\n"
    "    COMPREPLY=()\n"
    "    if [ \"$prev\" = -C ]; then\n"
    "        COMPREPLY=($(compgen -d -- \"$cur\")); return\n"
    "    fi\n"
    "    if [ ${#words[@]} -eq 0 ]; then\n"
    "        COMPREPLY=($(compgen -W \"";
static const char bash_middle[] = "\" -- \"$cur\")); return\n"
                                  "    fi\n"
                                  "    case \"${words[0]}\" in\n";
static const char bash_commands[] =
    "    esac\n"
    "    if [ -n \"$verbs\" ] && [ ${#words[@]} -eq 1 ]; then\n"
    "        COMPREPLY=($(compgen -W \"$verbs\" -- \"$cur\")); return\n"
    "    fi\n"
    "    case \"${words[0]}${verbs:+ ${words[1]}}\" in\n";
static const char bash_end[] =
    "    esac\n"
    "    case \"$cur\" in\n"
    "    -*) COMPREPLY=($(compgen -W \"$flags -C --json --help\" -- \"$cur\")) ;;\n"
    "    *) [ -z \"$things\" ] || COMPREPLY=($(compgen -W \"$(grosz \"${dir[@]}\" $things "
    "2>/dev/null | cut -d' ' -f1)\" -- \"$cur\")) ;;\n"
    "    esac\n"
    "}\n"
    "complete -o default -F _grosz grosz\n";

static void form_bash(struct writing *w) {
    add(w, bash_top);
    add_nouns(w, " ");
    add(w, bash_middle);
    bash_verbs(w);
    add(w, bash_commands);
    bash_flags(w);
    add(w, bash_end);
}

/* zsh runs bash's. */
static void form_zsh(struct writing *w) {
    add(w, "#compdef grosz\n# made by `grosz help --as zsh`\n"
           "autoload -U +X bashcompinit && bashcompinit\n");
    form_bash(w);
}

/* In single quotes; a quote inside ends, is written, and begins again. */
static void add_quoted(struct writing *w, str text) {
    add(w, "'");
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\'' || text.ptr[i] == '\\')
            buf_byte(&w->out, '\\');
        buf_byte(&w->out, text.ptr[i]);
    }
    add(w, "'");
}

static void fish_flags(struct writing *w, const struct command *c, const char *when) {
    str rest = c->flags, flag = {0};
    while (str_cut(&rest, ' ', &flag)) {
        if (!flag.len)
            continue;
        add(w, "complete -c grosz -n ");
        add(w, when);
        add(w, " -l ");
        add_str(w, str_from(flag, 2));
        add(w, "\n");
    }
}

static void fish_command(struct writing *w, const struct command *c) {
    str verb = {0}, noun = noun_of(c->name, &verb), thing = thing_of(c);
    str seen = JOIN(w->mem, S("'__fish_seen_subcommand_from "), noun,
        verb.len ? JOIN(w->mem, S("; and __fish_seen_subcommand_from "), verb, S("'")) : S("'"));
    const char *when = str_cz(w->mem, seen);
    if (verb.len) {
        add(w, "complete -c grosz -n '__fish_seen_subcommand_from ");
        add_str(w, noun);
        add(w, "' -a ");
        add_str(w, verb);
    } else {
        add(w, "complete -c grosz -n __fish_use_subcommand -a ");
        add_str(w, noun);
    }
    add(w, " -d ");
    add_quoted(w, c->says);
    add(w, "\n");
    fish_flags(w, c, when);
    if (!thing.len)
        return;
    add(w, "complete -c grosz -n ");
    add_str(w, seen);
    add(w, " -a '(grosz ");
    add_str(w, thing);
    add(w, " 2>/dev/null | string split -f1 \" \")'\n");
}

static void form_fish(struct writing *w) {
    str before = {0}, verb = {0};
    add(w,
        "# fish completion for grosz; made by `grosz help --as fish`\n"
        "complete -c grosz -f\n"
        "complete -c grosz -s C -x -a '(__fish_complete_directories)' -d 'the folder of the shop'\n"
        "complete -c grosz -l json -d 'print JSON'\n"
        "complete -c grosz -s h -l help -d 'explain the command'\n");
    for (size_t i = 0; i < w->count; i++) {
        str noun = noun_of(w->table[i].name, &verb);
        if (verb.len && !str_is(noun, before)) {
            add(w, "complete -c grosz -n __fish_use_subcommand -a ");
            add_str(w, noun);
            add(w, "\n");
        }
        before = noun;
        fish_command(w, &w->table[i]);
    }
}

/* ---- which ---- */

static const struct {
    str name;
    void (*write)(struct writing *w);
} forms[] = {
    {S_INIT("man"), form_man},
    {S_INIT("bash"), form_bash},
    {S_INIT("zsh"), form_zsh},
    {S_INIT("fish"), form_fish},
};

err manual(struct arena *mem, str form) {
    struct writing w = {.mem = mem, .out = buf_new(mem, LIMIT_PAGE)};
    str names[COUNT(forms)];
    w.table = command_table(&w.count);
    for (size_t i = 0; i < COUNT(forms); i++) {
        names[i] = forms[i].name;
        if (!str_is(forms[i].name, form))
            continue;
        forms[i].write(&w);
        say(buf_str(&w.out));
        return OK_ERR;
    }
    return err_make(ERR_USAGE, JOIN(mem, S("`--as` is man, bash, zsh or fish, not `"), form, S("`"),
                                   table_guess(mem, form, names, COUNT(forms))));
}
