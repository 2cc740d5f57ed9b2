/* gateways: the providers this program knows, for the table in gateway.c. */
#ifndef PARTNER_GATEWAYS_H
#define PARTNER_GATEWAYS_H

#include "partner/gateway.h"

extern const struct gateway gateway_test;
extern const struct gateway gateway_tpay;

#endif
