/* coding: gzip for those who take it. Only for what is the same for everybody: a compressed page
 * that holds a secret and a stranger's words tells the secret by its length (BREACH). The only door
 * to zlib. */
#ifndef HTTP_CODING_H
#define HTTP_CODING_H

#include "http/message.h"

/* Accept-Encoding takes gzip (by name or by `*`, with a quality above 0). */
bool request_takes_gzip(const struct request *r);
/* The same bytes give the same bytes. */
str gzip_write(struct arena *mem, str bytes);

#endif
