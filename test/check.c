#include "check.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static struct {
    const char *test; /* that runs now */
    size_t passed, failed;
} state;

/* Counts the row; true when there is something to say about it. */
static bool bad(const char *file, int line, const char *row, bool truth) {
    if (truth) {
        state.passed++;
        return false;
    }
    state.failed++;
    printf("%s:%d: %s: %s: ", file, line, state.test, row);
    return true;
}

/* What cannot be seen is printed as \xx. */
static void print_str(str s) {
    putchar('"');
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c < 0x20 || c == 0x7f)
            printf("\\%02x", c);
        else
            putchar(c);
    }
    putchar('"');
}

void check_true(const char *file, int line, const char *row, bool truth, const char *what) {
    if (bad(file, line, row, truth))
        printf("not so: %s\n", what);
}

void check_str(const char *file, int line, const char *row, str got, str want) {
    bool same = got.len == want.len && (!got.len || !memcmp(got.ptr, want.ptr, got.len));
    if (!bad(file, line, row, same))
        return;
    printf("got ");
    print_str(got);
    printf(", want ");
    print_str(want);
    putchar('\n');
}

void check_int(const char *file, int line, const char *row, int64_t got, int64_t want) {
    if (bad(file, line, row, got == want))
        printf("got %" PRId64 ", want %" PRId64 "\n", got, want);
}

static bool wanted(int argc, char **argv, const char *name) {
    bool found = argc < 2;
    for (int i = 1; i < argc; i++)
        found = found || strcmp(argv[i], name) == 0;
    return found;
}

int check_run(int argc, char **argv, const struct check_test *tests, size_t count) {
    size_t ran = 0;
    for (size_t i = 0; i < count; i++) {
        if (!wanted(argc, argv, tests[i].name))
            continue;
        size_t before = state.passed + state.failed;
        state.test = tests[i].name;
        tests[i].run();
        /* A test without a single check proves nothing. */
        if (state.passed + state.failed == before && bad(__FILE__, __LINE__, "itself", false))
            printf("it checked nothing\n");
        ran++;
    }
    if (!ran) {
        state.failed++;
        printf("there is no test of that name\n");
    }
    printf("%zu passed, %zu failed\n", state.passed, state.failed);
    return state.failed > 0;
}
