"""What a peer's program does with a detector's outputs: boxes, scores and labels of one picture, with NumPy, as its users write it when
time matters. Scores are compared as the raw numbers that they come from, bytes or logits, and only what is above the threshold is
decoded; then the best box of each object stays (greedy suppression, by label).

A decoder is made of a peer's outputs, whose order, layout and scales it finds out once, and called with those of each picture. It gives
corners [n, 4] in pixels of the input, scores [n] and labels [n], the best first.
"""

import numpy as np


class Field:
    """One output: [places, channels] or [channels, places] in any type."""

    def __init__(self, index, array, scale, zero, places, channels):
        self.index, self.scale, self.zero = index, np.float32(scale), zero
        self.places, self.channels = places, channels
        self.channels_first = channels > 1 and array.shape[-1] != channels
        self.shape = (channels, places) if self.channels_first else (places, channels)

    def real(self, values):
        return values.astype(np.float32) if self.scale == 0 else (values.astype(np.float32) - self.zero) * self.scale

    def raw(self, value):
        """From which element on what it stands for is `value` or more."""
        return np.float32(value) if self.scale == 0 else int(min(np.ceil(value / float(self.scale) + self.zero), 128))

    def take(self, array, places):
        """[places, channels] of those places."""
        array = array.reshape(self.shape)
        return self.real(array[:, places].T if self.channels_first else array[places])

    def above(self, array, threshold):
        """Places and channels of all elements from a threshold on."""
        found = np.flatnonzero(array.reshape(-1) >= threshold)
        if self.channels == 1:
            return found, np.zeros_like(found)
        first, second = np.divmod(found, self.shape[1])
        return (second, first) if self.channels_first else (first, second)


def logit(score):
    return float(np.log(score / (1 - score)))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def suppressed(boxes, scores, labels, overlap):
    order = np.argsort(-scores, kind="stable")
    boxes, scores, labels = boxes[order], scores[order], labels[order]
    if len(order) > 96:  # a row at a time is then faster than all pairs
        area, kept = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]), []
        # Boxes of other labels lie far away.
        moved = boxes + (labels * np.float32(4096))[:, None]
        rest = np.arange(len(order))
        while len(rest):
            best, rest = rest[0], rest[1:]
            kept.append(best)
            others = moved[rest]
            sides = np.maximum(np.minimum(others[:, 2:], moved[best, 2:]) - np.maximum(others[:, :2], moved[best, :2]), 0)
            both = sides[:, 0] * sides[:, 1]
            rest = rest[both <= overlap * (area[best] + area[rest] - both)]
        boxes, scores, labels = boxes[kept], scores[kept], labels[kept]
    elif len(order) > 1:
        low = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
        sides = np.maximum(np.minimum(boxes[:, None, 2:], boxes[None, :, 2:]) - low, 0)
        both = sides[..., 0] * sides[..., 1]
        area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
        same = (both > overlap * (area[:, None] + area[None, :] - both)) & (labels[:, None] == labels[None, :])
        gone = np.zeros(len(order), bool)
        for index in range(len(order) - 1):
            if not gone[index]:
                gone[index + 1 :] |= same[index, index + 1 :]
        boxes, scores, labels = boxes[~gone], scores[~gone], labels[~gone]
    return boxes, scores, labels


def fields(outputs, scales):
    """(index, array, scale, zero) of each output."""
    return [(i, a, *q) for i, (a, q) in enumerate(zip(outputs, scales))]


class Anchors:
    """BlazeFace and palm detection."""

    def __init__(self, outputs, scales, size, score=0.5, overlap=0.3):
        rows = {128: 896, 192: 2016}[size]
        self.size, self.overlap = np.float32(size), overlap
        for i, array, scale, zero in fields(outputs, scales):
            field = Field(i, array, scale, zero, rows, array.size // rows)
            if field.channels == 1:
                self.scores = field
            else:
                self.boxes = field
        self.least = self.scores.raw(logit(score))
        centres = []
        for stride, count in ((8, 2), (16, 6)):
            y, x = np.mgrid[: size // stride, : size // stride]
            centre = (np.stack([x, y], -1).reshape(-1, 2) + 0.5) * stride
            centres.append(np.repeat(centre, count, 0))
        self.centres = np.concatenate(centres).astype(np.float32)

    def logits(self, outputs):
        return self.scores.real(outputs[self.scores.index]).reshape(-1)

    def __call__(self, outputs):
        array = outputs[self.scores.index]
        rows, labels = self.scores.above(array, self.least)
        scores = sigmoid(self.scores.real(array.reshape(-1)[rows]))
        numbers = self.boxes.take(outputs[self.boxes.index], rows)
        # Key points, too, which ours decodes of those that stay.
        self.points = numbers[:, 4:].reshape(len(rows), numbers.shape[1] // 2 - 2, 2) + self.centres[rows, None]
        middle, half = numbers[:, :2] + self.centres[rows], numbers[:, 2:4] / 2
        return suppressed(np.concatenate([middle - half, middle + half], 1), scores, labels, self.overlap)


class Grid:
    """A YOLO's levels."""

    def __init__(self, outputs, scales, size, kinds):
        """kinds: channels of the layers of a level."""
        self.levels = []
        for stride in (8, 16, 32):
            side = size // stride
            found = [Field(i, array, scale, zero, side * side, array.size // (side * side))
                     for i, array, scale, zero in fields(outputs, scales)
                     if array.size // (side * side) in kinds and array.size % (side * side) == 0 and side in array.shape]
            y, x = np.mgrid[:side, :side]
            grid = np.stack([x, y], -1).reshape(-1, 2).astype(np.float32)
            self.levels.append((stride, grid, sorted(found, key=lambda field: -field.channels)))


class YOLOX(Grid):
    def __init__(self, outputs, scales, size, score=0.25, overlap=0.45):
        super().__init__(outputs, scales, size, (4, 1))
        self.score, self.overlap, self.logit = score, overlap, logit(score)

    def __call__(self, outputs):
        parts = []
        for stride, grid, (boxes, one, other) in self.levels:
            # Neither factor of a score is below it.
            places, _ = one.above(outputs[one.index], one.raw(self.logit))
            if not len(places):
                continue
            scores = sigmoid(one.take(outputs[one.index], places)[:, 0]) * sigmoid(other.take(outputs[other.index], places)[:, 0])
            keep = scores >= self.score
            places, scores = places[keep], scores[keep]
            numbers = boxes.take(outputs[boxes.index], places)
            middle, half = (numbers[:, :2] + grid[places]) * stride, np.exp(numbers[:, 2:]) * (stride / 2)
            parts.append((np.concatenate([middle - half, middle + half], 1), scores))
        if not parts:
            return np.empty((0, 4)), np.empty(0), np.empty(0, int)
        boxes, scores = (np.concatenate(part) for part in zip(*parts))
        return suppressed(boxes, scores, np.zeros(len(boxes), int), self.overlap)


class YOLOv8(Grid):
    def __init__(self, outputs, scales, size, score=0.25, overlap=0.45, classes=80):
        super().__init__(outputs, scales, size, (64, classes))
        self.overlap, self.logit, self.bins = overlap, logit(score), np.arange(16, dtype=np.float32)

    def __call__(self, outputs):
        parts = []
        for stride, grid, (first, second) in self.levels:
            boxes, scored = (first, second) if first.channels == 64 else (second, first)
            array = outputs[scored.index]
            places, labels = scored.above(array, scored.raw(self.logit))
            if not len(places):
                continue
            flat = array.reshape(scored.shape)
            raw = flat[labels, places] if scored.channels_first else flat[places, labels]
            # The best label of each place, of equal ones the first.
            order = np.lexsort((labels, -raw.astype(np.float32), places))
            first = np.ones(len(order), bool)
            first[1:] = places[order][1:] != places[order][:-1]
            order = order[first]
            places, labels, scores = places[order], labels[order], sigmoid(scored.real(raw[order]))
            logits = boxes.take(outputs[boxes.index], places).reshape(-1, 4, 16)
            weights = np.exp(logits - logits.max(2, keepdims=True))
            sides = weights @ self.bins / weights.sum(2)
            middle = grid[places] + np.float32(0.5)
            parts.append((np.concatenate([middle - sides[:, :2], middle + sides[:, 2:]], 1) * stride, scores, labels))
        if not parts:
            return np.empty((0, 4)), np.empty(0), np.empty(0, int)
        return suppressed(*(np.concatenate(part) for part in zip(*parts)), self.overlap)


class Pose:
    """39 landmarks of a pose, with what says how sure each is, and whether there is one; no boxes."""

    def __init__(self, outputs, scales, size):
        self.landmarks, self.flag = (
            next(Field(i, array, scale, zero, 1, size) for i, array, scale, zero in fields(outputs, scales) if array.size == size)
            for size in (195, 1))

    def __call__(self, outputs):
        numbers = self.landmarks.real(outputs[self.landmarks.index]).reshape(39, 5)
        flag = self.flag.real(outputs[self.flag.index]).reshape(1)
        self.sure = sigmoid(numbers[:, 3:])
        points = numbers[:, :2]
        return np.concatenate([points, points], 1), np.broadcast_to(flag, 39), np.arange(39)


DECODERS = {"blazeface": Anchors, "palm": Anchors, "pose": Pose, "yolox": YOLOX, "yolov8n": YOLOv8}
