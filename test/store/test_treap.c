#include "check.h"
#include "store/test_store.h"
#include "store/treap.h"

enum { NUMBERS = 20000 };

struct number {
    struct treap_node node; /* first */
    size_t value;
};

static int number_order(const struct treap_node *a, const struct treap_node *b) {
    size_t x = ((const struct number *)(const void *)a)->value;
    size_t y = ((const struct number *)(const void *)b)->value;

    return (x > y) - (x < y);
}

static size_t depth_of(const struct treap_node *node) {
    size_t depth = 0;

    for (; node; node = node->parent)
        depth++;
    return depth;
}

/* How many there are in rising order, both ways; 0 when the ways differ. */
static size_t ordered(const struct treap *t, size_t *depth) {
    const struct number least = {.value = 0};
    size_t up = 0, down = 0;

    for (struct treap_node *i = treap_from(t, &least.node), *next; i; i = next, up++) {
        size_t deep = depth_of(i);
        next = treap_next(i);
        if (next && number_order(i, next) >= 0)
            return 0;
        *depth = deep > *depth ? deep : *depth;
    }
    for (struct treap_node *i = treap_last(t); i; i = treap_before(i))
        down++;
    return up == down ? up : 0;
}

/* Rising, falling and mixed: the order holds and no branch grows long. */
void test_treap(void) {
    static const struct {
        const char *name;
        size_t step;
    } rows[] = {{"rising", 1}, {"falling", NUMBERS - 1}, {"mixed", 7919}};
    static struct number numbers[NUMBERS];

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct treap t = {.order = number_order, .dice = 1};
        size_t depth = 0;
        for (size_t k = 0; k < NUMBERS; k++) {
            numbers[k].value = 1 + k * rows[i].step % NUMBERS;
            treap_put(&t, &numbers[k].node);
        }
        CHECK_INT(rows[i].name, ordered(&t, &depth), NUMBERS);
        CHECK(rows[i].name, depth < 60);
        for (size_t k = 0; k < NUMBERS; k += 2)
            treap_drop(&t, &numbers[k].node);
        CHECK_INT(rows[i].name, ordered(&t, &depth), NUMBERS / 2);
    }
}
