/* banned: included by the build before everything; what must not be called in this house. */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf gets strtok strtok_r atoi atol
#pragma GCC poison atoll atof localtime gmtime ctime asctime rand srand srandom system
#pragma GCC poison mktemp tmpnam

#endif
