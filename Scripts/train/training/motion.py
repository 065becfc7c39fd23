"""Paths through space, and pictures seen along them.

A view is an array [T, 3, 3] of matrices that take a pixel of the frame to a pixel of the picture.
"""

import cv2
import numpy as np


def walk(rng, frames, speed, jitter=0.0):
    """A smooth random walk, [T], zero in the middle."""
    velocity, position, path = rng.normal(0, speed), 0.0, []
    for _ in range(frames):
        path.append(position)
        velocity = 0.85 * velocity + 0.15 * rng.normal(0, speed)
        position += velocity + rng.normal(0, jitter)
    return np.array(path) - path[frames // 2]


def placement(x, y, angle, scale, flip=False):
    """Matrices [T, 3, 3] of turning, scaling and then moving; each argument is [T] or a number."""
    x, y, angle, scale = np.broadcast_arrays(*np.atleast_1d(x, y, angle, scale))
    sign = -1 if flip else 1
    cosine, sine = np.cos(angle) * scale, np.sin(angle) * scale
    zero, one = np.zeros_like(x), np.ones_like(x)
    rows = [[sign * cosine, -sine, x], [sign * sine, cosine, y], [zero, zero, one]]
    return np.moveaxis(np.array(rows, np.float64), 2, 0)


def centring(size):
    """The matrix that moves the middle of a picture of `size`, (height, width), to the origin."""
    return placement(-(size[1] - 1) / 2, -(size[0] - 1) / 2, 0, 1)


def camera(rng, frames, size, picture, zoom, shake=1.0, enlarging=np.inf):
    """A view of a part of a picture.

    size, picture: (height, width) of frame and picture. zoom: the range of the share of the picture
    that is seen. shake: how much the camera moves, 1 being a hand-held one. enlarging: how much
    larger than it is the picture may be seen, if that leaves something of the range.
    """
    fit = min(picture[0] / size[0], picture[1] / size[1])
    least, most = zoom
    scale = fit * rng.uniform(min(max(least, 1 / (fit * enlarging)), most), most)
    free = [max(0, p - s * scale) / 2 for p, s in zip(picture, size)]

    def shaken(speed, jitter):
        return walk(rng, frames, speed * shake, jitter * shake)

    x = rng.uniform(-free[1], free[1]) + shaken(0.03, 0.002) * size[1] * scale
    y = rng.uniform(-free[0], free[0]) + shaken(0.015, 0.002) * size[0] * scale
    angle = rng.normal(0, 0.07) + shaken(0.01, 0.001)
    growth = np.exp(shaken(0.012, 0.001))
    seen = placement(x, y, angle, scale * growth, flip=rng.random() < 0.5)
    return np.linalg.inv(centring(picture)) @ seen @ centring(size)


def seen(picture, view, size, shutter=0.0, border=cv2.BORDER_REFLECT_101):
    """Frames [T, H, W, …] of a picture, or of as many pictures as there are frames.

    shutter: for how long of each frame it is open, which blurs what moves.
    """
    pictures = picture if isinstance(picture, list) else [picture] * len(view)
    half_step = np.gradient(view, axis=0) * shutter / 2 if shutter else None
    frames = []
    for index, (image, matrix) in enumerate(zip(pictures, view)):
        if shutter:
            moments = np.linspace(-1, 1, exposure_count(matrix, half_step[index], size))
            matrices = [matrix + moment * half_step[index] for moment in moments]
            exposures = [warped(image, moved, size, border) for moved in matrices]
            frames.append(np.mean(exposures, 0, dtype=np.float32).astype(image.dtype))
        else:
            frames.append(warped(image, matrix, size, border))
    return np.stack(frames)


def exposure_count(matrix, half_step, size):
    """How many pictures make a blur without gaps: one for every other pixel of the longest path."""
    height, width = size
    corners = np.array([[0, 0, 1], [width, 0, 1], [0, height, 1], [width, height, 1]]).T
    scale = np.sqrt(abs(np.linalg.det(matrix[:2, :2])))
    path = 2 * np.linalg.norm((half_step @ corners)[:2], axis=0).max() / scale
    return int(np.clip(path / 2, 3, 15))


def warped(image, matrix, size, border):
    # Seen from afar, a picture is made small first: the warp itself looks at four pixels only.
    shrink = np.sqrt(abs(np.linalg.det(matrix[:2, :2])))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    if shrink > 1.6:
        small = [max(1, round(side / shrink)) for side in image.shape[1::-1]]
        factor = [small[0] / image.shape[1], small[1] / image.shape[0]]
        image = cv2.resize(image, small, interpolation=cv2.INTER_AREA)
        matrix = np.diag([*factor, 1]) @ matrix
    return cv2.warpAffine(image, matrix[:2], size[::-1], flags=flags, borderMode=border)


def waves(rng, frames, size, amplitude):
    """Slowly waving displacements [T][H, W, 2] in pixels, up to `amplitude` of the longer side."""
    phase, pace = rng.uniform(0, 2 * np.pi, (4, 4, 2)), rng.uniform(0.3, 1.2)
    strength = rng.random((4, 4, 2)) * amplitude * max(size)
    coarse = [np.float32(strength * np.sin(pace * frame + phase)) for frame in range(frames)]
    return [cv2.resize(field, size[::-1], interpolation=cv2.INTER_CUBIC) for field in coarse]


def displaced(image, field):
    height, width = image.shape[:2]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return cv2.remap(image, x + field[..., 0], y + field[..., 1], cv2.INTER_LINEAR)
