/* hostile BUNDLE COPIES: damaged copies of a bundle, their checksums made right again for most of them, each opened from memory
 * of just its size: an error with a reason, or a model that can be asked and, where its plan is small, run. */
#include <ocellus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint64_t state;

static uint32_t below(uint32_t limit) { /* SplitMix64 */
    uint64_t mixed = state += 0x9e3779b97f4a7c15u;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebu;
    return (uint32_t)((mixed ^ mixed >> 31) % limit);
}

static uint32_t crc32c(const uint8_t *bytes, size_t count) {
    uint32_t crc = ~0u;
    for (size_t i = 0; i < count; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
    }
    return ~crc;
}

static uint32_t word(const uint8_t *at) { return at[0] | at[1] << 8 | at[2] << 16 | (uint32_t)at[3] << 24; }

static void put(uint8_t *at, uint32_t value) {
    for (int i = 0; i < 4; i++) at[i] = (uint8_t)(value >> 8 * i);
}

/* Header of 64 bytes, with the sections' number at 12, the table's checksum at 24 and its own at 28; entries of 32 bytes with
 * offset at 8, length at 16 and checksum at 24. */
static void repair(uint8_t *file, size_t count) {
    uint32_t sections = count < 64 ? 0 : word(file + 12);
    if (sections > 32 || 64 + 32 * (size_t)sections > count) return;
    for (uint32_t i = 0; i < sections; i++) {
        uint8_t *entry = file + 64 + 32 * i;
        uint64_t offset = word(entry + 8), length = word(entry + 16);
        if (offset + length <= count) put(entry + 24, crc32c(file + offset, length));
    }
    put(file + 24, crc32c(file + 64, 32 * sections));
    put(file + 28, 0);
    put(file + 28, crc32c(file, 64));
}

static size_t damage(uint8_t *file, size_t count) {
    static const uint32_t edges[] = {0, 1, 2, 0x7f, 0x80, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffff80, 0xffffffff};
    do {
        size_t at = below(3) ? below(count < 4096 ? (uint32_t)count : 4096) : below((uint32_t)count);
        at = at / 4 * 4;
        if (at + 4 > count) continue;
        switch (below(4)) {
        case 0: put(file + at, edges[below(sizeof edges / sizeof *edges)]); break;
        case 1: put(file + at, word(file + at) + below(129) - 64); break;
        case 2: put(file + at, word(file + at) ^ 1u << below(32)); break;
        default: put(file + at, word(file + below((uint32_t)count / 4) * 4)); break;
        }
    } while (below(2));
    if (below(16) == 0) count = below((uint32_t)count + 1);
    if (below(8)) repair(file, count);
    return count;
}

static void fail(const char *what, long number) {
    fprintf(stderr, "hostile: copy %ld: %s\n", number, what);
    abort();
}

static void use(ocellus_model *model, size_t file, long number) {
    char text[32];
    for (size_t i = 0; i < ocellus_label_count(model) && i < 100; i++) ocellus_label(model, i, text, sizeof text);
    ocellus_name(model, text, sizeof text);
    if ((uint64_t)ocellus_arena_bytes(model) * file > 1 << 26) return;
    for (size_t i = 0; i < ocellus_input_count(model); i++) {
        size_t length = ocellus_tensor_bytes(ocellus_input(model, i));
        void *bytes = calloc(1, length);
        if (ocellus_write(model, i, bytes, length) < 0) fail(ocellus_error(model), number);
        free(bytes);
    }
    if (ocellus_run(model) < 0) fail(ocellus_error(model), number);
    for (size_t i = 0; i < ocellus_output_count(model); i++) {
        size_t length = ocellus_tensor_bytes(ocellus_output(model, i));
        void *bytes = malloc(length);
        if (ocellus_read(model, i, bytes, length) < 0) fail(ocellus_error(model), number);
        free(bytes);
    }
}

int main(int count, char **arguments) {
    if (count != 3) return 2;
    static uint8_t original[1 << 22];
    FILE *file = fopen(arguments[1], "rb");
    size_t size = file ? fread(original, 1, sizeof original, file) : 0;
    if (size < 64) return 2;
    fclose(file);
    alarm(300); /* a copy that hangs */
    long refused = 0, copies = atol(arguments[2]);
    for (long number = 0; number < copies; number++) {
        state = (uint64_t)number << 20;
        uint8_t *copy = malloc(size);
        memcpy(copy, original, size);
        size_t length = damage(copy, size);
        void *exact;
        if (posix_memalign(&exact, 64, length ? length : 1)) return 2;
        memcpy(exact, copy, length);
        free(copy);
        char error[200] = "unset";
        unsigned flags = OCELLUS_REPACK | (number & 1 ? OCELLUS_BORROW : 0);
        ocellus_model *model = ocellus_open_memory(exact, length, 1, flags, error, sizeof error);
        if (model) use(model, length, number);
        else if (!*error) fail("no reason", number);
        refused += !model;
        ocellus_close(model);
        free(exact);
    }
    printf("%ld refused, %ld opened\n", refused, copies - refused);
    return refused > copies / 4 && refused < copies ? 0 : 1;
}
