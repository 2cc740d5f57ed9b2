/* limits: every ceiling of the house, in one place, each with its reason. Bytes unless named. */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

#include <stddef.h>

enum {
    LIMIT_BODY = 64 * 1024,         /* a form, JSON order or note: the largest real note is 4 KiB */
    LIMIT_REQUEST_ARENA = 32 << 20, /* one request: body, tree, page */
    LIMIT_JOB_ARENA = 32 << 20,     /* one job: an order with notes and one answer of a partner */
    LIMIT_SHOP_ARENA = 1 << 30,     /* a loaded shop of 200,000 products with their texts */
    LIMIT_COMMAND_ARENA = 1 << 30,
    LIMIT_PRODUCTS = 200000,
    LIMIT_YAML = 64 << 20,    /* the catalogue */
    LIMIT_SETTINGS = 1 << 20, /* shop.yml */
    LIMIT_FRONT = 64 * 1024,  /* what stands before a page */
    LIMIT_ZONE = 64 * 1024,   /* a time zone of tzdata: they have 4 KiB */
    LIMIT_YAML_DEPTH = 16,
    LIMIT_YAML_KEYS = 1000, /* of a map: names are looked up one by one */
    LIMIT_YAML_NODES = 2000000, /* 100,000 products have 1.2 million; each takes 0.1 KiB */
    LIMIT_JSON_DEPTH = 32,
    LIMIT_ANSWER = 1 << 20,  /* what a partner may answer */
    LIMIT_ROW = 60 * 1024,   /* bytes of one kept row: Azure's property ends at 64 KiB */
    LIMIT_KEY = 512,         /* a part, kind or key: Azure's end at 1 KiB of UTF-16 */
    LIMIT_LIST = 2 << 20,    /* bytes of all rows of one list: fits a request's arena */
    LIMIT_CHANGE_PUTS = 100, /* puts in a change: Azure's transaction */
    LIMIT_PAGE = 4 << 20,    /* a rendered page */
    LIMIT_REPORT_ROWS = 1000,
    LIMIT_FIELD = 4096, /* the name of a form field; a value that a partner gives */
    LIMIT_FIELDS = 100,
    LIMIT_HEADERS = 100, /* of a request */
};

#endif
