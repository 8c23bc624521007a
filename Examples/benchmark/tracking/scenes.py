"""Scenes for trackers: what moves, what a detector would see of it. The same bytes for the same kind and seed.

usage: scenes.py FOLDER [--seeds FIRST:LAST] [KIND]...

Writes KIND-SEED.det, as `trackfile` reads it, and KIND-SEED.gt: lines of `TIME IDENTITY LEFT TOP RIGHT BOTTOM LABEL`.
Times are nanoseconds, boxes 1/16 of a pixel. A frame without a box is a line with its time alone.
"""
import argparse
import math
import random
from pathlib import Path

STEP = 1 / 120  # seconds, of the simulation

# What is true of a kind unless it says otherwise. A pair is a range that a scene draws from.
USUAL = dict(
    seconds=(8, 14), rate=(20, 30), frame=[(640, 480), (1280, 720), (1920, 1080)],
    objects=(5, 14),            # at once
    height=(0.12, 0.3),         # of the frame's
    aspect=(0.35, 0.5),         # width / height
    speed=(0.2, 0.9),           # heights a second
    agility=(0.1, 0.4),         # heights a second, per root of a second: how velocities wander
    stop=0.1,                   # how often one stops or goes on, a second
    still=0.0,                  # share of objects that never move
    growth=(0.0, 0.05),         # of the size, a second
    occluders=0,                # walls, in front of all
    camera=0.0,                 # shake: standard deviation, of the frame's height
    pan=0.0,                    # of the frame's width a second
    noise=(0.015, 0.035),       # of boxes' corners, of their extents
    miss=(0.01, 0.05),          # where nothing hides the object
    score=(0.72, 0.88), spread=(0.05, 0.1),
    false=(0.0, 0.15),          # a frame
    double=0.0,                 # second boxes on one object
    labels=1, layout="free", drops=None, bounce=False, tilt=0.5)

KINDS = dict(
    single=dict(objects=(1, 1), agility=(0.2, 0.7), stop=0.3),
    walkers=dict(),
    crossings=dict(layout="crossing", objects=(4, 10), stop=0.0, agility=(0.02, 0.15)),
    occlusions=dict(occluders=3, objects=(3, 10), agility=(0.05, 0.25)),
    crowd=dict(objects=(25, 40), height=(0.08, 0.18)),
    groups=dict(layout="group", objects=(6, 14), agility=(0.05, 0.15)),
    slow_rate=dict(rate=(2, 2), seconds=(30, 45), objects=(2, 7), height=(0.15, 0.3), speed=(0.2, 0.7)),
    five_hertz=dict(rate=(4, 6), seconds=(20, 30), objects=(3, 12)),
    irregular=dict(drops=(0.05, 0.5), objects=(3, 10), seconds=(15, 25)),
    shake=dict(camera=0.012, objects=(3, 15)),
    pan=dict(pan=0.12, objects=(4, 12)),
    noisy=dict(noise=(0.05, 0.09), score=(0.55, 0.7), spread=(0.1, 0.16)),
    misses=dict(miss=(0.2, 0.4)),
    clutter=dict(false=(1.5, 4.0), score=(0.65, 0.85)),
    dance=dict(agility=(1.2, 2.5), speed=(0.2, 0.8), objects=(5, 12), height=(0.25, 0.4)),
    vehicles=dict(aspect=(1.4, 2.2), height=(0.08, 0.2), speed=(1.5, 4.0), agility=(0.1, 0.4), rate=(8, 15), tilt=0.15),
    bounces=dict(bounce=True, tilt=1.0, height=(0.1, 0.2), speed=(0.5, 2.0), agility=(0.05, 0.2)),
    parked=dict(still=0.6, objects=(6, 16), aspect=(0.5, 1.8)),
    approach=dict(growth=(0.15, 0.45), objects=(3, 8)),
    low_scores=dict(score=(0.42, 0.62), spread=(0.12, 0.18), false=(0.1, 0.5)),
    doubles=dict(double=0.06, false=(0.2, 0.6)),
    two_labels=dict(labels=2, objects=(8, 16), occluders=1),
    blend={},  # what two other kinds say
    everything=dict(camera=0.006, drops=(0.03, 0.25), miss=(0.05, 0.15), false=(0.3, 1.0), noise=(0.03, 0.06),
                    occluders=2, objects=(5, 25), still=0.2, double=0.02, score=(0.6, 0.8), spread=(0.08, 0.15)),
)


class Thing:
    """One object of the world: a centre, an extent and a velocity, in pixels and seconds."""

    def __init__(self, r, scene, identity, now, first):
        width, height = scene.size
        self.identity, self.label = identity, r.randrange(scene.labels)
        self.h = height * r.uniform(*scene.height)
        self.w = self.h * r.uniform(*scene.aspect)
        self.unit = max(self.w, self.h)
        self.depth = r.random()
        self.growth = r.choice((-1, 1)) * r.uniform(*scene.growth)
        self.agility = r.uniform(*scene.agility) * self.unit
        pace = r.uniform(*scene.speed) * self.unit
        angle = r.choice((0, math.pi)) + r.gauss(0, scene.tilt)
        self.moves, self.still = True, r.random() < scene.still
        self.x, self.y = r.uniform(0, width), r.uniform(0.25, 0.85) * height
        if scene.layout == "crossing":  # two lanes towards each other, near each other
            angle = (0 if identity % 2 else math.pi) + r.gauss(0, 0.12)
            self.y = height * (0.5 + r.gauss(0, 0.06))
        if scene.layout == "group" and scene.things and r.random() < 0.75:
            friend = r.choice(scene.things)
            self.x, self.y = friend.x + r.gauss(0, 0.5) * self.unit, friend.y + r.gauss(0, 0.35) * self.unit
            self.vx, self.vy = friend.vx, friend.vy
        else:
            if not first:  # walks in from a side
                self.x = -self.w / 2 if math.cos(angle) > 0 else width + self.w / 2
            self.vx, self.vy = pace * math.cos(angle), pace * math.sin(angle)
        if self.still:
            self.vx = self.vy = 0.0
            self.x, self.growth = r.uniform(0.05, 0.95) * width, 0.0
        self.aim = (self.vx, self.vy)
        self.ends = now + r.uniform(5, 40)

    def move(self, r, scene):
        if self.still:
            return
        if r.random() < scene.stop * STEP:
            self.moves = not self.moves
        aim = self.aim if self.moves else (0.0, 0.0)
        root = math.sqrt(STEP)
        self.vx += (aim[0] - self.vx) * STEP / 0.6 + r.gauss(0, self.agility) * root
        self.vy += (aim[1] - self.vy) * STEP / 0.6 + r.gauss(0, self.agility) * root
        self.x += self.vx * STEP
        self.y += self.vy * STEP
        if not 0.1 * scene.size[1] < self.y < 0.95 * scene.size[1] and self.vy * (self.y - scene.size[1] / 2) > 0:
            self.aim = (self.aim[0], math.copysign(self.aim[1], -self.vy))
            if scene.bounce:
                self.vy = -self.vy
            else:  # turns round within a second
                self.vy *= 1 - 4 * STEP
        factor = 1 + self.growth * STEP
        self.w, self.h = self.w * factor, self.h * factor

    def box(self, dx, dy):
        return (self.x - self.w / 2 + dx, self.y - self.h / 2 + dy, self.x + self.w / 2 + dx, self.y + self.h / 2 + dy)


class Scene:
    def __init__(self, kind, seed, **changes):
        self.r = r = random.Random(f"{kind}/{seed}")
        values = USUAL | KINDS[kind] | changes
        if kind == "blend":
            for other in r.sample([k for k in KINDS if k != kind], 2):
                values |= KINDS[other]
        for name in ("seconds", "rate", "noise", "miss", "score", "spread", "false"):
            values[name] = r.uniform(*values[name])
        values["objects"] = r.randint(*values["objects"])
        values["size"] = r.choice(values["frame"])
        self.__dict__.update(values)
        self.things, self.count = [], 0
        width, height = self.size
        self.walls = []
        for _ in range(self.occluders):
            x, w = r.uniform(0.1, 0.9) * width, r.uniform(0.03, 0.12) * width
            self.walls.append((x - w / 2, r.uniform(0, 0.3) * height, x + w / 2, height))
        self.ghosts = []  # false boxes that stay a while

    def add(self, now, first=False):
        self.count += 1
        self.things.append(Thing(self.r, self, self.count, now, first))

    def frames(self):
        """(time in seconds, [(identity, label, box)], [(box, score, label)]) of each frame."""
        r, now, next_frame = self.r, 0.0, 0.0
        for _ in range(self.objects):
            self.add(now, first=True)
        shake, slow = [0.0, 0.0], False
        while now < self.seconds:
            if now >= next_frame:
                if self.camera:
                    shake = [0.5 * s + r.gauss(0, self.camera * self.size[1]) for s in shake]
                pan = self.pan * self.size[0] * 2 * math.sin(now / 2)
                yield (next_frame, *self.look(now, shake[0] + pan, shake[1]))
                if self.drops:
                    slow = r.random() < (0.93 if slow else 0.02)
                    next_frame += r.uniform(*self.drops) if slow else 1 / self.rate
                else:
                    next_frame += 1 / self.rate * r.uniform(0.97, 1.03)
            now += STEP
            for thing in self.things:
                thing.move(r, self)
            width = self.size[0]
            margin = 1.2 if self.pan else 0
            self.things = [t for t in self.things if now < t.ends and t.h > 8 and t.h < self.size[1]
                           and -t.w - margin * width < t.x < (1 + margin) * width + t.w]
            if len(self.things) < self.objects and r.random() < 1.5 * STEP:
                self.add(now)

    def seen(self, box, things):
        """Share of a box that is in the frame and behind nothing, on a grid of points."""
        count = 0
        covers = [c for c in things if c[0] < box[2] and box[0] < c[2] and c[1] < box[3] and box[1] < c[3]]
        for row in range(8):
            y = box[1] + (row + 0.5) / 8 * (box[3] - box[1])
            for column in range(6):
                x = box[0] + (column + 0.5) / 6 * (box[2] - box[0])
                if 0 <= x < self.size[0] and 0 <= y < self.size[1]:
                    count += not any(c[0] <= x < c[2] and c[1] <= y < c[3] for c in covers)
        return count / 48

    def look(self, now, dx, dy):
        r, truth, boxes = self.r, [], []
        width, height = self.size
        walls = [(a + dx, b + dy, c + dx, d + dy) for a, b, c, d in self.walls]
        placed = [(t, t.box(dx, dy)) for t in sorted(self.things, key=lambda t: t.depth)]  # the nearest first
        for index, (thing, box) in enumerate(placed):
            part = self.seen(box, walls + [b for _, b in placed[:index]])
            draws = [r.random(), r.gauss(0, 1), r.random()] + [r.gauss(0, 1) for _ in range(8)]
            if part < 0.1:
                continue
            cut = (max(box[0], 0), max(box[1], 0), min(box[2], width), min(box[3], height))
            truth.append((thing.identity, thing.label, cut))
            # The less one sees of it, the more often it is missed, the lower the score and the worse the box.
            hidden = max(0.0, min(1.0, (0.85 - part) / 0.6))
            if draws[0] < self.miss + (1 - self.miss) * hidden ** 2:
                continue
            score = self.score + draws[1] * self.spread - 0.4 * hidden
            boxes.append((self.blur(cut, draws[3:7], hidden), score, thing.label))
            if draws[2] < self.double:
                boxes.append((self.blur(cut, [3 * d for d in draws[7:11]], hidden), score - 0.15, thing.label))
        self.haunt(now)
        for _, box, label, base in self.ghosts:
            boxes.append((self.blur(box, [r.gauss(0, 1) for _ in range(4)], 0.5), base + r.gauss(0, 0.08), label))
        r.shuffle(boxes)
        return truth, [(b, min(max(s, 0.0), 0.99), c) for b, s, c in boxes if s >= 0.05]

    def haunt(self, now):
        """False boxes: most for a frame, some for longer; scores mostly low."""
        r = self.r
        rate = self.false
        self.ghosts = [g for g in self.ghosts if now < g[0]]
        while r.random() < rate / (1 + rate):
            h = self.size[1] * r.uniform(*self.height)
            w = h * r.uniform(*self.aspect)
            x, y = r.uniform(0, self.size[0] - w), r.uniform(0, max(self.size[1] - h, 1))
            ends = now if r.random() < 0.85 else now + r.uniform(0, 0.5)
            base = r.betavariate(2, 3.2)
            self.ghosts.append((ends, (x, y, x + w, y + h), r.randrange(self.labels), base))

    def blur(self, box, draws, hidden):
        w, h = box[2] - box[0], box[3] - box[1]
        scale = self.noise * (1 + 2 * hidden)
        return tuple(v + d * scale * e for v, d, e in zip(box, draws, (w, h, w, h)))


def units(box):
    return " ".join(str(round(v * 16)) for v in box)


def write(folder, kind, seed, **changes):
    truth, seen = [], []
    for time, objects, boxes in Scene(kind, seed, **changes).frames():
        time = round(time * 1e9)
        truth.append(str(time))
        seen.append(str(time))
        truth += [f"{time} {identity} {units(box)} {label}" for identity, label, box in objects]
        seen += [f"{time} {units(box)} {round(score * 65536)} {label}" for box, score, label in boxes]
    name = Path(folder) / f"{kind}-{seed}"
    name.with_suffix(".gt").write_text("\n".join(truth) + "\n")
    name.with_suffix(".det").write_text("\n".join(seen) + "\n")


def main():
    parser = argparse.ArgumentParser(description="Writes scenes for trackers.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("kinds", nargs="*", metavar="KIND", help="all, if none is named")
    parser.add_argument("--seeds", default="1:4", metavar="FIRST:LAST")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    first, last = map(int, options.seeds.split(":"))
    for kind in options.kinds or KINDS:
        for seed in range(first, last + 1):
            write(options.folder, kind, seed)


if __name__ == "__main__":
    main()
