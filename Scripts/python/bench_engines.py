"""See Scripts/bench-engines."""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import onnxruntime
import torch
from safetensors.numpy import save_file

import reference_data
import threedcseg

CSNSTREAM = os.environ["CSNSTREAM"]
SHARED = os.environ.get("CSNSTREAM_SHARED", pathlib.Path(__file__).parents[3] / "shared")


def check_pytorch(data):
    """Our PyTorch model must give what the authors' gave."""
    for name, sample in data.samples():
        salt = int(sample["salt"][0])
        model = threedcseg.load(data.weights(salt))
        frames = reference_data.frames(sample["frames.shape"], salt)
        assert (frames.reshape(-1)[:16] == sample["frames.first16"]).all(), name
        with torch.inference_mode():
            logits = model(torch.from_numpy(frames)[None])[0].numpy()
        expected = sample["logits"]
        # All but one file hold every second frame and every fourth row and column.
        if logits.shape != expected.shape:
            logits = logits[:, ::2, ::4, ::4]
        error = np.abs(logits - expected).max() / expected.std()
        print(f"PyTorch model against {name}: largest error {error:.1e} standard deviations")
        assert error < 1e-4, name


class PyTorch:
    """The network as an authors' user would run it, from 8-bit frames to probabilities."""

    def __init__(self, model, frames, precision):
        self.name = f"PyTorch {torch.__version__} {precision}"
        self.model = model
        self.frames = torch.from_numpy(frames)[None]
        self.is_bf16 = precision == "bf16"

    def times(self, runs):
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=self.is_bf16):
            return timed(lambda: self.model(self.frames).float().softmax(1)[0, 1], runs)


class OnnxRuntime:
    """The network that csnstream exports, batch norms folded."""

    def __init__(self, path, frames):
        self.name = f"ONNX Runtime {onnxruntime.__version__} f32"
        self.session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        self.frames = np.ascontiguousarray(frames.transpose(1, 2, 3, 0))

    def times(self, runs):
        return timed(lambda: self.session.run(None, {"frames": self.frames}), runs)


class Ours:
    """csnstream, in a process of its own."""

    def __init__(self, weights, clip, precision, cache):
        self.name = f"csnstream {precision}"
        self.command = [
            *[CSNSTREAM, "measure", "--model", "3dcseg-r152", "--weights", weights],
            *["--clip", clip, "--precision", precision, "--cache", cache],
        ]

    def times(self, runs):
        result = subprocess.run(
            [*self.command, "--runs", str(runs)], check=True, stdout=subprocess.PIPE
        )
        return json.loads(result.stdout)["seconds"]


def timed(run, runs):
    """Seconds of each run after one that does not count."""
    run()
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return seconds


def bench(clip, weights, model, arguments, folder):
    size = tuple(int(part) for part in clip.split("x"))
    frames = reference_data.frames([3, *size], 0)
    exported = folder / f"{clip}.onnx"
    options = ["--model", "3dcseg-r152", "--weights", weights, "--clip", clip]
    subprocess.run([CSNSTREAM, "export", *options, exported], check=True)
    engines = [PyTorch(model, frames, "f32"), OnnxRuntime(exported, frames)]
    engines.append(Ours(weights, clip, "f32", folder))
    if has_bf16():
        engines += [PyTorch(model, frames, "bf16"), Ours(weights, clip, "bf16", folder)]

    seconds = {engine: [] for engine in engines}
    for _ in range(arguments.rounds):
        for engine in engines:
            seconds[engine] += engine.times(arguments.runs)
    baseline = statistics.median(seconds[engines[0]])
    print(f"\n{clip}: seconds per clip of {arguments.rounds}×{arguments.runs} runs")
    for engine in engines:
        values = seconds[engine]
        median = statistics.median(values)
        print(
            f"  {engine.name:28} {median:8.3f} ({min(values):.3f}…{max(values):.3f})"
            f"  {baseline / median:5.2f}× PyTorch f32",
            flush=True,
        )


def has_bf16():
    flags = pathlib.Path("/proc/cpuinfo").read_text().split()
    return bool({"avx512_bf16", "amx_bf16", "bf16"} & set(flags))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--clip", action="append", help="8x128x224 and 8x256x448")
    parser.add_argument("--rounds", type=int, default=5, help="turns of every engine")
    parser.add_argument("--runs", type=int, default=3, help="timed runs in a turn")
    arguments = parser.parse_args()
    if not pathlib.Path(SHARED).exists():
        sys.exit(f"bench-engines: no reference data in {SHARED}; CSNSTREAM_SHARED names their folder")

    data = reference_data.ReferenceData(SHARED)
    check_pytorch(data)
    weights = data.weights(0)
    model = threedcseg.load(weights)
    threads = torch.get_num_threads()
    print(f"{threads} threads; bf16: {'yes' if has_bf16() else 'no, the CPU has no instructions for it'}")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        save_file(weights, folder / "weights.safetensors")
        for clip in arguments.clip or ["8x128x224", "8x256x448"]:
            bench(clip, folder / "weights.safetensors", model, arguments, folder)


main()
