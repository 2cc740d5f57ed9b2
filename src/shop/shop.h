/* shop: the loaded shop, one immutable snapshot of shop.yml and the data files.
 *
 * shop_read checks everything it can without the world and reports every mistake with its place;
 * what it accepts does not fail at run time for a reason that stood in the files. Texts keep
 * ${NAME}; the values of secrets are handed in separately and never copied into the snapshot.
 */
#ifndef SHOP_SHOP_H
#define SHOP_SHOP_H

#include "base/hash.h"
#include "base/report.h"
#include "base/time.h"
#include "base/zone.h"
#include "shop/product.h"
#include "shop/step.h"

struct shop_gateway { /* one of gateways: */
    str name, use;
    const struct tree *settings;   /* its map in shop.yml */
    const struct tree *currencies; /* list, or null: the shop's currency */
    struct place at;
};

struct shop_step { /* one of steps: */
    str id, does;
    const struct tree *with;  /* map, or null */
    const struct tree *needs; /* list as written, or null */
    const struct tree *waits; /* list of step ids: `needs` and those named in `with` */
    const struct tree *gives; /* list of the value names it obtains; null when unknown */
    struct place at;
};

struct shop_connector { /* one of connectors: named settings that steps use as "do: <name>.…" */
    str name;
    const struct tree *settings;
    struct place at;
};

struct consent {
    str id, text; /* Markdown */
    bool required;
    str version, hash; /* version: first 12 of the hash when not given */
    struct place at;
};

struct seller {
    str name, address, country, tax_id, email;
};

enum { SHOP_LISTENS = 4 };

struct shop {
    str name, url, api, lang, currency, timezone;
    bool live;
    struct seller seller;
    str store; /* "sqlite:var/shop.db" */
    str mail_from, mail_send;
    str mail_reply_to;         /* the seller's address when not given; "": nobody can be answered */
    str log;                   /* "requests" (the default), "steps" or "quiet" */
    const struct tree *listen; /* texts, 1 to SHOP_LISTENS */
    const struct tree *proxies;
    int64_t orders_per_address, orders_per_email; /* a minute; 0: no limit */
    int64_t connections, connections_per_address; /* open at once; the second: 0: no limit */
    int64_t expire_ms;                            /* an unpaid order: 7 days */
    const struct tree *settings;                  /* the whole of shop.yml */
    struct shop_gateway *gateways;
    size_t gateway_count;
    struct shop_step *steps;
    size_t step_count;
    struct shop_connector *connectors;
    size_t connector_count;
    struct consent *consents;
    size_t consent_count;
    struct product *products;
    size_t product_count;
    const void *index;          /* of products by id, see shop_product */
    struct hash_key secret;     /* 32 bytes; set by app/load */
    const struct tree *secrets; /* NAME -> value; set by app/load */
    const struct zone *zone;    /* of timezone; set by app/load; null: UTC */
};

/* What the caller knows of partners, so that shop need not: names of gateways and connectors, and
 * which values a connector gives (so that {{invitation.link}} can be checked). */
struct shop_partners {
    const str *gateways;
    size_t gateway_count;
    const str *connectors; /* "academy.invite", "http", "mail" */
    size_t connector_count;
    /* Names of the values that a step of that kind with those settings gives; null when unknown. */
    const struct tree *(*values)(struct arena *mem, str does, const struct tree *with);
};

/* settings: the tree of shop.yml, products: of _data/products.yml; either may be null
 * (reported). The snapshot is given also when there were mistakes, as far as it goes: only for
 * showing. */
struct shop *shop_read(struct arena *mem, const struct tree *settings, const struct tree *products,
    const struct shop_partners *partners, struct report *report);
/* Null when there is none. */
/* What is wrong with a value of `store`; empty when nothing is. */
str shop_store_fault(str text);

const struct product *shop_product(const struct shop *shop, str id);
/* The gateway offered for that currency: the first that fits; null when none does. */
const struct shop_gateway *shop_gateway_for(const struct shop *shop, str currency);
const struct shop_gateway *shop_gateway(const struct shop *shop, str name);
const struct shop_connector *shop_connector(const struct shop *shop, str name);
const struct shop_step *shop_step(const struct shop *shop, str id);
/* Whether who buys it is owed this step: all of the shop's, or those that its `steps` name. p is
 * null for what has left the catalogue: it still owes what the shop owes for all. */
bool shop_owes(const struct product *p, str step);

#endif
