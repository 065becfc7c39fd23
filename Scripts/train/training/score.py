"""Scores weights on what a configuration holds out: see Scripts/train/score."""

import argparse
import json
import pathlib
import tomllib

import torch

from training import checkpoint
from training.clips import Clips
from training.evaluation import evaluate
from training.material import Material
from training.network import Lite
from training.run import CONFIGS, EVALUATION_SEED


def main():
    parser = argparse.ArgumentParser(prog="Scripts/train/score", description=__doc__)
    parser.add_argument("pack", type=pathlib.Path, help="made by Scripts/train/pack")
    parser.add_argument("weights", type=pathlib.Path, nargs="+", help="of several files, the mean")
    parser.add_argument("--config", type=pathlib.Path, default=CONFIGS / "lite.toml")
    parser.add_argument("--clips-per-sequence", type=int, metavar="N", help="0: all, overlapping")
    parser.add_argument("--made-clips", type=int, metavar="N", help="of each kind")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    arguments = parser.parse_args()

    config = tomllib.loads(arguments.config.read_text())
    settings = config["evaluation"]
    for name in ("clips_per_sequence", "made_clips"):
        if getattr(arguments, name) is not None:
            settings[name] = getattr(arguments, name)
    held_out = Material(arguments.pack).split(settings["sequences"], settings["share"])
    clips = Clips(held_out, config["clips"], EVALUATION_SEED)
    network = Lite(**config["network"]).to(arguments.device)
    checkpoint.load_weights(network, *arguments.weights)
    scores = evaluate(network, held_out.sequences, clips, settings, arguments.device)
    print(json.dumps({name: round(value, 4) for name, value in scores.items()}, indent=2))


if __name__ == "__main__":
    main()
