"""What two results of a model agree in: decoders of its outputs, and the figures that are compared."""

import numpy


def sigmoid(x):
    return 1 / (1 + numpy.exp(-numpy.clip(x, -60, 60)))


def ssd_anchors(size, strides):
    """The centres of BlazeFace's and the palm detector's anchors, two for each stride that stands in the list."""
    places = []
    index = 0
    while index < len(strides):
        same = strides[index:].count(strides[index])
        side = size // strides[index]
        for y in range(side):
            for x in range(side):
                places += [((x + 0.5) / side, (y + 0.5) / side)] * (2 * same)
        index += same
    return numpy.array(places)


def boxes_of_anchors(outputs, size, strides, threshold, overlap):
    """[n, 4] corners as parts of the picture, and [n] scores."""
    raw, logits = sorted((o.reshape(o.shape[-2], -1) for o in outputs), key=lambda o: -o.shape[1])
    scores = sigmoid(logits[:, 0])
    centres = raw[:, :2] / size + ssd_anchors(size, strides)
    sides = raw[:, 2:4] / size
    keep = scores >= threshold
    boxes = numpy.concatenate([centres - sides / 2, centres + sides / 2], 1)[keep]
    return suppressed(boxes, scores[keep], overlap)


def boxes_of_yolox(outputs, size, threshold, overlap):
    rows = outputs[0].reshape(-1, outputs[0].shape[-1])
    grids, steps = [], []
    for stride in (8, 16, 32):
        side = size // stride
        ys, xs = numpy.mgrid[:side, :side]
        grids.append(numpy.stack([xs, ys], -1).reshape(-1, 2))
        steps.append(numpy.full((side * side, 1), stride))
    grid, step = numpy.concatenate(grids), numpy.concatenate(steps)
    centres = (rows[:, :2] + grid) * step
    sides = numpy.exp(numpy.minimum(rows[:, 2:4], 20)) * step
    scores = rows[:, 4] * rows[:, 5:].max(1)
    keep = scores >= threshold
    boxes = numpy.concatenate([centres - sides / 2, centres + sides / 2], 1)[keep] / size
    return suppressed(boxes, scores[keep], overlap)


def overlaps(box, boxes):
    low = numpy.maximum(box[:2], boxes[:, :2])
    high = numpy.minimum(box[2:], boxes[:, 2:])
    both = numpy.prod(numpy.maximum(high - low, 0), 1)
    return both / numpy.maximum(numpy.prod(box[2:] - box[:2]) + numpy.prod(boxes[:, 2:] - boxes[:, :2], 1) - both, 1e-12)


def suppressed(boxes, scores, overlap):
    order = numpy.argsort(-scores, kind="stable")
    kept = []
    while order.size:
        kept.append(order[0])
        order = order[1:][overlaps(boxes[order[0]], boxes[order[1:]]) < overlap]
    return boxes[kept], scores[kept]


class Detection:
    """F1 at IoU 0.5, the mean IoU and score error of what matches; by picture, to resample."""

    figures = {"F1": 1, "mean IoU": 1, "score error": -1}

    def __init__(self, decode):
        self.decode = decode

    def picture(self, right, other):
        (a, scores), (b, others) = self.decode(right), self.decode(other)
        free = list(range(len(b)))
        matched, ious, errors = 0, 0.0, 0.0
        for box, score in zip(a, scores):
            if not free:
                break
            found = overlaps(box, b[free])
            best = int(found.argmax())
            if found[best] >= 0.5:
                matched += 1
                ious += found[best]
                errors += abs(score - others[free[best]])
                free.pop(best)
        return [matched, len(a) - matched, len(b) - matched, ious, errors]

    def total(self, rows):
        matched, missed, false, ious, errors = rows.sum(0)
        return {"F1": 2 * matched / max(2 * matched + missed + false, 1), "mean IoU": ious / max(matched, 1),
                "score error": errors / max(matched, 1)}


class Classes:
    figures = {"top-1": 1, "correlation": 1}

    def __init__(self, logits):
        self.logits = logits

    def picture(self, right, other):
        a, b = self.logits(right), self.logits(other)
        return [a.argmax() == b.argmax(), numpy.corrcoef(a, b)[0, 1]]

    def total(self, rows):
        return {"top-1": rows[:, 0].mean(), "correlation": rows[:, 1].mean()}


class Landmarks:
    """The mean distance of a pose's landmarks in pixels, and whether both say that there is one."""

    figures = {"pixels": -1, "flag": 1}

    def picture(self, right, other):
        def parts(outputs):
            flat = sorted(outputs, key=lambda o: o.size)
            points = next(o for o in outputs if o.size == 195).reshape(39, 5)[:, :2]
            return points, flat[0].item()
        (a, seen), (b, other_seen) = parts(right), parts(other)
        return [numpy.linalg.norm(a - b, axis=1).mean(), (seen >= 0.5) == (other_seen >= 0.5)]

    def total(self, rows):
        return {"pixels": rows[:, 0].mean(), "flag": rows[:, 1].mean()}
