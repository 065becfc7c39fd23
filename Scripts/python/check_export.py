"""See Scripts/check-export."""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
from safetensors.numpy import load_file, save_file

CSNSTREAM = os.environ["CSNSTREAM"]
TOLERANCE = 1e-4  # of probabilities


def check(clip, options, folder):
    """The largest difference between ONNX Runtime and csnstream on one clip of noise."""
    size = "x".join(map(str, clip))
    path = folder / "network.onnx"
    subprocess.run([CSNSTREAM, "export", *options, "--clip", size, path], check=True)
    onnx.checker.check_model(str(path), full_check=True)

    frames = np.random.default_rng(1).integers(0, 256, (3, *clip), np.uint8)
    save_file({"frames": frames}, folder / "clip.safetensors")
    result = folder / "result.safetensors"
    files = ["--input", folder / "clip.safetensors", "--output", result]
    subprocess.run([CSNSTREAM, "infer", *options, "--precision", "f32", *files], check=True)
    ours = load_file(result)["foreground"]

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    channels_last = np.ascontiguousarray(frames.transpose(1, 2, 3, 0))
    (theirs,) = session.run(["foreground"], {"frames": channels_last})
    assert theirs.shape == ours.shape, f"{theirs.shape} against {ours.shape}"
    assert ours.std() > 0, "a constant result"
    return np.abs(theirs - ours).max()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default="lite")
    parser.add_argument("--weights")
    arguments = parser.parse_args()
    options = ["--model", arguments.model]
    if arguments.weights:
        options += ["--weights", arguments.weights]

    worst = 0
    with tempfile.TemporaryDirectory() as folder:
        for clip in [(8, 64, 96), (5, 96, 64), (1, 32, 32)]:
            difference = check(clip, options, pathlib.Path(folder))
            worst = max(worst, difference)
            print(f"{arguments.model} {clip}: checked; largest difference {difference:.2e}")
    sys.exit(worst > TOLERANCE)


main()
