/* classify BUNDLE INPUT [OUTPUT]: runs a model on its raw input bytes, or on a picture that begins with P6 (PPM); prints the best
 * labels, and writes the first output's bytes. */
#include <ocellus.h>
#include <stdio.h>
#include <stdlib.h>

static int fail(const char *reason) { return fprintf(stderr, "classify: %s\n", reason), 1; }

int main(int count, char **arguments) {
    char text[256];
    if (count < 3) return fail("usage: classify BUNDLE INPUT [OUTPUT]");
    ocellus_model *model = ocellus_open(arguments[1], 0, OCELLUS_REPACK, text, sizeof text);
    if (!model) return fail(text);

    static unsigned char bytes[1 << 24];
    FILE *file = fopen(arguments[2], "rb");
    if (!file) return fail("cannot read the input");
    unsigned width = 0, height = 0;
    int is_picture = fscanf(file, "P6 %u %u 255", &width, &height) == 2 && fgetc(file) != EOF;
    if (!is_picture) rewind(file);
    size_t length = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    int code = is_picture ? ocellus_write_picture(model, OCELLUS_RGB, bytes, length, width, height, 0)
                          : ocellus_write(model, 0, bytes, length);
    if (code < 0 || ocellus_run(model) < 0) return fail(ocellus_error(model));

    size_t labels[5];
    float scores[5];
    int best = ocellus_top(model, labels, scores, 5); /* -1: the bundle has no scores */
    for (int i = 0; i < best; i++) {
        ocellus_label(model, labels[i], text, sizeof text);
        printf("%.4f %s\n", scores[i], text);
    }

    length = ocellus_tensor_bytes(ocellus_output(model, 0));
    if (count > 3 && ocellus_read(model, 0, bytes, length) == 0) {
        file = fopen(arguments[3], "wb");
        if (!file || fwrite(bytes, 1, length, file) != length || fclose(file)) return fail("cannot write the output");
    }
    ocellus_close(model);
    return 0;
}
