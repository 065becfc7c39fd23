"""Makes training clips: frames uint8 [T, H, W, 3] and mask uint8 [T, H, W]."""

import cv2
import numpy as np

from training import motion, objects
from training.augmentation import augmented
from training.objects import Objects, over

ERASED_SIZE = (60, 80)  # at which the place of an object that went away is painted over


class Clips:
    """Clip number `index` of seed `seed` is always the same, whoever asks for it and when."""

    def __init__(self, material, settings, seed=0):
        """settings: as in configs/lite.toml, from `frames` to `stills`."""
        self.material, self.settings, self.seed = material, settings, seed
        self.frames = settings["frames"]
        self.size = (settings["height"], settings["width"])
        self.objects = Objects(material)
        lengths = np.sqrt([len(s.frames) for s in material.sequences.values()])
        self.sequences = list(material.sequences.values())
        self.sequence_shares = lengths / lengths.sum() if self.sequences else None
        weights = settings["stills"]
        self.still_kinds = [kind for kind in material.stills if weights.get(kind, 0) > 0]
        counts = [len(material.stills[kind]) ** 0.5 * weights[kind] for kind in self.still_kinds]
        self.still_shares = np.array(counts) / sum(counts) if counts else None

    def kinds(self):
        """The kinds of clips for which there is material."""
        material = self.material
        has_scene = material.backgrounds or self.still_kinds or self.sequences
        has_objects = bool(self.objects)
        needs = {
            "real": self.sequences,
            "pasted": self.sequences and has_scene and has_objects,
            "still": self.still_kinds,
            "composite": has_scene and has_objects,
        }
        return [kind for kind, need in needs.items() if need]

    def clip(self, index, kind=None):
        rng = np.random.default_rng((self.seed, index))
        if kind is None:
            mix = self.settings["mix"]
            kind = rng.choice(list(mix), p=np.array(list(mix.values())) / sum(mix.values()))
        frames, mask = getattr(self, kind)(rng)
        return np.clip(frames, 0, 255).astype(np.uint8), np.clip(mask, 0, 255).astype(np.uint8)

    def pictures(self, index):
        """What stands beside clip number `index`: pictures uint8 [P, H, W, 3], masks [P, H, W]."""
        rng = np.random.default_rng((self.seed, index, 2))
        pairs = [self.picture(rng) for _ in range(self.settings["pictures"])]
        pictures, masks = zip(*pairs) if pairs else (np.empty((0, *self.size, 3)), ())
        return np.array(pictures, np.uint8), np.array(masks, np.uint8).reshape(-1, *self.size)

    def picture(self, rng):
        """A photograph, or now and then a frame of a sequence: [H, W, 3] and [H, W]."""
        if not self.still_kinds or (self.sequences and rng.random() < 0.15):
            rgb, mask = self.drawn_frame(rng)
        else:
            rgb, mask = self.drawn_still(rng).decoded()
        view = motion.camera(rng, 1, self.size, mask.shape, (0.5, 1.25), 0)
        shown = [motion.seen(image, view, self.size) for image in (rgb, mask)]
        return augmented(rng, shown[0])[0], shown[1][0]

    def real(self, rng):
        """A piece of a real sequence, now and then with something more that moves."""
        frames, masks = self.filmed(rng)
        if self.objects and rng.random() < self.settings["joined"]:
            shutter = rng.choice([0, 0.7])
            frames, masks = self.joined(rng, frames.astype(np.float32), masks, shutter)
        return frames, masks

    def filmed(self, rng):
        """A piece of a real sequence, forwards or backwards, seen by one more camera."""
        sequence = self.drawn_sequence(rng)
        length = len(sequence.frames)
        gap = min(rng.choice([1, 1, 1, 2, 2, 3, 4]), max(1, length // self.frames))
        start = rng.integers(max(1, length - (self.frames - 1) * gap))
        indices = np.minimum(start + gap * np.arange(self.frames), length - 1)
        if rng.random() < 0.5:
            indices = indices[::-1]
        shake = rng.choice([0, 0.6], p=[0.65, 0.35])
        picture = sequence.frames.shape[1:3]
        view = motion.camera(rng, self.frames, self.size, picture, (0.45, 1.1), shake)
        frames = motion.seen([sequence.frames[i] for i in indices], view, self.size)
        masks = motion.seen([sequence.masks[i] for i in indices], view, self.size)
        return frames, masks

    def pasted(self, rng):
        """The foreground of a real sequence in front of another background."""
        frames, masks = self.filmed(rng)
        soft = np.stack([cv2.blur(cv2.erode(mask, np.ones((3, 3))), (3, 3)) for mask in masks])
        layer = np.concatenate([frames * (soft[..., None] / np.float32(255)), soft[..., None]], -1)
        scene, view, shutter = self.stage(rng)
        return self.finished(rng, over(scene, layer), soft.astype(np.float32), view, shutter)

    def still(self, rng):
        """A photograph under a moving camera, its subject still or moving too."""
        rgb, mask = self.drawn_still(rng).decoded()
        shake = rng.choice([0.3, 1])
        view = motion.camera(rng, self.frames, self.size, mask.shape, (0.75, 1.2), shake)
        shutter = rng.choice([0, 0.7], p=[0.75, 0.25])
        if rng.random() < 0.4:
            return [motion.seen(image, view, self.size, shutter) for image in (rgb, mask)]
        without = erased(rgb, mask)
        frames = motion.seen(without, view, self.size, shutter).astype(np.float32)
        # A view of its own, not far from that of the camera, moves the subject.
        sway = motion.placement(
            motion.walk(rng, self.frames, rng.choice([0.01, 0.04]), 0.001) * mask.shape[1],
            motion.walk(rng, self.frames, rng.choice([0.005, 0.02]), 0.001) * mask.shape[0],
            motion.walk(rng, self.frames, 0.015, 0.001),
            np.exp(motion.walk(rng, self.frames, 0.015, 0.001)),
        )
        middle = motion.centring(mask.shape)
        own = np.linalg.inv(middle) @ sway @ middle @ view
        subject = objects.premultiplied(rgb, cv2.blur(mask, (3, 3)))
        fields = motion.waves(rng, self.frames, mask.shape, rng.uniform(0, 0.02))
        subjects = [motion.displaced(subject, field) for field in fields]
        layer = motion.seen(subjects, own, self.size, shutter).astype(np.float32)
        return over(frames, layer), layer[..., 3]

    def composite(self, rng):
        """Cut-outs that move over a scene in which others stand still."""
        frames, view, shutter = self.stage(rng)
        mask = np.zeros((self.frames, *self.size), np.float32)
        for _ in range(rng.choice([1, 2, 3], p=[0.7, 0.2, 0.1])):
            frames, mask = self.joined(rng, frames, mask, shutter)
        return self.finished(rng, frames, mask, view, shutter)

    def joined(self, rng, frames, mask, shutter):
        """With one more cut-out that moves."""
        kinds = self.objects.people() if rng.random() < 0.3 else None
        cutout = self.objects.one(rng, kinds)
        layer = objects.moving(rng, cutout, self.frames, self.size, shutter)
        if rng.random() < 0.4:
            layer = objects.softened(layer, rng.uniform(0.4, 1.0))
        if rng.random() < 0.4:
            frames = objects.shadowed(rng, frames, layer)
        if rng.random() < 0.15:
            frames = objects.reflected(rng, frames, layer)
        frames, alpha = over(frames, layer), layer[..., 3]
        return frames, mask + alpha * (1 - mask / 255)

    def stage(self, rng):
        """A background with things that stand still: frames, the view of it, and the shutter."""
        picture = self.scene(rng)
        shake = rng.choice([0, 0.5, 1, 2], p=[0.15, 0.25, 0.4, 0.2])
        # Crisp things in front of an enlarged picture would give themselves away.
        view = motion.camera(
            rng, self.frames, self.size, picture.shape[:2], (0.4, 1.0), shake, enlarging=1.25
        )
        shutter = rng.choice([0, 0.7], p=[0.7, 0.3])
        frames = motion.seen(picture, view, self.size, shutter).astype(np.float32)
        what, layers = rng.random(), []
        if what < 0.25:
            layers = objects.crowd(rng, self.objects, view, self.size, shutter)
        elif what < 0.55:
            layers = [self.standing(rng, view, shutter) for _ in range(rng.integers(1, 4))]
        if rng.random() < 0.1:
            layers.append(objects.line(rng, view, self.size))
        for layer in layers:
            frames = over(frames, layer)
        return frames, view, shutter

    def scene(self, rng):
        """A picture; what it shows stands still and so is no foreground, be it a subject or not.

        Among them are frames of sequences: what moves in one of 30 is not to be known by its looks.
        """
        sources = [
            (self.material.backgrounds, 0.4, self.drawn_background),
            (self.still_kinds, 0.35, lambda rng: self.drawn_still(rng).decoded()[0]),
            (self.sequences, 0.25, lambda rng: self.drawn_frame(rng)[0]),
        ]
        shares = np.array([share if there else 0 for there, share, _ in sources])
        return sources[rng.choice(len(sources), p=shares / shares.sum())][2](rng)

    def standing(self, rng, view, shutter):
        height = self.size[0] * rng.uniform(0.2, 0.8)
        x, y = rng.uniform(0, self.size[1]), self.size[0] * rng.uniform(0.3, 0.8)
        return objects.still(rng, self.objects.one(rng), view, self.size, shutter, height, x, y)

    def finished(self, rng, frames, mask, view, shutter):
        """With what comes in front of the foreground."""
        if rng.random() < 0.2:
            layer = self.standing(rng, view, shutter)
            frames, mask = over(frames, layer), mask * (1 - layer[..., 3] / 255)
        if rng.random() < 0.12:
            frames = over(frames, objects.smoke(rng, self.frames, self.size, middles(mask)))
        return frames, mask

    def drawn_sequence(self, rng):
        return self.sequences[rng.choice(len(self.sequences), p=self.sequence_shares)]

    def drawn_frame(self, rng):
        """A frame of a sequence and its mask."""
        sequence = self.drawn_sequence(rng)
        index = rng.integers(len(sequence.frames))
        return sequence.frames[index], sequence.masks[index]

    def drawn_background(self, rng):
        return self.material.backgrounds[rng.integers(len(self.material.backgrounds))]

    def drawn_still(self, rng):
        stills = self.material.stills[rng.choice(self.still_kinds, p=self.still_shares)]
        return stills[rng.integers(len(stills))]


def erased(rgb, mask):
    """The picture without what the mask shows, roughly."""
    size = ERASED_SIZE[::-1]
    hole = cv2.dilate(cv2.resize(mask, size, interpolation=cv2.INTER_AREA), np.ones((3, 3)))
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    filled = cv2.inpaint(small, (hole > 0).astype(np.uint8), 2, cv2.INPAINT_TELEA)
    filled = cv2.resize(filled, mask.shape[::-1], interpolation=cv2.INTER_CUBIC)
    blend = cv2.blur(cv2.dilate(mask, np.ones((5, 5))), (5, 5))[..., None] / np.float32(255)
    return (rgb * (1 - blend) + filled * blend).astype(np.uint8)


def middles(mask):
    """Where the foreground is, [T, 2], x and y in shares of the frame."""
    result = []
    for frame in mask:
        rows, columns = np.nonzero(frame > 127)
        middle = (frame.shape[1] / 2, frame.shape[0] / 2)
        result.append((columns.mean(), rows.mean()) if len(rows) else middle)
    return np.array(result) / mask.shape[:0:-1]
