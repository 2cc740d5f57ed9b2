/* treap: nodes kept in order, inside the structs that they order.
 *
 * A binary tree by `order`, a heap by dice: balanced as a random tree is, whatever order the nodes
 * come in, and the same for the same sequence of calls. Owns nothing: a node is in at most one
 * treap and stays where it is until treap_drop. No two nodes may be equal.
 */
#ifndef STORE_TREAP_H
#define STORE_TREAP_H

#include <stdint.h>

struct treap_node {
    struct treap_node *left, *right, *parent;
    uint32_t dice;
};

struct treap {
    struct treap_node *root;
    int (*order)(const struct treap_node *a, const struct treap_node *b);
    uint32_t dice; /* of the last node; any number but 0 at the start */
};

void treap_put(struct treap *t, struct treap_node *node);
void treap_drop(struct treap *t, struct treap_node *node);
/* The first that is not before the probe, which need not be in the treap; null: none. */
struct treap_node *treap_from(const struct treap *t, const struct treap_node *probe);
struct treap_node *treap_first(const struct treap *t);
struct treap_node *treap_last(const struct treap *t);
struct treap_node *treap_next(struct treap_node *node);
struct treap_node *treap_before(struct treap_node *node);

#endif
