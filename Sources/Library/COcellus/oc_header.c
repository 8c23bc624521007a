#include "ocellus.h"

#include <oc_layout.h>

/* The header stands alone for its users; this keeps its numbers the bundle's. */
_Static_assert(
    OCELLUS_INT8 == OC_TYPE_INT8 && OCELLUS_UINT8 == OC_TYPE_UINT8 && OCELLUS_INT32 == OC_TYPE_INT32
        && OCELLUS_INT64 == OC_TYPE_INT64 && OCELLUS_FLOAT32 == OC_TYPE_FLOAT32,
    "types have the bundle's numbers");
_Static_assert(OC_MAX_RANK == 6, "the header names the largest rank");
