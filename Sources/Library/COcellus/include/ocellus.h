/* Ocellus as a library: int8 vision models, from a bundle that `ocellus build` has made to labels and tensors.
 *
 *     char error[256];
 *     ocellus_model *model = ocellus_open("person.ocellus", 0, 0, error, sizeof error);
 *     if (!model) { fputs(error, stderr); exit(1); }
 *     ocellus_write(model, 0, input, sizeof input);    // or ocellus_write_picture
 *     ocellus_run(model);
 *     ocellus_read(model, 0, output, sizeof output);   // or ocellus_top
 *     ocellus_close(model);
 *
 * What is promised:
 *  - Results are the same bytes on every CPU, those of TensorFlow Lite's reference kernels.
 *  - After a model is open nothing allocates memory but a call that fails, and the first picture of another size or format than
 *    the one before.
 *  - Whatever bytes a bundle has, opening it gives an error, or a model that stays within its memory. Calls with a null model,
 *    indices out of range or buffers of the wrong size give errors.
 *  - Programs built with this header run with every later library of the same OCELLUS_ABI: functions are added, none is changed
 *    or removed, and numbers keep their meaning. Both types are opaque. A library reads bundles of its own version's `ocellus`;
 *    others are refused with what to do.
 *
 * Threads: one at a time may use a model, whichever. Different models are independent. A model's own threads (see `threads`)
 * take no signals, sleep between runs, and end with ocellus_close. After fork a model is the parent's alone.
 *
 * Texts are UTF-8. Where a function fills a buffer with a text it gives the text's length; as much as fits is written, whole
 * characters and always a terminating NUL, unless the capacity is 0.
 *
 * Functions that return int return 0, or -1 with a reason in ocellus_error.
 */
#ifndef OCELLUS_H
#define OCELLUS_H

#include <stddef.h>
#include <stdint.h>

#define OCELLUS_VERSION "0.2.0"
#define OCELLUS_VERSION_MAJOR 0
#define OCELLUS_VERSION_MINOR 2
#define OCELLUS_VERSION_PATCH 0
#define OCELLUS_ABI 1 /* libocellus.so.1 */

#ifdef __cplusplus
extern "C" {
#endif

/* The version of the library that runs: "0.2.0". Lives for ever. */
const char *ocellus_version(void);

/* Opening and closing. */

typedef struct ocellus_model ocellus_model;

enum {
    OCELLUS_REPACK = 1, /* a bundle for another kind of CPU is packed again, in memory, which takes time; else it is refused */
    OCELLUS_BORROW = 2  /* ocellus_open_memory: the bytes are used where they are, not copied */
};

/* Opens the bundle at `path`. Its file is mapped and used in place: put a new one over it by renaming, never shorten it.
 *  threads   1 to what the bundle was built for; more make no difference; 0: those
 *  flags     OCELLUS_REPACK or 0
 *  error     takes the reason on failure, an empty text else; may be NULL with a capacity of 0
 * NULL: it could not be opened. */
ocellus_model *ocellus_open(const char *path, unsigned threads, unsigned flags, char *error, size_t capacity);

/* Opens a bundle of `length` bytes in memory. They are copied and no longer needed; with OCELLUS_BORROW they must lie at a
 * multiple of 64, stay until ocellus_close and not change. */
ocellus_model *ocellus_open_memory(
    const void *bytes, size_t length, unsigned threads, unsigned flags, char *error, size_t capacity);

/* Gives everything back; NULL is fine. */
void ocellus_close(ocellus_model *model);

/* Why the last call that failed on this model did; empty if none has. Stays until the next one fails or the model is closed. */
const char *ocellus_error(const ocellus_model *model);

/* What a model is. Of NULL: 0, and empty texts. */

size_t ocellus_name(const ocellus_model *model, char *text, size_t capacity);
size_t ocellus_kernels(const ocellus_model *model, char *text, size_t capacity); /* "scalar", "avx2", "neon", … */
unsigned ocellus_threads(const ocellus_model *model);                            /* the calling one among them */
size_t ocellus_arena_bytes(const ocellus_model *model);                          /* memory of all activations */

/* Inputs and outputs, in the trained model's order. */

typedef struct ocellus_tensor ocellus_tensor;

enum { OCELLUS_INT8 = 1, OCELLUS_UINT8 = 2, OCELLUS_INT32 = 3, OCELLUS_INT64 = 4, OCELLUS_FLOAT32 = 5 };

size_t ocellus_input_count(const ocellus_model *model);
size_t ocellus_output_count(const ocellus_model *model);
/* NULL out of range. Lives as long as the model. */
const ocellus_tensor *ocellus_input(const ocellus_model *model, size_t index);
const ocellus_tensor *ocellus_output(const ocellus_model *model, size_t index);

/* Of NULL: 0, and an empty name. A quantized value q stands for scale * (q - zero point); scale 0: not quantized. */
size_t ocellus_tensor_name(const ocellus_tensor *tensor, char *text, size_t capacity);
int ocellus_tensor_type(const ocellus_tensor *tensor);                      /* OCELLUS_INT8, … */
size_t ocellus_tensor_rank(const ocellus_tensor *tensor);                   /* 0 to 6 */
size_t ocellus_tensor_extent(const ocellus_tensor *tensor, size_t dimension); /* 1 past the rank */
size_t ocellus_tensor_bytes(const ocellus_tensor *tensor);
float ocellus_tensor_scale(const ocellus_tensor *tensor);
int32_t ocellus_tensor_zero_point(const ocellus_tensor *tensor);

/* One inference: every input is written, ocellus_run, outputs and scores are read. Inputs and outputs share memory, so inputs
 * are written anew for each run, and what a run gave goes when the next input is written; a call out of this order is an
 * error. */

/* Copies an input in: all its bytes, row-major and little-endian, in the model's type. */
int ocellus_write(ocellus_model *model, size_t input, const void *bytes, size_t length);

enum {
    OCELLUS_GREY = 1,   /* a byte a pixel */
    OCELLUS_RGB = 2,    /* three bytes a pixel */
    OCELLUS_BGR = 3,
    OCELLUS_YUV420 = 4, /* planes of luma, Cb, Cr (I420); this and those below in limited range, as cameras give them */
    OCELLUS_NV12 = 5,   /* luma, then pairs of Cb and Cr */
    OCELLUS_NV21 = 6,   /* luma, then pairs of Cr and Cb */
    OCELLUS_YUYV = 7,   /* pairs of pixels: Y Cb Y Cr; of an even width */
    OCELLUS_UYVY = 8
};

/* Makes the input of a picture as the bundle says: cropped, turned, resized, quantized, its masks painted over.
 *  bytes, length   its rows from the top, planes one behind the other
 *  width, height   1 to 16384 pixels
 *  stride          bytes from one row of the first plane to the next; 0: rows without padding */
int ocellus_write_picture(
    ocellus_model *model, int format, const void *bytes, size_t length, size_t width, size_t height, size_t stride);

int ocellus_run(ocellus_model *model);

/* Copies an output out: all its bytes, row-major and little-endian, in the model's type. */
int ocellus_read(ocellus_model *model, size_t output, void *bytes, size_t length);

/* Labels, where the bundle has scores: 0 of them and errors elsewhere. */

size_t ocellus_label_count(const ocellus_model *model);
/* The label's name; empty out of range, or where the bundle has scores without names. */
size_t ocellus_label(const ocellus_model *model, size_t label, char *text, size_t capacity);
/* The best `count` labels of the last run in falling order, equal ones in the model's order: their indices, and their scores
 * from 0 to 1, exact multiples of 1/65536. At least one of the arrays is not NULL.
 * How many were filled, fewer where there are fewer labels; -1: an error. */
int ocellus_top(ocellus_model *model, size_t *labels, float *scores, size_t count);

#ifdef __cplusplus
}
#endif

#endif
