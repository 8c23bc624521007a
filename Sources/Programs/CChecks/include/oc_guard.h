/* Memory between pages that nothing may touch, and calls of kernels that come back from touching them. */
#ifndef OC_GUARD_H
#define OC_GUARD_H

#include <oc_kernels.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of a page. */
size_t oc_guard_page(void);

/* `bytes` (whole pages) that fault when they are touched; NULL where the machine has no more. */
uint8_t *oc_guard_reserve(size_t bytes);

/* Lets some of those pages be read and written; 0 where that fails. */
int oc_guard_open(uint8_t *pages, size_t bytes);

void oc_guard_release(uint8_t *pages, size_t bytes);

/* The first of `count` bytes that differs; -1: none. */
ptrdiff_t oc_guard_difference(const uint8_t *a, const uint8_t *b, size_t count);

/* Runs a kernel on the calling thread: 1, or 0 where it touched memory that it must not, and where that was. Faults elsewhere
 * end the program as they always do. */
int oc_guard_call(oc_kernel_fn kernel, const oc_step *step, const oc_memory *memory, uint32_t part, uint32_t parts, uintptr_t *address);

#endif
