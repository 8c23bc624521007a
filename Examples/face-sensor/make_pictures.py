#!/usr/bin/env python3
"""Makes the pictures that the model is quantized with, and a clip of faces that come, hide, meet and go.

usage: make_pictures.py FOLDER      photos lie in FOLDER/photos; FOLDER/pictures and FOLDER/clip.y4m are written
"""

import pathlib
import sys

import numpy
from PIL import Image, ImageDraw, ImageFilter

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "accuracy"))
import pictures  # of Examples/accuracy

RATE = 10  # frames a second
WIDTH, HEIGHT = 320, 240

# Photo, and head and shoulders in it: middle, width and height in parts of the photo's width.
EILEEN = ("astronaut.png", 0.45, 0.22, 0.36, 0.42)
GRACE = ("grace_hopper.jpg", 0.51, 0.42, 0.56, 0.72)

# Second, and where the middle is, in pixels: straight lines between. One comes, is hidden while a panel goes past her,
# and leaves through the door; the other comes in there, and stands at the desk.
EILEEN_PATH = [(0.5, -50, 72), (2.5, 150, 72), (5.8, 150, 72), (8.0, 370, 72)]
PANEL_PATH = [(3.2, 430, 135), (5.36, -110, 135)]
GRACE_PATH = [(6.2, 375, 166), (9.8, 58, 166), (12.3, 58, 166), (13.3, -60, 166)]
SECONDS = 15


def head(photos, name, x, y, wide, high, width):
    """A head `width` pixels wide, its oval edge blurred."""
    photo = photos[name]
    left, top = (x - wide / 2) * photo.width, (y - high / 2) * photo.width
    part = photo.crop((round(left), round(top), round(left + wide * photo.width), round(top + high * photo.width)))
    part = part.resize((width, round(width * high / wide)), Image.LANCZOS)
    oval = Image.new("L", part.size)
    ImageDraw.Draw(oval).ellipse((4, 4, part.width - 5, part.height - 5), fill=255)
    return part, oval.filter(ImageFilter.GaussianBlur(3))


def place(path, second):
    """None before it comes and after it went."""
    if not path[0][0] <= second <= path[-1][0]:
        return None
    seconds, xs, ys = zip(*path)
    return float(numpy.interp(second, seconds, xs)), float(numpy.interp(second, seconds, ys))


def paste(frame, part, oval, path, second):
    where = place(path, second)
    if where is None:
        return
    step = 2 * numpy.sin(second * 11)  # of somebody who walks
    frame.paste(part, (round(where[0] - part.width / 2), round(where[1] - part.height / 2 + step)), oval)


def write(file, frame):
    """One frame of full-range YUV 4:2:0 (JFIF's BT.601)."""
    luma, blue, red = frame.convert("YCbCr").split()
    half = (WIDTH // 2, HEIGHT // 2)
    file.write(b"FRAME\n" + luma.tobytes())
    for plane in (blue, red):
        file.write(plane.resize(half, Image.BOX).tobytes())


def clip(photos, file):
    wall = photos["brick.png"].rotate(90).resize((WIDTH, WIDTH)).crop((0, 0, WIDTH, HEIGHT))
    wall = wall.filter(ImageFilter.GaussianBlur(2))  # beyond what is in focus
    panel = photos["gravel.png"].resize((WIDTH, WIDTH)).crop((0, 0, 220, 210)).filter(ImageFilter.GaussianBlur(1))
    figures = [(*head(photos, *EILEEN, 100), EILEEN_PATH), (panel, None, PANEL_PATH),
               (*head(photos, *GRACE, 112), GRACE_PATH)]
    with open(file, "wb") as out:
        out.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{RATE}:1 Ip A1:1 C420jpeg XCOLORRANGE=FULL\n".encode())
        for number in range(SECONDS * RATE):
            frame = wall.copy()
            for figure in figures:
                paste(frame, *figure, number / RATE)
            write(out, frame)


def main():
    folder = pathlib.Path(sys.argv[1])
    photos = pictures.load(folder / "photos")
    samples = folder / "pictures"
    samples.mkdir(exist_ok=True)
    for number, picture in enumerate(pictures.faces(photos, 100, (128, 128), seed=1)):
        picture.save(samples / f"{number:03}.png")
    clip(photos, folder / "clip.y4m")


main()
