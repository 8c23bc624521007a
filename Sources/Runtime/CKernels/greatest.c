#include <oc_greatest.h>

uint8_t oc_greatest(const uint8_t *bytes, uint32_t count, uint8_t flip) {
    uint8_t greatest = 0;
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t value = bytes[i] ^ flip;
        greatest = value > greatest ? value : greatest;
    }
    return greatest;
}
