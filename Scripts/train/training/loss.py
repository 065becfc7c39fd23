"""The loss of a clip."""

import torch
from torch.nn import functional as F


class Loss:
    """Binary cross-entropy and soft IoU, of the mask and, weighted less, of the side outputs.

    boundary: how much more than others the pixels near an outline count; 0 is not at all.
    """

    def __init__(self, side_weights=(0.3, 0.2, 0.1), boundary=0.0):
        self.weights = (1, *side_weights)
        self.boundary = boundary

    def __call__(self, outputs, masks):
        """outputs: logits of Lite. masks: [B, 1, T, H, W], 0…1."""
        finest = F.interpolate(outputs[0].float(), size=masks.shape[2:], mode="trilinear")
        logits = [finest, *(output.float() for output in outputs[1:])]
        return sum(weight * self.at(y, masks) for weight, y in zip(self.weights, logits))

    def at(self, logits, masks):
        if masks.shape != logits.shape:
            masks = F.interpolate(masks, size=logits.shape[2:], mode="area")
        errors = F.binary_cross_entropy_with_logits(logits, masks, reduction="none")
        if self.boundary:
            near = F.avg_pool3d(masks, (1, 15, 15), 1, (0, 7, 7), count_include_pad=False)
            errors = errors * (1 + self.boundary * (near - masks).abs())
        shown = torch.sigmoid(logits)
        both = (shown * masks).flatten(1).sum(1)
        either = (shown + masks - shown * masks).flatten(1).sum(1)
        return errors.mean() + (1 - (both + 1) / (either + 1)).mean()
