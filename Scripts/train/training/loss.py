"""The loss of a clip."""

import torch
from torch.nn import functional as F


class Loss:
    """Binary cross-entropy and soft IoU, of the mask and, weighted less, of the side outputs.

    boundary: how much more than others the mask's pixels near an outline count; 0 is not at all.
    """

    def __init__(self, side_weights=(0.3, 0.2, 0.1), boundary=0.0):
        self.side_weights = side_weights
        self.boundary = boundary

    def __call__(self, outputs, masks):
        """outputs: logits of Lite. masks: [B, 1, T, H, W], 0…1."""
        finest = F.interpolate(outputs[0].float(), size=masks.shape[2:], mode="trilinear")
        total = self.at(finest, masks, self.boundary)
        for weight, logits in zip(self.side_weights, outputs[1:], strict=True):
            small = F.interpolate(masks, size=logits.shape[2:], mode="area")
            total = total + weight * self.at(logits.float(), small)
        return total

    def at(self, logits, masks, boundary=0.0):
        errors = F.binary_cross_entropy_with_logits(logits, masks, reduction="none")
        if boundary:
            near = F.avg_pool3d(masks, (1, 15, 15), 1, (0, 7, 7), count_include_pad=False)
            errors = errors * (1 + boundary * (near - masks).abs())
        shown = torch.sigmoid(logits)
        both = (shown * masks).flatten(1).sum(1)
        either = (shown + masks - shown * masks).flatten(1).sum(1)
        return errors.mean() + (1 - (both + 1) / (either + 1)).mean()
