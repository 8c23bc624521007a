#ifndef OC_GREATEST_H
#define OC_GREATEST_H

#include <stdint.h>

/* The greatest of `count` bytes, each XOR `flip`; 0 where there are none. */
uint8_t oc_greatest(const uint8_t *bytes, uint32_t count, uint8_t flip);

#endif
