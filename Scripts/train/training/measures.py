"""Region similarity J and boundary F as DAVIS defines them; masks are bool [H, W]."""

import math

import cv2
import numpy as np


def region_similarity(mask, truth):
    union = (mask | truth).sum()
    return (mask & truth).sum() / union if union else 1.0


def boundary_f(mask, truth):
    radius = math.ceil(0.008 * math.hypot(*mask.shape))
    y, x = np.ogrid[-radius : radius + 1, -radius : radius + 1]
    disk = (x * x + y * y <= radius * radius).astype(np.uint8)
    ours, theirs = outline(mask), outline(truth)
    if not ours.any() or not theirs.any():
        return float(ours.any() == theirs.any())
    precision = (ours & cv2.dilate(theirs, disk)).sum() / ours.sum()
    recall = (theirs & cv2.dilate(ours, disk)).sum() / theirs.sum()
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def outline(mask):
    """Pixels that differ from the one to the right, below, or both; uint8."""
    padded = np.pad(mask, ((0, 1), (0, 1)), mode="edge")
    right, below, both = padded[:-1, 1:], padded[1:, :-1], padded[1:, 1:]
    return ((mask != right) | (mask != below) | (mask != both)).astype(np.uint8)
