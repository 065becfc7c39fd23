"""Packs the material of training into one file: see Scripts/train/pack.

The file is a zip archive of
    sequences/NAME.mp4, sequences/NAME/00000.png   a real sequence, masks of two values
    stills/KIND/NAME.webp, stills/KIND/NAME.png    a photograph and its mask
    cutouts/KIND/NAME.webp                         a thing with its alpha
    backgrounds/ROOT/NAME.webp                     a photograph
"""

import argparse
import pathlib
import re
import subprocess
import zipfile

import cv2
import numpy as np

from training import command
from training.checkpoint import replace

HEIGHT = 240  # of sequences; the network sees 252 rows
SHORT_SIDE = 208  # of stills, which are seen enlarged by up to a half
LONG_SIDE = 208  # of cut-outs
BACKGROUND_HEIGHT = 280
QUALITY = {"stills": 42, "cutouts": 55, "backgrounds": 50}
CRF = 27
# Folders and files of Tux Paint's stamps that hold drawings, or others turned round.
DRAWINGS = ("symbols", "cartoon", "flags", "roadsigns", "_mirror", "_flip")


def scaled(image, scale):
    if scale >= 1:
        return image
    size = [max(1, round(side * scale)) for side in image.shape[1::-1]]
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def encoded(image, kind):
    parameters = [cv2.IMWRITE_WEBP_QUALITY, QUALITY[kind]]
    return cv2.imencode(".webp", image, parameters)[1].tobytes()


def encoded_mask(mask):
    """One bit a pixel."""
    parameters = [cv2.IMWRITE_PNG_BILEVEL, 1, cv2.IMWRITE_PNG_COMPRESSION, 9]
    return cv2.imencode(".png", mask, parameters)[1].tobytes()


def picture(path, flags=cv2.IMREAD_COLOR):
    image = cv2.imread(str(path), flags)
    if image is None:
        raise SystemExit(f"{path}: is missing, or no image")
    return image


def resized_mask(path, size):
    mask = picture(path, cv2.IMREAD_GRAYSCALE)
    mask = np.where(mask > 0, 255, 0).astype(np.uint8)
    mask = cv2.resize(mask, size, interpolation=cv2.INTER_AREA)
    return np.where(mask > 127, 255, 0).astype(np.uint8)


class Packer:
    """Writes members of a pack. Nothing is compressed again."""

    def __init__(self, archive):
        self.archive = archive
        self.sizes = {}

    def add(self, name, content):
        if name in self.archive.NameToInfo:
            raise SystemExit(f"{name}: there are two of this name")
        self.archive.writestr(zipfile.ZipInfo(name), content)
        kind = name.split("/")[0]
        count, size = self.sizes.get(kind, (0, 0))
        self.sizes[kind] = (count + 1, size + len(content))

    def count(self, kind):
        return self.sizes.get(kind, (0, 0))[0]

    def sequences(self, root):
        """ROOT/JPEGImages/NAME/*.jpg with ROOT/Annotations/NAME/*.png.

        Of DAVIS itself, whose folders have another level, those of its list for training.
        """
        pictures, annotations = root / "JPEGImages", root / "Annotations"
        names = sorted(folder.name for folder in pictures.iterdir())
        if (pictures / "480p").is_dir():
            pictures, annotations = pictures / "480p", annotations / "480p"
            lines = (root / "ImageSets/480p/train.txt").read_text().split()[::2]
            names = sorted({pathlib.Path(line).parent.name for line in lines})
        for name in names:
            self.sequence(pictures / name, annotations / name)

    def sequence(self, pictures, annotations):
        frames = [path for path in sorted(pictures.iterdir()) if path.suffix in (".jpg", ".jpeg")]
        masks = sorted(annotations.glob("*.png"))
        if not frames or [path.stem for path in frames] != [path.stem for path in masks]:
            raise SystemExit(f"{annotations}: is not a mask for each picture in {pictures}")
        name = f"sequences/{pictures.name}"
        self.add(f"{name}.mp4", video(frames))
        height, width = picture(frames[0]).shape[:2]
        size = (int(width * HEIGHT / height / 2 + 0.5) * 2, HEIGHT)  # as ffmpeg rounds
        for index, path in enumerate(masks):
            self.add(f"{name}/{index:05}.png", encoded_mask(resized_mask(path, size)))

    def stills(self, root):
        """ROOT/KIND/NAME.webp or .jpg with ROOT/KIND/NAME.png, whose foreground is not 0."""
        for path in sorted(root.glob("*/*")):
            if path.suffix not in (".webp", ".jpg", ".jpeg"):
                continue
            image = picture(path)
            image = scaled(image, SHORT_SIDE / min(image.shape[:2]))
            mask = resized_mask(path.with_suffix(".png"), image.shape[1::-1])
            if not mask.any():
                continue
            name = f"stills/{path.parent.name}/{path.stem}"
            self.add(f"{name}.webp", encoded(image, "stills"))
            self.add(f"{name}.png", encoded_mask(mask))

    def cutouts(self, root, kind=None):
        """Every image under ROOT that is transparent somewhere, cropped to what it shows."""
        paths = [path for path in sorted(root.rglob("*")) if path.suffix in (".webp", ".png")]
        for path in paths:
            if kind == "stamps" and any(word in str(path.relative_to(root)) for word in DRAWINGS):
                continue
            image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
            if image is None or image.ndim != 3 or image.shape[2] != 4 or image.dtype != np.uint8:
                continue
            rows, columns = np.nonzero(image[..., 3] > 40)
            if len(rows) < 400 or image[..., 3].min() > 10:
                continue
            image = image[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
            if image[..., 3].min() == 255:
                continue  # a box
            image = scaled(image, LONG_SIDE / max(image.shape[:2]))
            name = f"cutouts/{kind or path.parent.name}/{self.count('cutouts'):05}.webp"
            self.add(name, encoded(image, "cutouts"))

    def backgrounds(self, root):
        """Every wide photograph under ROOT, of at least 1000 pixels, in one size only."""
        pictures = {}
        for path in sorted(root.rglob("*")):
            if path.suffix not in (".jpg", ".jpeg", ".png", ".webp"):
                continue
            image = cv2.imread(str(path), cv2.IMREAD_REDUCED_COLOR_2)
            if image is None or image.shape[1] < 500 or image.shape[0] > image.shape[1]:
                continue
            # Wallpapers come in many sizes and shapes, in files named by their size.
            is_size = re.fullmatch(r"\d+x\d+", path.stem)
            scale = BACKGROUND_HEIGHT / min(image.shape[:2])
            pictures[path.parent if is_size else path] = scaled(image, scale)
        for image in pictures.values():
            name = f"backgrounds/{root.name}/{self.count('backgrounds'):05}.webp"
            self.add(name, encoded(image, "backgrounds"))


def video(frames):
    """H.264 of `HEIGHT` rows."""
    command = ["ffmpeg", "-v", "error", "-f", "image2pipe", "-c:v", "mjpeg", "-i", "-"]
    command += ["-vf", f"scale=-2:{HEIGHT}:flags=area", "-c:v", "libx264", "-crf", str(CRF)]
    command += ["-preset", "slow", "-pix_fmt", "yuv420p", "-movflags", "frag_keyframe+empty_moov"]
    command += ["-f", "mp4", "-"]
    pictures = b"".join(path.read_bytes() for path in frames)
    return subprocess.run(command, input=pictures, stdout=subprocess.PIPE, check=True).stdout


def write(path, arguments):
    """Writes the pack; returns the number and the bytes of its files by kind."""
    with zipfile.ZipFile(path, "w") as archive:
        packer = Packer(archive)
        for root in arguments.sequences:
            packer.sequences(root)
        for root in arguments.stills:
            packer.stills(root)
        for root in arguments.cutouts:
            packer.cutouts(root)
        for root in arguments.stamps:
            packer.cutouts(root, kind="stamps")
        for root in arguments.backgrounds:
            packer.backgrounds(root)
    if not packer.sizes:
        raise SystemExit(f"{arguments.pack}: there is nothing to pack")
    return packer.sizes


def folder(argument):
    """An argument that is one; argparse tells of the error."""
    if not pathlib.Path(argument).is_dir():
        raise argparse.ArgumentTypeError(f"{argument}: no such folder")
    return pathlib.Path(argument)


def main():
    parser = argparse.ArgumentParser(prog="Scripts/train/pack", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("pack", type=pathlib.Path, help="the file to write")
    folders = {"type": folder, "nargs": "+", "default": [], "metavar": "FOLDER"}
    layout = "JPEGImages/NAME/*.jpg, Annotations/NAME/*.png; or DAVIS, of which train is taken"
    parser.add_argument("--sequences", **folders, help=layout)
    parser.add_argument("--stills", **folders, help="KIND/NAME.webp or .jpg, with .png")
    parser.add_argument("--cutouts", **folders, help="images with alpha; each folder is a kind")
    parser.add_argument("--stamps", **folders, help="likewise, all of one kind")
    parser.add_argument("--backgrounds", **folders, help="photographs, in any depth")
    arguments = parser.parse_args()

    sizes = {}
    replace(arguments.pack, lambda beside: sizes.update(write(beside, arguments)))
    for kind, (count, size) in sizes.items():
        print(f"{kind}: {count} files, {size / 2**20:.1f} MiB")
    size = arguments.pack.stat().st_size
    print(f"{arguments.pack}: {size / 2**20:.1f} MiB")


if __name__ == "__main__":
    command.run(main)
