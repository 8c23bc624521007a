#!/usr/bin/env python3
"""Makes clip.y4m: nine seconds of a camera that pans over a field until a man stands in its view, and away again.

The scene is one photograph, source/camera.png (CC0), continued to the right by mirror images of its own background.
On the way the view touches the man for a moment, too short to count; later it loses him for three frames; and the
exposure flickers as that of a cheap camera does. So smoothing, hysteresis and dwell times have something to do.

Needs: pillow, numpy.
"""
import pathlib

import numpy as np
from PIL import Image

HERE = pathlib.Path(__file__).parent
RATE = 8  # frames a second
WIDTH, HEIGHT = 128, 96  # of the clip
VIEW = 256, 192  # what the camera sees of the scene

# Second and left edge of the view: linear in between. The man is in view below about 150.
# fmt: off
PATH = [
    (0, 300), (1.4, 280), (1.625, 110), (1.85, 280), (3.0, 260),    # a glimpse
    (3.8, 40), (5.0, 10), (5.25, 250), (5.5, 20), (6.0, 50),        # he is there, but for one jerk of the camera
    (6.8, 270), (9, 300),                                           # gone
]
# fmt: on


def scene():
    photo = np.asarray(Image.open(HERE / "source" / "camera.png").convert("L")).astype(float)
    background = photo[:, 204:]
    return np.concatenate([photo] + [background[:, ::-1], background] * 3, axis=1)


def main():
    panorama = scene()
    flicker = np.random.RandomState(7).uniform(0.85, 1.12, size=9 * RATE)
    chroma = bytes([128]) * (WIDTH * HEIGHT // 2)
    with open(HERE / "clip.y4m", "wb") as out:
        out.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{RATE}:1 Ip A1:1 C420jpeg XCOLORRANGE=FULL\n".encode())
        for number, gain in enumerate(flicker):
            seconds, edges = zip(*PATH)
            left = round(float(np.interp(number / RATE, seconds, edges)))
            view = np.clip(panorama[: VIEW[1], left : left + VIEW[0]] * gain, 0, 255).astype(np.uint8)
            frame = Image.fromarray(view).resize((WIDTH, HEIGHT), Image.BILINEAR)
            out.write(b"FRAME\n" + frame.tobytes() + chroma)


if __name__ == "__main__":
    main()
