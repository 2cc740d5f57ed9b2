/* connectors: the kinds of steps this program can do, for the table in connector.c. */
#ifndef PARTNER_CONNECTORS_H
#define PARTNER_CONNECTORS_H

#include "partner/connector.h"

extern const struct connector connector_http;
extern const struct connector connector_academy;
extern const struct connector connector_mail;

#endif
