/* tls: `tls: {cert: FILE, key: FILE}` of shop.yml: the files are read and judged when the shop is.
 *
 * Paths are relative to the shop's folder, or absolute and then anywhere: certificates lie in /etc.
 * What a browser would refuse is a mistake, what is only unwise is advice.
 */
#ifndef APP_TLS_H
#define APP_TLS_H

#include "io/certificate.h"
#include "base/report.h"
#include "shop/shop.h"

/* Null: there is no `tls`, or a mistake was added. Kept until mem ends. */
struct certificate *tls_load(
    struct arena *mem, str dir, const struct shop *shop, instant now, struct report *report);

/* Why browsers refuse it at that time; empty when they do not. */
str tls_fault(struct arena *mem, const struct certificate *c, instant now);
/* "2026-11-27" */
str tls_day(struct arena *mem, instant at);

#endif
