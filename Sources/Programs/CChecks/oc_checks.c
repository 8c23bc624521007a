#include "oc_checks.h"

#pragma clang diagnostic ignored "-Wc23-extensions" /* clang has #embed in every mode */

static const uint8_t cases[] = {
#embed "cases.bin"
};

const uint8_t *oc_checks_cases(size_t *bytes) {
    *bytes = sizeof cases;
    return cases;
}
