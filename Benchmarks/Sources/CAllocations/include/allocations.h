#ifndef ALLOCATIONS_H
#define ALLOCATIONS_H

#include <stdint.h>

/// How often this thread has asked for memory: malloc, calloc, realloc and the aligned ones.
uint64_t allocation_count(void);

#endif
