"""Reads a pack (see pack.py). Pictures are RGB, uint8 [H, W, 3]; masks uint8 [H, W], 0 or 255."""

import copy
import dataclasses
import pathlib
import tempfile
import zipfile

import cv2
import numpy as np


@dataclasses.dataclass
class Sequence:
    frames: np.ndarray  # uint8 [N, H, W, 3]
    masks: np.ndarray  # uint8 [N, H, W]


@dataclasses.dataclass
class Still:
    """A photograph and its mask, kept as files are."""

    image: bytes
    mask: bytes

    def decoded(self):
        return decoded(self.image), decoded_mask(self.mask)


class Material:
    """What clips are made of."""

    def __init__(self, path):
        """Everything in the pack at `path`. Sequences are decoded, 0.3 MB a frame."""
        self.sequences = {}
        self.stills = {}  # by kind
        self.cutouts = {}  # by kind
        self.backgrounds = []
        with opened(path) as archive:
            names = sorted(archive.namelist())
            for name in names:
                kind, suffix = name.split("/")[0], name.rpartition(".")[2]
                if kind == "sequences" and suffix == "mp4":
                    stem = name.removesuffix(".mp4")
                    masks = [archive.read(n) for n in names if n.startswith(f"{stem}/")]
                    sequence = Sequence(
                        decoded_video(archive.read(name)), np.stack(list(map(decoded_mask, masks)))
                    )
                    self.sequences[stem.removeprefix("sequences/")] = sequence
                elif kind == "stills" and suffix == "webp":
                    mask = archive.read(name.removesuffix("webp") + "png")
                    still = Still(archive.read(name), mask)
                    self.stills.setdefault(name.split("/")[1], []).append(still)
                elif kind == "cutouts":
                    self.cutouts.setdefault(name.split("/")[1], []).append(archive.read(name))
                elif kind == "backgrounds":
                    self.backgrounds.append(decoded(archive.read(name)))

    def split(self, sequences, share):
        """Takes away the named sequences, and of each kind of other material the last `share`.

        Returns them, for evaluation. The last, not every so manieth: neighbours may show the same.
        """
        for name in sequences:
            if name not in self.sequences:
                there = ", ".join(sorted(self.sequences)) or "none"
                raise SystemExit(f"evaluation.sequences: the pack has no {name}; it has {there}")
        held_out = copy.copy(self)
        held_out.sequences = {name: self.sequences.pop(name) for name in sequences}
        self.stills, held_out.stills = split(self.stills, share)
        self.cutouts, held_out.cutouts = split(self.cutouts, share)
        keep = len(self.backgrounds) - round(len(self.backgrounds) * share)
        held_out.backgrounds = self.backgrounds[keep:]
        self.backgrounds = self.backgrounds[:keep]
        return held_out


def opened(path):
    try:
        return zipfile.ZipFile(path)
    except zipfile.BadZipFile:
        raise SystemExit(f"{path}: is not a pack") from None


def split(by_kind, share):
    keep = {kind: len(things) - round(len(things) * share) for kind, things in by_kind.items()}
    return (
        {kind: things[: keep[kind]] for kind, things in by_kind.items()},
        {kind: things[keep[kind] :] for kind, things in by_kind.items() if things[keep[kind] :]},
    )


def decoded(content, flags=cv2.IMREAD_COLOR_RGB):
    return cv2.imdecode(np.frombuffer(content, np.uint8), flags)


def decoded_mask(content):
    return decoded(content, cv2.IMREAD_GRAYSCALE)


def decoded_cutout(content):
    """RGB and alpha."""
    image = decoded(content, cv2.IMREAD_UNCHANGED)
    return np.ascontiguousarray(image[..., 2::-1]), np.ascontiguousarray(image[..., 3])


def decoded_video(content):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "video.mp4"
        path.write_bytes(content)
        capture = cv2.VideoCapture(str(path))
        frames = []
        while (result := capture.read())[0]:
            frames.append(cv2.cvtColor(result[1], cv2.COLOR_BGR2RGB))
    return np.stack(frames)
