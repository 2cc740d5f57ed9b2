/* script: the words in which the contract of the store is written.
 *
 * One step is one line and gives one line: a case is a text, and two stores can be compared.
 *
 *   apply CHANGE|CHANGE…         CHANGE is PUT&PUT…, ~ behind it: may use the reserve
 *                                gives ok, known, conflict, full or unknown for each
 *   get NAME                     gives a ROW, or absent
 *   list KIND FROM TO AFTER up|down LIMIT    - is ""; AFTER is PART.KEY; gives ROWs, and "more"
 *   due KIND MAX LIMIT           the same
 *   lease NOW UNTIL LIMIT        the same
 *
 * NAME is PART.KIND.KEY, PUT is NAME=VERSION:BYTES@DUE or NAME!VERSION (drop), where VERSION is
 * new, any or a number; ROW is written as PUT is. @DUE may be left out; @@DUE takes the lease.
 */
#ifndef TEST_STORE_SCRIPT_H
#define TEST_STORE_SCRIPT_H

#include "store/store.h"

str script_step(struct arena *mem, struct store *s, str step);
/* "STEP -> RESULT" lines: checks each; a step without -> is done unlooked at, # begins a comment.
 */
void script_check(struct arena *mem, struct store *s, const char *row, str script);
str script_kept(enum kept kept);

#endif
