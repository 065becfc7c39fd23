"""The network `lite`; names and shapes are those of Sources/Network/Networks/Lite.swift."""

import copy

import torch
from torch import nn
from torch.nn import functional as F

from training.layers import GC3D, Conv, InvertedResidual, Refine3D, dense

# Of EfficientNet: expansion, channels, repeats, stride and kernel in space; kernel in time.
STAGES = {
    "lite0": [
        (1, 16, 1, 1, 3, 1),
        (6, 24, 2, 2, 3, 3),
        (6, 40, 2, 2, 5, 3),
        (6, 80, 3, 2, 3, 3),
        (6, 112, 3, 1, 5, 3),
        (6, 192, 4, 2, 5, 3),
        (6, 320, 1, 1, 3, 3),
    ],
    "lite2": [
        (1, 16, 1, 1, 3, 1),
        (6, 24, 3, 2, 3, 3),
        (6, 48, 3, 2, 5, 3),
        (6, 88, 4, 2, 3, 3),
        (6, 120, 4, 1, 5, 3),
        (6, 208, 5, 2, 5, 3),
        (6, 352, 1, 1, 3, 3),
    ],
}
SPACE_MULTIPLE = 32


class Lite(nn.Module):
    """EfficientNet-lite inflated in time, GC3D, and refinement.

    Frames [B, 3, T, H, W], normalised, in; foreground logits [B, 1, T, H/4, W/4] out, and those of
    the side outputs at /8, /16 and /32. H and W are multiples of 32, T of the strides in time.
    """

    def __init__(
        self,
        encoder="lite0",
        channels=(64, 64, 48),
        time_kernel=3,
        time_strides=(2, 1),
        has_global_context=True,
        stochastic_depth=0.0,
        frozen_stages=0,
    ):
        """channels: of the decoder at /16 (and /32), /8 and /4.

        time_kernel: 3, or 1 for an encoder that sees frames one by one (an ablation).
        time_strides: at /8 and at /16; the prototype's were 2 and 2.
        has_global_context: otherwise a 3×3×3 convolution is in the place of GC3D (an ablation).
        stochastic_depth: how often the last block is skipped, the earlier ones less often.
        frozen_stages: so many first stages, and the stem, stay as they are.
        """
        super().__init__()
        self.stem = Conv(3, 32, 3, stride=2, time_kernel=time_kernel)
        self.stages = nn.ModuleList()
        inputs, widths, count = 32, [], 0
        total = sum(repeats for _, _, repeats, *_ in STAGES[encoder])
        in_time = (1, 1, *time_strides, 1, 1, 1)
        for stage, time_stride in zip(STAGES[encoder], in_time):
            expansion, outputs, repeats, stride, kernel, time = stage
            blocks = []
            for index in range(repeats):
                strides = (stride, time_stride) if index == 0 else (1, 1)
                drop = stochastic_depth * count / total
                time = min(time, time_kernel)
                shape = (inputs, outputs, expansion, kernel, strides[0], time, strides[1])
                blocks.append(InvertedResidual(*shape, drop))
                inputs, count = outputs, count + 1
            self.stages.append(nn.Sequential(*blocks))
            widths.append(outputs)
        d4, d3, d2 = channels
        self.gc = GC3D(widths[6], d4) if has_global_context else dense(widths[6], d4)
        self.g1, self.g2 = dense(d4, d4), dense(d4, d4)
        self.r4 = Refine3D(widths[4], d4, d4, is_separable=False)
        self.r3 = Refine3D(widths[2], d3, d4, is_separable=True)
        self.r2 = Refine3D(widths[1], d2, d3, is_separable=True)
        self.p5, self.p4, self.p3, self.p2 = (dense(d, 1) for d in (d4, d4, d3, d2))
        if frozen_stages:
            for part in (self.stem, *self.stages[:frozen_stages]):
                part.requires_grad_(False)

    def forward(self, frames):
        x = F.relu6(self.stem(frames))
        features = []
        for stage in self.stages:
            x = stage(x)
            features.append(x)
        m5 = self.gc(features[6])
        m5 = m5 + self.g2(F.relu(self.g1(F.relu(m5))))
        m4 = self.r4(features[4], m5)
        m3 = self.r3(features[2], m4)
        m2 = self.r2(features[1], m3)
        outputs = ((self.p2, m2), (self.p3, m3), (self.p4, m4), (self.p5, m5))
        return [predict(F.relu(m)) for predict, m in outputs]

    def encoder_parameters(self):
        return [*self.stem.parameters(), *self.stages.parameters()]


class StillNetwork:
    """What a `Lite` makes of pictures in which nothing moves, from one frame of each.

    In the middle of a clip of equal frames a convolution in time is one with the sum of its kernel
    along time. A picture costs an eighth of a clip, and teaches the same weights what things are.
    """

    def __init__(self, network):
        self.network = network
        self.flat = copy.deepcopy(network).to("meta")
        for conv in self.flat.modules():
            if isinstance(conv, nn.Conv3d):
                conv.kernel_size = (1, *conv.kernel_size[1:])
                conv.padding = (0, *conv.padding[1:])

    def __call__(self, pictures):
        """As Lite; pictures [B, 3, 1, H, W]."""
        summed = {
            name: w.sum(2, keepdim=True) if w.ndim == 5 else w
            for name, w in self.network.named_parameters()
        }
        self.flat.train(self.network.training)
        return torch.func.functional_call(self.flat, summed, pictures)


def normalised(frames):
    """Frames uint8 [B, T, H, W, 3], RGB, as the network takes them."""
    x = frames.permute(0, 4, 1, 2, 3).to(memory_format=torch.channels_last_3d)
    return (x.float() - 127) / 128


def inflate(network, state):
    """Gives the encoder the ImageNet weights of an EfficientNet-lite.

    Batch norms are folded into convolutions. The 2D kernel is the middle one in time, the others
    are 0: frames are seen one by one at first.
    """

    def put(conv, name, norm):
        scale = state[f"{norm}.weight"] / torch.sqrt(state[f"{norm}.running_var"] + 1e-3)
        weight = torch.zeros_like(conv.weight)
        weight[:, :, weight.shape[2] // 2] = state[f"{name}.weight"] * scale.view(-1, 1, 1, 1)
        with torch.no_grad():
            conv.weight.copy_(weight)
            conv.bias.copy_(state[f"{norm}.bias"] - state[f"{norm}.running_mean"] * scale)

    put(network.stem, "_conv_stem", "_bn0")
    for index, block in enumerate(block for stage in network.stages for block in stage):
        name = f"_blocks.{index}"
        if block.ex is not None:
            put(block.ex, f"{name}._expand_conv", f"{name}._bn0")
        put(block.dw, f"{name}._depthwise_conv", f"{name}._bn1")
        put(block.pr, f"{name}._project_conv", f"{name}._bn2")
