"""Pictures made of the photos of packages: crops, and scenes with people, the same in every run."""

import numpy
from PIL import Image, ImageDraw, ImageEnhance, ImageFont

FACES = {  # photo: the square around the face: left, top, side, as parts of the width
    "astronaut.png": (0.30, 0.02, 0.30), "grace_hopper.jpg": (0.30, 0.20, 0.42),
    "obama.jpg": (0.35, 0.03, 0.40), "obama2.jpg": (0.35, 0.22, 0.50), "biden.jpg": (0.38, 0.06, 0.36),
    "obama3.jpg": (0.42, 0.08, 0.24),
}
PEOPLE = ["astronaut.png", "grace_hopper.jpg", "obama.jpg", "obama2.jpg", "biden.jpg", "obama3.jpg",
          "obama_partial_face.jpg", "obama_partial_face2.jpg", "camera.png"]


def load(folder):
    return {file.name: Image.open(file).convert("RGB") for file in sorted(folder.iterdir())}


def crop(photo, random, least=0.25, most=1.0):
    """A square somewhere in a photo, its side a part of the shorter one."""
    side = int(min(photo.size) * random.uniform(least, most))
    left = random.integers(0, photo.width - side + 1)
    top = random.integers(0, photo.height - side + 1)
    return photo.crop((left, top, left + side, top + side))


def varied(picture, random):
    """Mirrored or not, lighter or darker, with more or less contrast and colour."""
    if random.random() < 0.5:
        picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    for kind in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        picture = kind(picture).enhance(random.uniform(0.7, 1.3))
    return picture


def crops(photos, count, size, seed, names=None):
    random = numpy.random.default_rng(seed)
    names = names or sorted(photos)
    return [varied(crop(photos[names[random.integers(len(names))]], random), random).resize(size, Image.BICUBIC)
            for _ in range(count)]


def people(photos, count, size, seed):
    """Whole people, larger or smaller, turned a little, letterboxed in black or before a photo."""
    random = numpy.random.default_rng(seed)
    grounds = [name for name in sorted(photos) if name not in PEOPLE]
    found = []
    for _ in range(count):
        photo = photos[PEOPLE[random.integers(len(PEOPLE))]]
        part = random.uniform(0.5, 1)
        width, height = int(photo.width * part), int(min(photo.height, photo.width * 1.3) * part)
        left = random.integers(0, photo.width - width + 1)
        top = int(random.integers(0, max(1, (photo.height - height) // 3 + 1)))
        figure = varied(photo.crop((left, top, left + width, top + height)), random)
        scale = random.uniform(0.6, 1) * min(size[0] / figure.width, size[1] / figure.height)
        figure = figure.resize((max(8, int(figure.width * scale)), max(8, int(figure.height * scale))), Image.BICUBIC)
        figure = figure.rotate(random.uniform(-12, 12), Image.BICUBIC)
        ground = Image.new("RGB", size)
        if random.random() < 0.7:
            ground = varied(crop(photos[grounds[random.integers(len(grounds))]], random), random).resize(size)
        ground.paste(figure, (int(random.integers(0, size[0] - figure.width + 1)),
                              int(random.integers(0, size[1] - figure.height + 1))))
        found.append(ground)
    return found


def faces(photos, count, size, seed):
    """One to four faces, larger or smaller, before a photo."""
    random = numpy.random.default_rng(seed)
    grounds = [name for name in sorted(photos) if name not in PEOPLE]
    found = []
    for _ in range(count):
        scene = varied(crop(photos[grounds[random.integers(len(grounds))]], random), random).resize(size)
        if random.random() < 0.15:  # letterboxed
            bar = int(size[1] * random.uniform(0.1, 0.25))
            scene.paste((0, 0, 0), (0, 0, size[0], bar))
            scene.paste((0, 0, 0), (0, size[1] - bar, size[0], size[1]))
        many = int(random.integers(1, 5))
        cells = 1 if many == 1 else 2
        places = random.permutation(cells * cells)[:many]
        for place in places:
            name = sorted(FACES)[random.integers(len(FACES))]
            photo = photos[name]
            x, y, side = (int(value * photo.width) for value in FACES[name])
            more = int(side * random.uniform(0.1, 0.5))
            box = (max(0, x - more), max(0, y - more), min(photo.width, x + side + more), min(photo.height, y + side + more))
            face = varied(photo.crop(box), random).rotate(random.uniform(-15, 15), Image.BICUBIC)
            room = size[0] // cells
            wide = int(room * random.uniform(0.5, 1))
            face = face.resize((wide, max(1, min(room, wide * face.height // face.width))), Image.BICUBIC)
            left = place % cells * room + random.integers(0, room - face.width + 1)
            top = place // cells * room + random.integers(0, room - face.height + 1)
            scene.paste(face, (int(left), int(top)))
        found.append(scene)
    return found


def reversed_channels(picture):
    return Image.fromarray(numpy.ascontiguousarray(numpy.asarray(picture)[..., ::-1]))


def texts(photos, count, size, seed):
    """Characters of several sizes and colours before a photo, a few of which are turned."""
    random = numpy.random.default_rng(seed)
    alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZabdefghkmnpqrstuwyz23456789"
    names = sorted(photos)
    found = []
    for _ in range(count):
        scene = varied(crop(photos[names[random.integers(len(names))]], random), random).resize(size)
        for place in random.permutation(9)[:random.integers(2, 9)]:
            side = int(random.uniform(0.12, 0.3) * size[0])
            tile = Image.new("RGBA", (side, side))
            letter = alphabet[random.integers(len(alphabet))]
            colour = tuple(int(value) for value in random.integers(0, 256, 3)) + (255,)
            ImageDraw.Draw(tile).text((side // 2, side // 2), letter, colour, ImageFont.load_default(side * 0.8), "mm")
            tile = tile.rotate(random.uniform(-25, 25), Image.BICUBIC)
            cell = size[0] // 3
            left, top = place % 3 * cell + random.integers(0, cell // 4), place // 3 * cell + random.integers(0, cell // 4)
            scene.paste(tile, (int(left), int(top)), tile)
        found.append(scene)
    return found
