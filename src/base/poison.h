/* poison: forgotten arena space cannot be read in a build with AddressSanitizer; else nothing. */
#ifndef BASE_POISON_H
#define BASE_POISON_H

/* gcc says it with a macro, clang with a feature. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define BASE_POISON_ON
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define BASE_POISON_ON
#endif

#ifdef BASE_POISON_ON
#include <sanitizer/asan_interface.h>
#define POISON(ptr, size)   __asan_poison_memory_region((ptr), (size))
#define UNPOISON(ptr, size) __asan_unpoison_memory_region((ptr), (size))
#else
#define POISON(ptr, size)   ((void)(ptr), (void)(size))
#define UNPOISON(ptr, size) ((void)(ptr), (void)(size))
#endif

#endif
