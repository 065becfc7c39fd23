"""Scores weights on what a configuration holds out: see Scripts/train/score."""

import argparse
import json
import pathlib

import torch

from training import checkpoint, command, config
from training.clips import Clips
from training.evaluation import evaluate
from training.material import Material
from training.network import Lite
from training.run import EVALUATION_SEED


def main():
    parser = argparse.ArgumentParser(prog="Scripts/train/score", description=__doc__)
    parser.add_argument("pack", type=pathlib.Path, help="made by Scripts/train/pack")
    parser.add_argument("weights", type=pathlib.Path, nargs="+", help="of several files, the mean")
    config.add_options(parser)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    arguments = parser.parse_args()

    settings = config.read(arguments)
    evaluation = settings["evaluation"]
    held_out = Material(arguments.pack).split(evaluation["sequences"], evaluation["share"])
    clips = Clips(held_out, settings["clips"], EVALUATION_SEED)
    network = Lite(**settings["network"]).to(arguments.device)
    checkpoint.load_weights(network, *arguments.weights)
    scores = evaluate(network, held_out.sequences, clips, evaluation, arguments.device)
    print(json.dumps({name: round(value, 4) for name, value in scores.items()}, indent=2))


if __name__ == "__main__":
    command.run(main)
