"""Things that are put into scenes: cut-outs and crowds of them, shadows, reflections, smoke, lines.

A layer is float32 [T, H, W, 4], 0…255, its colours multiplied by its alpha.
"""

import cv2
import numpy as np

from training import motion
from training.material import decoded_cutout

TRANSPARENT = cv2.BORDER_CONSTANT


class Objects:
    """Draws cut-outs from the material; masked parts of its stills are cut-outs too."""

    def __init__(self, material):
        self.cutouts = material.cutouts
        self.stills = [still for stills in material.stills.values() for still in stills]

    def __bool__(self):
        return bool(self.cutouts or self.stills)

    def one(self, rng, kinds=None):
        """A cut-out: uint8 [h, w, 4], colours multiplied by alpha."""
        if kinds is None and self.stills and (not self.cutouts or rng.random() < 0.35):
            rgb, alpha = self.stills[rng.integers(len(self.stills))].decoded()
            alpha = cv2.blur(alpha, (3, 3))
        else:
            kinds = kinds or list(self.cutouts)
            choice = self.cutouts[kinds[rng.integers(len(kinds))]]
            rgb, alpha = decoded_cutout(choice[rng.integers(len(choice))])
        x, y, width, height = cv2.boundingRect(alpha)
        rgb, alpha = (a[y : y + height, x : x + width] for a in (rgb, alpha))
        rgb = np.clip(rgb * rng.uniform(0.6, 1.25) + rng.uniform(-20, 20), 0, 255)
        return premultiplied(rgb, alpha)

    def people(self):
        return [kind for kind in ("ccp", "hs") if kind in self.cutouts] or None


def premultiplied(rgb, alpha):
    colours = rgb * (alpha[..., None] / np.float32(255))
    return np.dstack([colours.astype(np.uint8), alpha])


def over(frames, layer):
    """The layer on the frames."""
    return frames * (1 - layer[..., 3:] / 255) + layer[..., :3]


def moving(rng, cutout, frames, size, shutter):
    """A cut-out on a path of its own."""
    # Half of the small ones are fast.
    height = size[0] * rng.choice([rng.uniform(0.35, 1.0), rng.uniform(0.1, 0.35)], p=[0.7, 0.3])
    speed = rng.choice([0.005, 0.025, 0.06, 0.1], p=[0.2, 0.4, 0.25, 0.15])
    x = size[1] * (0.5 + rng.normal(0, 0.18) + motion.walk(rng, frames, speed, 0.002))
    y = size[0] * (0.52 + rng.normal(0, 0.14) + motion.walk(rng, frames, speed / 2, 0.002))
    angle = rng.normal(0, 0.12) + motion.walk(rng, frames, rng.choice([0.004, 0.03, 0.08]), 0.003)
    growth = np.exp(motion.walk(rng, frames, rng.choice([0.003, 0.02, 0.04]), 0.002))
    scale = height / max(cutout.shape[:2]) * growth
    pictures = cutout
    if rng.random() < 0.7:
        amplitude = rng.uniform(0.01, 0.06)
        border = round(0.06 * max(cutout.shape[:2]))
        cutout = cv2.copyMakeBorder(cutout, border, border, border, border, cv2.BORDER_CONSTANT)
        fields = motion.waves(rng, frames, cutout.shape[:2], amplitude)
        pictures = [motion.displaced(cutout, field) for field in fields]
    place = motion.placement(x, y, angle, scale, flip=rng.random() < 0.5)
    return seen_in(pictures, cutout.shape[:2], np.linalg.inv(place), size, shutter)


def still(rng, cutout, view, size, shutter, height, x, y):
    """A cut-out that stands in the world which `view` sees; x, y: where, in the middle frame."""
    middle = view[len(view) // 2]
    scale = height / max(cutout.shape[:2])
    place = motion.placement(x, y, rng.normal(0, 0.04), scale, flip=rng.random() < 0.5)
    # From a frame to the world, from there to the middle frame, from there to the cut-out.
    to_cutout = np.linalg.inv(place) @ np.linalg.inv(middle) @ view
    return seen_in(cutout, cutout.shape[:2], to_cutout, size, shutter)


def crowd(rng, objects, view, size, shutter):
    """People (mostly) that stand side by side."""
    kinds = objects.people() if rng.random() < 0.75 else None
    height, horizon = size[0] * rng.uniform(0.15, 0.6), size[0] * rng.uniform(0.3, 0.75)
    x, layers = -rng.uniform(0, 0.3) * size[1], []
    spacing = height * rng.uniform(0.3, 1.2)
    while x < size[1] * 1.1 and len(layers) < 14:
        x += spacing * rng.uniform(0.6, 1.6)
        own, y = height * rng.uniform(0.85, 1.15), horizon + height * rng.normal(0, 0.05)
        layers.append(still(rng, objects.one(rng, kinds), view, size, shutter, own, x, y))
    return layers


def seen_in(pictures, picture_size, placed, size, shutter):
    """A layer of cut-outs, where `placed` takes the frame to their middle as the origin."""
    view = np.linalg.inv(motion.centring(picture_size)) @ placed
    return motion.seen(pictures, view, size, shutter, TRANSPARENT).astype(np.float32)


def softened(layer, sigma):
    """The layer out of focus."""
    return np.stack([cv2.GaussianBlur(frame, (0, 0), sigma) for frame in layer])


def shadowed(rng, frames, layer):
    """A soft shadow beside what the layer shows."""
    alpha, size = layer[..., 3], layer.shape[1:3]
    reach = rng.integers(3, 1 + size[0] // 12)
    move = np.float32([[1, 0, rng.normal(0, reach)], [0, 1, abs(rng.normal(0, reach))]])
    depth = rng.uniform(0.1, 0.6) / 255
    darkening = [cv2.warpAffine(cv2.blur(a, (reach, reach)), move, size[::-1]) for a in alpha]
    return frames * (1 - depth * np.stack(darkening)[..., None])


def reflected(rng, frames, layer):
    """A rippling reflection under what the layer shows, as in water or on a floor."""
    rows = np.nonzero(layer[len(layer) // 2, ..., 3].max(1) > 60)[0]
    if len(rows) == 0:
        return frames
    fields = motion.waves(rng, len(layer), layer.shape[1:3], rng.uniform(0, 0.02))
    height = layer.shape[1]
    mirror = np.float32([[1, 0, 0], [0, -1, 2 * rows.max() - rng.uniform(0, 0.04) * height]])
    flipped = [cv2.warpAffine(frame, mirror, frame.shape[1::-1]) for frame in layer]
    rippling = np.stack([motion.displaced(f, field) for f, field in zip(flipped, fields)])
    return over(frames, rippling * rng.uniform(0.15, 0.6))


def smoke(rng, frames, size, where):
    """Drifting grey clouds; where: [T, 2], x and y of their source in shares of the frame."""
    height, width = size
    noise = np.zeros((height, 2 * width), np.float32)
    for octave in (3, 6, 12, 24):
        grain = rng.random((octave, 2 * octave)).astype(np.float32)
        noise += cv2.resize(grain, (2 * width, height), interpolation=cv2.INTER_CUBIC) / octave
    noise = cv2.normalize(noise, None, 0, 1, cv2.NORM_MINMAX)
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    drift = rng.normal(0, 0.02) * width * np.arange(frames)
    spread, colour, depth = rng.uniform(0.1, 0.45), rng.uniform(110, 250), rng.uniform(0.4, 1.0)
    tail = rng.normal(0, 0.2)
    layers = []
    for index in range(frames):
        start = int(np.clip(width / 2 + drift[index], 0, width))
        aside, above = x - where[index, 0] - tail, 1.5 * (y - where[index, 1])
        near = np.exp(-(aside**2 + above**2) / spread**2)
        alpha = np.clip(noise[:, start : start + width] * 1.8 - 0.5, 0, 1) * near * depth
        layers.append(np.dstack([alpha * colour] * 3 + [alpha * 255]))
    return np.stack(layers).astype(np.float32)


def line(rng, view, size):
    """A thin straight thing that stands still, such as a wire or a pole."""
    picture = np.zeros((2 * size[0], 2 * size[1], 4), np.uint8)
    ends = [[int(rng.uniform(0, side)) for side in picture.shape[1::-1]] for _ in range(2)]
    colour = [int(c) for c in rng.integers(0, 256, 3)] + [255]
    cv2.line(picture, *ends, colour, int(rng.integers(1, 5)), cv2.LINE_AA)
    middle = np.linalg.inv(view[len(view) // 2]) @ view
    corner = motion.placement(size[1] / 2, size[0] / 2, 0, 1)
    return motion.seen(picture, corner @ middle, size, 0, TRANSPARENT).astype(np.float32)
