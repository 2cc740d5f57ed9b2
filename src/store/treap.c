#include "store/treap.h"

#include <stdbool.h>
#include <stddef.h>

/* Where the parent points to this node. */
static struct treap_node **treap_place(struct treap *t, struct treap_node *node) {
    if (!node->parent)
        return &t->root;
    return node->parent->left == node ? &node->parent->left : &node->parent->right;
}

/* The child takes the place of its parent, which becomes its child. */
static void treap_lift(struct treap *t, struct treap_node *child) {
    struct treap_node *parent = child->parent;
    struct treap_node **place = treap_place(t, parent);
    struct treap_node *middle;

    if (parent->left == child) {
        middle = child->right;
        parent->left = middle;
        child->right = parent;
    } else {
        middle = child->left;
        parent->right = middle;
        child->left = parent;
    }
    if (middle)
        middle->parent = parent;
    child->parent = parent->parent;
    parent->parent = child;
    *place = child;
}

static uint32_t treap_dice(struct treap *t) {
    t->dice ^= t->dice << 13;
    t->dice ^= t->dice >> 17;
    t->dice ^= t->dice << 5;
    return t->dice;
}

void treap_put(struct treap *t, struct treap_node *node) {
    struct treap_node **place = &t->root;
    struct treap_node *parent = NULL;

    while (*place) {
        parent = *place;
        place = t->order(node, parent) < 0 ? &parent->left : &parent->right;
    }
    *node = (struct treap_node){.parent = parent, .dice = treap_dice(t)};
    *place = node;
    while (node->parent && node->parent->dice < node->dice)
        treap_lift(t, node);
}

void treap_drop(struct treap *t, struct treap_node *node) {
    while (node->left && node->right)
        treap_lift(t, node->left->dice > node->right->dice ? node->left : node->right);
    struct treap_node *child = node->left ? node->left : node->right;
    *treap_place(t, node) = child;
    if (child)
        child->parent = node->parent;
}

struct treap_node *treap_from(const struct treap *t, const struct treap_node *probe) {
    struct treap_node *found = NULL;
    struct treap_node *at = t->root;

    while (at) {
        bool before = t->order(at, probe) < 0;
        found = before ? found : at;
        at = before ? at->right : at->left;
    }
    return found;
}

struct treap_node *treap_first(const struct treap *t) {
    struct treap_node *at = t->root;

    while (at && at->left)
        at = at->left;
    return at;
}

struct treap_node *treap_last(const struct treap *t) {
    struct treap_node *at = t->root;

    while (at && at->right)
        at = at->right;
    return at;
}

struct treap_node *treap_next(struct treap_node *node) {
    if (node->right) {
        node = node->right;
        while (node->left)
            node = node->left;
        return node;
    }
    while (node->parent && node->parent->right == node)
        node = node->parent;
    return node->parent;
}

struct treap_node *treap_before(struct treap_node *node) {
    if (node->left) {
        node = node->left;
        while (node->right)
            node = node->right;
        return node;
    }
    while (node->parent && node->parent->left == node)
        node = node->parent;
    return node->parent;
}
