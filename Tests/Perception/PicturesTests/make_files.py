#!/usr/bin/env python3
"""Writes the small pictures in Files/ that the tests decode.

Every one shows the same 17 x 11 gradient, so that the tests know each pixel without a decoder of their own:
red = 15 x, green = 23 y, blue = 255 - 15 x; the grey ones 7 (x + y).

Needs: pillow, numpy.
"""
import pathlib

import numpy as np
from PIL import Image

here = pathlib.Path(__file__).parent / "Files"
here.mkdir(exist_ok=True)
y, x = np.mgrid[0:11, 0:17]
rgb = np.stack([15 * x, 23 * y, 255 - 15 * x], axis=-1).astype(np.uint8)
grey = (7 * (x + y)).astype(np.uint8)
colour_picture = Image.fromarray(rgb)
grey_picture = Image.fromarray(grey)

colour_picture.save(here / "rgb.png")
grey_picture.save(here / "grey.png")
colour_picture.save(here / "rgb.bmp")
grey_picture.save(here / "grey.bmp")
colour_picture.save(here / "rgb.ppm")
grey_picture.save(here / "grey.pgm")
colour_picture.save(here / "rgb.jpg", quality=98, subsampling=0)
colour_picture.save(here / "progressive.jpg", quality=98, subsampling=0, progressive=True)
grey_picture.save(here / "grey.jpg", quality=98)
# A restart marker between the two rows of blocks.
grey_picture.save(here / "restarts.jpg", quality=98, restart_marker_rows=1)
colour_picture.convert("CMYK").save(here / "cmyk.jpg")

# Alpha 255 on the left half and 0 on the right.
alpha = np.where(x < 8, 255, 0).astype(np.uint8)
Image.fromarray(np.dstack([rgb, alpha])).save(here / "alpha.png")
# 16 bits a sample: the same grey, value * 257.
Image.fromarray(grey.astype(np.uint16) * 257).save(here / "grey16.png")

# Made once, by hand, after what users have reported: frame.jpg, corrupt-two-soi.jpg (its first marker twice), exif-6.jpg,
# extra-control.jpg, extra-before-eoi.jpg (bytes before the last marker), 421111.jpg (luma four times as wide as chroma),
# top-down-24.bmp and v5-header-24.bmp (the same pixels, rows from either end).
