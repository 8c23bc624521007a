/* steady BUNDLE RUNS: opens a model and uses all of its functions, so many times; ends with an error where one of them allocates
 * after the model is open and has seen its first picture. Linked with --wrap for the malloc family, the C library's own calls
 * among them where it is static. */
#define _GNU_SOURCE
#include <ocellus.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static atomic_long calls;

#define COUNTED(result, name, parameters, ...)                                                                                 \
    result __real_##name parameters;                                                                                           \
    result __wrap_##name parameters {                                                                                          \
        atomic_fetch_add(&calls, 1);                                                                                           \
        return __real_##name(__VA_ARGS__);                                                                                     \
    }
COUNTED(void *, malloc, (size_t size), size)
COUNTED(void *, calloc, (size_t count, size_t size), count, size)
COUNTED(void *, realloc, (void *old, size_t size), old, size)
COUNTED(void *, aligned_alloc, (size_t alignment, size_t size), alignment, size)
COUNTED(int, posix_memalign, (void **memory, size_t alignment, size_t size), memory, alignment, size)

static void demand(int holds, const char *what, ocellus_model *model) {
    if (holds) return;
    fprintf(stderr, "steady: %s: %s\n", what, ocellus_error(model));
    exit(1);
}

static unsigned char bytes[1 << 16], output[1 << 16];

static void picture(ocellus_model *model) {
    demand(ocellus_write_picture(model, OCELLUS_RGB, bytes, sizeof bytes, 120, 90, 0) == 0, "write_picture", model);
    demand(ocellus_run(model) == 0, "run", model);
}

static void use(ocellus_model *model) {
    char text[32];
    size_t labels[3];
    float scores[3];
    const ocellus_tensor *in = ocellus_input(model, 0), *out = ocellus_output(model, 0);
    demand(ocellus_input_count(model) && ocellus_output_count(model) && ocellus_threads(model), "counts", model);
    demand(ocellus_name(model, text, sizeof text) && ocellus_kernels(model, text, sizeof text), "texts", model);
    demand(ocellus_tensor_name(in, text, sizeof text) && ocellus_tensor_type(in) && ocellus_tensor_rank(in), "facts", model);
    demand(ocellus_tensor_extent(in, 1) && ocellus_tensor_scale(in) > 0 && ocellus_tensor_zero_point(in), "facts", model);
    demand(ocellus_write(model, 0, bytes, ocellus_tensor_bytes(in)) == 0, "write", model);
    demand(ocellus_run(model) == 0, "run", model);
    demand(ocellus_read(model, 0, output, ocellus_tensor_bytes(out)) == 0, "read", model);
    demand(ocellus_top(model, labels, scores, 3) > 0, "top", model);
    demand(ocellus_label_count(model) && ocellus_label(model, labels[0], text, sizeof text), "label", model);
}

int main(int count, char **arguments) {
    char error[256];
    if (count != 3) return 2;
    long runs = atol(arguments[2]);
    ocellus_model *model = ocellus_open(arguments[1], 0, OCELLUS_REPACK, error, sizeof error);
    if (!model) return fprintf(stderr, "steady: %s\n", error), 1;
    long opened = calls;
    demand(opened > 0, "nothing is counted", model);
    for (long i = 0; i < runs; i++) use(model);
    demand(calls == opened, "allocates after open", model);
    picture(model);
    long seen = calls;
    for (long i = 0; i < runs; i++) picture(model);
    demand(calls == seen, "allocates after the first picture", model);
    printf("%ld calls to open, %ld for the first picture, none in %ld inferences\n", opened, seen - opened, 2 * runs);
    ocellus_close(model);
    return 0;
}
