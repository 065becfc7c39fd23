"""The made-up weights and frames of the reference data: functions of names.

fnv1a64(name) + salt seeds splitmix64; see the README of the reference data.
"""

import json
import pathlib

import numpy as np
from safetensors.numpy import load_file


def random_bits(name, count, salt):
    """splitmix64's first `count` numbers."""
    state = 0xCBF29CE484222325
    for byte in name.encode():
        state = (state ^ byte) * 0x100000001B3 % 2**64
    with np.errstate(over="ignore"):
        z = np.uint64((state + salt) % 2**64) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(
            0x9E3779B97F4A7C15
        )
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def frames(shape, salt):
    """uint8 [3, T, H, W]"""
    bits = random_bits("frames", int(np.prod(shape)), salt)
    return (bits >> np.uint64(56)).astype(np.uint8).reshape(shape)


def weight(name, shape, salt):
    """float32 of `shape`."""
    if name.endswith("running_mean"):
        base, factor = 0.0, 0.1
    elif name.endswith("running_var"):
        base, factor = 1.0, 0.25
    elif name.endswith("bias"):
        base, factor = 0.0, 0.05
    elif len(shape) == 1:
        base, factor = (0.25, 0.05) if ".bn3." in name else (1.0, 0.1)
    else:
        base, factor = 0.0, float(np.sqrt(6 / np.prod(shape[1:])))
    u = (random_bits(name, int(np.prod(shape)), salt) >> np.uint64(40)) / 2.0**23 - 1
    return (base + factor * u).astype(np.float32).reshape(shape)


class ReferenceData:
    """The folder `parity` of the reference data."""

    def __init__(self, shared):
        self.folder = pathlib.Path(shared) / "parity"

    def weights(self, salt):
        """Learned values and statistics of the published network, each under one of its names."""
        shapes = json.loads((self.folder / "state_dict_3dcseg_r152.json").read_text())
        unused = ("encoder.resnet.", "encoder.mean", "encoder.std")
        return {
            name: weight(name, shape, salt)
            for name, shape in shapes.items()
            if not name.startswith(unused) and not name.endswith("num_batches_tracked")
        }

    def samples(self):
        """Every file of expected outputs: name, tensors."""
        for path in sorted(self.folder.glob("3dcseg_r152_*.safetensors")):
            yield path.stem, load_file(path)
