#include "io/gnutls.h"

bool gnutls_open(void) {
    return true;
}
