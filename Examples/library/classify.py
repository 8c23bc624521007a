#!/usr/bin/env python3
"""classify.py BUNDLE INPUT [OUTPUT]: runs a model on its raw input bytes, or on a picture in .npy of shape [height, width, 3],
uint8; prints the best labels, and writes the first output's bytes. OCELLUS names the library where it is not installed."""
import ctypes
import os
import sys

import numpy as np

lib = ctypes.CDLL(os.environ.get("OCELLUS", "libocellus.so.1"))
for name, result in [("open", ctypes.c_void_p), ("error", ctypes.c_char_p), ("output", ctypes.c_void_p),
                     ("label", ctypes.c_size_t), ("tensor_bytes", ctypes.c_size_t)]:
    getattr(lib, "ocellus_" + name).restype = result
size, pointer = ctypes.c_size_t, lambda array: array.ctypes.data_as(ctypes.c_void_p)

text = ctypes.create_string_buffer(256)
model = lib.ocellus_open(os.fsencode(sys.argv[1]), 0, 1, text, size(256))  # 1: OCELLUS_REPACK
if not model:
    sys.exit(text.value.decode())
model = ctypes.c_void_p(model)


def check(code):
    return code if code >= 0 else sys.exit(lib.ocellus_error(model).decode())


if sys.argv[2].endswith(".npy"):
    picture = np.ascontiguousarray(np.load(sys.argv[2]), np.uint8)
    height, width, _ = picture.shape
    check(lib.ocellus_write_picture(model, 2, pointer(picture), size(picture.nbytes), size(width), size(height), size(0)))
else:
    tensor = np.fromfile(sys.argv[2], np.uint8)
    check(lib.ocellus_write(model, size(0), pointer(tensor), size(tensor.nbytes)))
check(lib.ocellus_run(model))

labels, scores = np.zeros(5, np.uintp), np.zeros(5, np.float32)
for place in range(lib.ocellus_top(model, pointer(labels), pointer(scores), size(5))):  # -1: the bundle has no scores
    lib.ocellus_label(model, size(labels[place]), text, size(256))
    print(f"{scores[place]:.4f} {text.value.decode()}")

output = np.zeros(lib.ocellus_tensor_bytes(ctypes.c_void_p(lib.ocellus_output(model, size(0)))), np.uint8)
check(lib.ocellus_read(model, size(0), pointer(output), size(output.nbytes)))
if len(sys.argv) > 3:
    output.tofile(sys.argv[3])
lib.ocellus_close(model)
