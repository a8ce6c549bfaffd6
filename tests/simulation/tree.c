/* Why: see tree.h. A treap whose nodes are counted: one that two roots share is
 * copied before it is changed, one that only this root has is changed in place.
 * Priorities are of the key, so that a tree's shape depends on its rows alone. */
#include "simulation/tree.h"

#include <string.h>

#include "simulation/world.h"

struct value { /* shared by the copies of a node */
        uint32_t refs, len;
        uint8_t bytes[];
};

struct sim_node {
        uint32_t refs, priority, key_len;
        struct sim_node *left, *right;
        struct value *value;
        char key[];
};

static uint32_t priority_of(struct qf_view key)
{
        uint64_t hash = UINT64_C(0xcbf29ce484222325);

        for (uint32_t i = 0; i < key.len; i++)
                hash = (hash ^ (uint8_t)key.at[i]) * UINT64_C(0x100000001b3);
        hash ^= hash >> 32;
        hash *= UINT64_C(0x9e3779b97f4a7c15);
        return (uint32_t)(hash >> 32);
}

static int order(struct qf_view a, const struct sim_node *node)
{
        uint32_t least = a.len < node->key_len ? a.len : node->key_len;
        int sign = least ? memcmp(a.at, node->key, least) : 0;

        if (sign != 0)
                return sign;
        return a.len == node->key_len ? 0 : a.len < node->key_len ? -1 : 1;
}

static struct qf_view key_of(const struct sim_node *node)
{
        return (struct qf_view){node->key, node->key_len};
}

static struct qf_view value_of(const struct sim_node *node)
{
        return (struct qf_view){(const char *)node->value->bytes, node->value->len};
}

static struct sim_node *share(struct sim_node *node)
{
        if (node)
                node->refs++;
        return node;
}

static void drop_value(struct value *value)
{
        if (value && --value->refs == 0)
                sim_free(value);
}

static void drop(struct sim_node *node)
{
        while (node && --node->refs == 0) {
                struct sim_node *right = node->right;
                drop(node->left);
                drop_value(node->value);
                sim_free(node);
                node = right;
        }
}

struct sim_rows sim_rows_share(const struct sim_rows *rows)
{
        return (struct sim_rows){share(rows->root), rows->count};
}

void sim_rows_drop(struct sim_rows *rows)
{
        drop(rows->root);
        *rows = (struct sim_rows){0};
}

static struct sim_node *make(struct qf_view key)
{
        struct sim_node *node = sim_new(sizeof(*node) + key.len);

        node->refs = 1;
        node->priority = priority_of(key);
        node->key_len = key.len;
        if (key.len)
                memcpy(node->key, key.at, key.len);
        return node;
}

/* Makes *at ours alone. */
static struct sim_node *own(struct sim_node **at)
{
        struct sim_node *node = *at;

        if (node->refs == 1)
                return node;
        struct sim_node *copy = make(key_of(node));
        copy->left = share(node->left);
        copy->right = share(node->right);
        copy->value = node->value;
        copy->value->refs++;
        node->refs--;
        return *at = copy;
}

static void rotate_left_up(struct sim_node **at)
{
        struct sim_node *node = *at, *left = node->left;

        node->left = left->right;
        left->right = node;
        *at = left;
}

static void rotate_right_up(struct sim_node **at)
{
        struct sim_node *node = *at, *right = node->right;

        node->right = right->left;
        right->left = node;
        *at = right;
}

/* The node of the key, made where there is none. Nodes on the way are ours. */
static struct sim_node *put(struct sim_node **at, struct qf_view key, bool *ret_made)
{
        if (!*at) {
                *ret_made = true;
                return *at = make(key);
        }
        struct sim_node *node = own(at);
        int sign = order(key, node);
        if (sign == 0)
                return node;
        struct sim_node *found = put(sign < 0 ? &node->left : &node->right, key, ret_made);
        if (sign < 0 && node->left->priority > node->priority)
                rotate_left_up(at);
        else if (sign > 0 && node->right->priority > node->priority)
                rotate_right_up(at);
        return found;
}

uint8_t *sim_rows_put(struct sim_rows *rows, struct qf_view key, size_t size)
{
        bool made = false;
        struct sim_node *node = put(&rows->root, key, &made);
        struct value *value = sim_new(sizeof(*value) + size);

        value->refs = 1;
        value->len = (uint32_t)size;
        drop_value(node->value);
        node->value = value;
        rows->count += made;
        return value->bytes;
}

static struct sim_node *join(struct sim_node *left, struct sim_node *right)
{
        if (!left || !right)
                return left ? left : right;
        if (left->priority > right->priority) {
                own(&left);
                left->right = join(left->right, right);
                return left;
        }
        own(&right);
        right->left = join(left, right->left);
        return right;
}

static void remove_from(struct sim_node **at, struct qf_view key)
{
        struct sim_node *node = own(at);
        int sign = order(key, node);

        if (sign != 0) {
                remove_from(sign < 0 ? &node->left : &node->right, key);
                return;
        }
        *at = join(node->left, node->right);
        node->left = node->right = NULL;
        drop(node);
}

bool sim_rows_remove(struct sim_rows *rows, struct qf_view key)
{
        struct qf_view value;

        if (!sim_rows_get(rows, key, &value))
                return false;
        remove_from(&rows->root, key);
        rows->count--;
        return true;
}

bool sim_rows_get(const struct sim_rows *rows, struct qf_view key, struct qf_view *ret_value)
{
        const struct sim_node *node = rows->root;

        while (node) {
                int sign = order(key, node);
                if (sign == 0) {
                        *ret_value = value_of(node);
                        return true;
                }
                node = sign < 0 ? node->left : node->right;
        }
        return false;
}

static bool give(const struct sim_node *node, struct qf_view *ret_key, struct qf_view *ret_value)
{
        if (!node)
                return false;
        *ret_key = key_of(node);
        *ret_value = value_of(node);
        return true;
}

bool sim_rows_seek(const struct sim_rows *rows, struct qf_view from, bool after, struct qf_view *ret_key,
                   struct qf_view *ret_value)
{
        const struct sim_node *node = rows->root, *best = NULL;

        while (node) {
                int sign = order(from, node);
                bool beyond = sign < 0 || (sign == 0 && !after);
                if (beyond)
                        best = node;
                node = beyond ? node->left : node->right;
        }
        return give(best, ret_key, ret_value);
}

bool sim_rows_seek_back(const struct sim_rows *rows, struct qf_view upto, struct qf_view *ret_key,
                        struct qf_view *ret_value)
{
        const struct sim_node *node = rows->root, *best = NULL;

        while (node) {
                bool within = order(upto, node) >= 0;
                if (within)
                        best = node;
                node = within ? node->right : node->left;
        }
        return give(best, ret_key, ret_value);
}

bool sim_rows_last(const struct sim_rows *rows, struct qf_view *ret_key, struct qf_view *ret_value)
{
        const struct sim_node *node = rows->root;

        while (node && node->right)
                node = node->right;
        return give(node, ret_key, ret_value);
}
