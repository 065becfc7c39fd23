"""What cameras and codecs do to a clip: light, colour, blur, noise, compression."""

import cv2
import numpy as np


def augmented(rng, frames):
    """frames: uint8 [T, H, W, 3], as is the result."""
    frames = coloured(rng, frames)
    effects = [(softened, 0.25), (noisy, 0.4), (compressed, 0.3)]
    for effect, share in effects:
        if rng.random() < share:
            frames = effect(rng, frames)
    return frames


def coloured(rng, frames):
    """Other light, contrast and colours, drifting a little."""
    levels = np.arange(256, dtype=np.float32)[:, None] / 255
    gamma = np.exp(rng.normal(0, 0.25))
    gain, offset = rng.uniform(0.65, 1.3), rng.normal(0, 0.06)
    tint = 1 + rng.normal(0, 0.05, 3)
    table = ((levels**gamma - 0.5) * gain + 0.5 + offset) * tint
    table = np.clip(table * 255, 0, 255).astype(np.uint8)[None]
    saturation = 0 if rng.random() < 0.07 else rng.uniform(0.5, 1.35)
    grey = np.float32([[0.3, 0.59, 0.11]] * 3)
    mixing = saturation * np.eye(3, dtype=np.float32) + (1 - saturation) * grey
    if rng.random() < 0.1:
        mixing = mixing[rng.permutation(3)]
    return np.stack([cv2.LUT(cv2.transform(frame, mixing), table) for frame in frames])


def softened(rng, frames):
    """Out of focus, or of fewer pixels."""
    if rng.random() < 0.5:
        sigma = rng.uniform(0.4, 1.3)
        return np.stack([cv2.GaussianBlur(frame, (0, 0), sigma) for frame in frames])
    size = frames.shape[2:0:-1]
    small = [round(side * rng.uniform(0.4, 0.9)) for side in size]
    return np.stack([cv2.resize(cv2.resize(frame, small), size) for frame in frames])


def noisy(rng, frames):
    noise = rng.standard_normal(frames.shape, np.float32) * rng.uniform(1, 7)
    return np.clip(frames + noise, 0, 255).astype(np.uint8)


def compressed(rng, frames):
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(12, 70))]
    files = [cv2.imencode(".jpg", frame, quality)[1] for frame in frames]
    return np.stack([cv2.imdecode(file, cv2.IMREAD_COLOR) for file in files])
