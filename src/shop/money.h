/* money: an amount in minor units of a currency; never a double.
 *
 * A currency is three capital letters out of the table in money.c, which knows its decimals (2; JPY
 * and others 0). Adding two currencies is a broken promise (assert). Amounts are within ±10^13.
 */
#ifndef SHOP_MONEY_H
#define SHOP_MONEY_H

#include "base/err.h"

typedef struct money {
    int64_t minor;
    char currency[4]; /* NUL-terminated; "" only in a zeroed money */
} money;

bool money_currency_is(str currency);
/* "499.00", "499" in the given currency. No sign, comma, exponent, blanks; not more decimals than
 * the currency has, and none or all of them. The sentence of ERR_INVALID is for the owner. */
MUST err money_amount_read(str text, str currency, money *out);
/* "499.00 PLN", "PLN 499.00", "499 PLN"; a bare "499.00" takes `currency` ("" refuses bare). */
MUST err money_read(str text, str currency, money *out);
/* What a page, an include or a person may have printed: also "1 499,00 zł", "PLN 1,499.00",
 * "499,00 PLN", with blanks or U+00A0. Only to compare with our own price. */
MUST err money_read_shown(str text, str currency, money *out);
/* "499.00": decimal text with the currency's decimals, for JSON, gateways and signatures. */
str money_amount(struct arena *mem, money m);
/* "499.00 PLN" */
str money_write(struct arena *mem, money m);
/* For people: "1 499,00 zł" with U+00A0 in pl, "PLN 1,499.00" in en and all others. */
str money_show(struct arena *mem, money m, str lang);
money money_of(int64_t minor, str currency);
bool money_is(money a, money b);
money money_add(money a, money b);
/* The tax inside a gross amount: gross * r / (100 + r), half up. Rate: "23", "5", "8.5"; texts
 * such as "zw", "np", "0" give 0. ERR_INVALID when it is neither number (0…100, two decimals)
 * nor [a-z]{1,4}. */
MUST err money_tax(money gross, str rate, money *out);

#endif
