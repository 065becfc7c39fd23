"""How good masks are, on real sequences and on clips that were made."""

import numpy as np
import torch
from torch.nn import functional as F

from training import measures
from training.network import SPACE_MULTIPLE, StillNetwork, normalised


@torch.inference_mode()
def probabilities(network, frames, device):
    """Foreground, float32 [T, H, W], of frames, uint8 [T, H, W, 3]; black around odd sizes."""
    height, width = frames.shape[1:3]
    rows, columns = -height % SPACE_MULTIPLE, -width % SPACE_MULTIPLE
    x = F.pad(
        normalised(torch.from_numpy(frames)[None].to(device)),
        (columns // 2, columns - columns // 2, rows // 2, rows - rows // 2),
        value=-127 / 128,
    )
    is_cuda = torch.device(device).type == "cuda"
    with torch.autocast("cuda", torch.bfloat16, enabled=is_cuda):
        logits = network(x)[0].float()
    logits = F.interpolate(logits, size=x.shape[2:], mode="trilinear")[0, 0]
    cropped = logits[:, rows // 2 :, columns // 2 :][:, :height, :width]
    return torch.sigmoid(cropped).cpu().numpy()


def starts(length, clip, overlap, limit=None):
    """Where clips begin: the last one is anchored at the end; `limit` of them, spread evenly."""
    last = max(0, length - clip)
    every = [*range(0, last, clip - overlap), last]
    if limit is None or len(every) <= limit:
        return every
    return [every[round(i)] for i in np.linspace(0, len(every) - 1, limit)]


def sequence_scores(network, sequence, device, clip=8, overlap=3, limit=None):
    """J and F of a real sequence, means over the frames that were seen."""
    length = len(sequence.frames)
    total = np.zeros(sequence.masks.shape, np.float32)
    votes = np.zeros(length)
    for start in starts(length, clip, overlap, limit):
        indices = np.minimum(np.arange(start, start + clip), length - 1)
        total[indices] += probabilities(network, sequence.frames[indices], device)
        votes[indices] += 1
    scores = []
    for index in np.nonzero(votes)[0]:
        mask, truth = total[index] / votes[index] > 0.5, sequence.masks[index] > 127
        scores.append((measures.region_similarity(mask, truth), measures.boundary_f(mask, truth)))
    return np.mean(scores, 0)


def clip_score(network, clips, kind, count, device):
    """J of `count` clips of one kind, mean over frames."""
    scores = []
    for index in range(count):
        frames, masks = clips.clip(index, kind)
        shown = probabilities(network, frames, device)
        scores += [measures.region_similarity(*pair) for pair in zip(shown > 0.5, masks > 127)]
    return float(np.mean(scores))


def picture_score(network, stills, device):
    """J of photographs in which nothing moves, their mean. network: a StillNetwork."""
    scores = []
    for rgb, mask in (still.decoded() for still in stills):
        shown = probabilities(network, rgb[None], device)[0]
        scores.append(measures.region_similarity(shown > 0.5, mask > 127))
    return float(np.mean(scores))


def evaluate(network, sequences, clips, settings, device):
    """A dict of scores by name; settings: clips_per_sequence, made_clips, pictures."""
    network.eval()
    scores = {}
    for name, sequence in sequences.items():
        limit = settings["clips_per_sequence"] or None
        result = sequence_scores(network, sequence, device, limit=limit)
        scores[f"J {name}"], scores[f"F {name}"] = map(float, result)
    for measure in "JF":
        values = [scores[f"{measure} {name}"] for name in sequences]
        if values:
            scores[measure] = float(np.mean(values))
    count = settings["made_clips"]
    kinds = [kind for kind in clips.kinds() if kind != "real"]
    for kind in kinds if count else []:
        scores[f"J {kind}"] = clip_score(network, clips, kind, count, device)
    count = settings["pictures"]
    if count and clips.still_kinds:
        still_network = StillNetwork(network)
        stills = [clips.material.stills[kind][:count] for kind in clips.still_kinds]
        values = [picture_score(still_network, some, device) for some in stills]
        scores["J picture"] = float(np.mean(values))
    return scores
