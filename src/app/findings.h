/* findings: what `grosz doctor --tell` found amiss, as a letter to the owner.
 *
 * Told when something is amiss that was not when it was last looked at, and once a week while it
 * stays; what was last found is one kept row. Sent as any matter, so it comes late rather than
 * never; a mail server that is itself what is amiss is why doctor ends with 3 as well.
 */
#ifndef APP_FINDINGS_H
#define APP_FINDINGS_H

#include "app/work.h"

/* list: maps with the texts check, says, mend; all that is amiss now, also nothing. */
MUST err findings_tell(
    struct arena *mem, const struct work *w, const struct tree *list, bool *told);

#endif
