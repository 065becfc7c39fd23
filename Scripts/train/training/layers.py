"""Layers in space and time. Tensors are [B, C, T, H, W], channels last in memory."""

import torch
from torch import nn
from torch.nn import functional as F


class Conv(nn.Conv3d):
    """Convolution with TensorFlow's SAME padding in space (of even sizes), symmetric in time."""

    def __init__(self, inputs, outputs, kernel, stride=1, time_kernel=1, time_stride=1, groups=1):
        # What a strided kernel needs in all is odd: one more behind than in front.
        before, self.extra = divmod(max(kernel - stride, 0), 2)
        super().__init__(
            inputs,
            outputs,
            (time_kernel, kernel, kernel),
            (time_stride, stride, stride),
            (time_kernel // 2, before, before),
            groups=groups,
        )

    def forward(self, x):
        if self.extra:
            x = F.pad(x, (0, self.extra, 0, self.extra))
        if self.groups == 1 and self.kernel_size[0] > 1:
            return super().forward(x)
        # PyTorch is many times as fast at 2D convolutions of frames, depthwise ones above all.
        frames = -(-x.shape[2] // self.stride[0])
        y = self.tap(self.kernel_size[0] // 2, x, frames, self.bias)
        for index in range(self.kernel_size[0]):
            if index != self.kernel_size[0] // 2:
                y = y + self.tap(index, x, frames)
        return y

    def tap(self, index, x, frames, bias=None):
        """What kernel[index] along time adds to each of the `frames` of the output."""
        stride, offset = self.stride[0], index - self.kernel_size[0] // 2
        first = -(min(offset, 0) // stride)
        end = min(frames, (x.shape[2] - 1 - offset) // stride + 1)
        read = slice(first * stride + offset, (end - 1) * stride + offset + 1, stride)
        # Should this copy, then to the same order in memory.
        pictures = x.permute(0, 2, 3, 4, 1)[:, read].flatten(0, 1).permute(0, 3, 1, 2)
        settings = (bias, self.stride[1:], self.padding[1:], 1, self.groups)
        y = F.conv2d(pictures, self.weight[:, :, index], *settings)
        y = y.unflatten(0, (len(x), end - first)).transpose(1, 2)
        return F.pad(y, (0, 0, 0, 0, first, frames - end)) if end - first < frames else y


class InvertedResidual(nn.Module):
    """1×1×1 up, depthwise, 1×1×1 down, added to the input where shapes allow.

    drop: how often a clip skips it in training (stochastic depth).
    """

    def __init__(self, inputs, outputs, expansion, kernel, stride, time_kernel, time_stride, drop):
        super().__init__()
        middle = inputs * expansion
        self.ex = Conv(inputs, middle, 1) if expansion != 1 else None
        self.dw = Conv(middle, middle, kernel, stride, time_kernel, time_stride, groups=middle)
        self.pr = Conv(middle, outputs, 1)
        self.has_shortcut = inputs == outputs and stride == 1 and time_stride == 1
        self.drop = drop

    def forward(self, x):
        y = x if self.ex is None else F.relu6(self.ex(x))
        y = self.pr(F.relu6(self.dw(y)))
        if not self.has_shortcut:
            return y
        if self.training and self.drop > 0:
            # Drawn on the CPU, whose generator a checkpoint remembers.
            kept = torch.rand(len(x), 1, 1, 1, 1) >= self.drop
            y = y * kept.to(y.device, y.dtype) / (1 - self.drop)
        return x + y


class GC3D(nn.Module):
    """Global context: a tall and a wide kernel one after the other, and the other way round."""

    def __init__(self, inputs, outputs, kernel=7):
        super().__init__()
        column = {"kernel_size": (1, kernel, 1), "padding": (0, kernel // 2, 0)}
        row = {"kernel_size": (1, 1, kernel), "padding": (0, 0, kernel // 2)}
        self.l1 = nn.Conv3d(inputs, outputs, **column)
        self.l2 = nn.Conv3d(outputs, outputs, **row)
        self.r1 = nn.Conv3d(inputs, outputs, **row)
        self.r2 = nn.Conv3d(outputs, outputs, **column)

    def forward(self, x):
        return self.l2(self.l1(x)) + self.r2(self.r1(x))


def dense(inputs, outputs):
    return nn.Conv3d(inputs, outputs, 3, padding=1)


def separable(inputs, outputs):
    return nn.Sequential(
        Conv(inputs, inputs, 3, time_kernel=3, groups=inputs), Conv(inputs, outputs, 1)
    )


class Refine3D(nn.Module):
    """Merges the features of one scale of the encoder with what coarser scales made out."""

    def __init__(self, skip, channels, coarse, is_separable):
        super().__init__()
        conv = separable if is_separable else dense
        self.fs1 = Conv(skip, channels, 1) if is_separable else dense(skip, channels)
        self.fs2, self.fs3 = conv(channels, channels), conv(channels, channels)
        self.mm1, self.mm2 = conv(channels, channels), conv(channels, channels)
        self.pj = Conv(coarse, channels, 1) if coarse != channels else nn.Identity()

    def forward(self, skip, coarse):
        s = self.fs1(skip)
        s = s + self.fs3(F.relu(self.fs2(F.relu(s))))
        m = s + F.interpolate(self.pj(coarse), size=s.shape[-3:], mode="trilinear")
        return m + self.mm2(F.relu(self.mm1(F.relu(m))))
