"""Files of a run, written so that being killed at any moment leaves a whole one."""

import os

import safetensors.torch
import torch


def replace(path, write):
    """Has `write` make a file beside `path`, then puts it in its place."""
    beside = path.with_name(f".{path.name}.new")
    try:
        write(beside)
        with open(beside, "rb") as file:
            os.fsync(file.fileno())
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def save(path, state):
    replace(path, lambda beside: torch.save(state, beside))


def load(path):
    return torch.load(path, map_location="cpu", weights_only=True)


def export(path, weights, metadata):
    """Weights in half precision, as `csnstream --weights` takes them."""
    halves = {name: w.detach().cpu().half().contiguous() for name, w in weights.items()}
    for name, weight in halves.items():
        if not torch.isfinite(weight).all():
            raise ValueError(f"{path}: {name} is not finite in half precision")
    content = safetensors.torch.save(halves, metadata)
    replace(path, lambda beside: beside.write_bytes(content))


def read(path):
    try:
        return safetensors.torch.load(path.read_bytes())
    except safetensors.SafetensorError as error:
        raise SystemExit(f"{path}: is not safetensors: {error}") from None


def load_weights(network, *paths):
    """The mean of weights of any precision; every file has every name."""
    files = [read(path) for path in paths]
    mean = {name: sum(f[name].float() for f in files) / len(files) for name in files[0]}
    network.load_state_dict(mean)
