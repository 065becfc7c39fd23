"""The network 3DC-Seg with an ir-CSN encoder in PyTorch, written from the paper; names as published."""

import torch
from torch import nn
from torch.nn import functional as F


def conv3(inputs, outputs):
    return nn.Conv3d(inputs, outputs, 3, padding=1)


class Bottleneck(nn.Module):
    def __init__(self, inputs, planes, stride):
        super().__init__()
        outputs = 4 * planes
        self.conv1 = nn.Conv3d(inputs, planes, 1, bias=False)
        self.bn1 = nn.BatchNorm3d(planes)
        self.conv2 = nn.Conv3d(planes, planes, 3, stride, 1, groups=planes, bias=False)
        self.bn2 = nn.BatchNorm3d(planes)
        self.conv3 = nn.Conv3d(planes, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm3d(outputs)
        self.downsample = None
        if inputs != outputs:
            self.downsample = nn.Sequential(
                nn.Conv3d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm3d(outputs)
            )

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return F.relu(y + (self.downsample(x) if self.downsample else x))


class Encoder(nn.Module):
    def __init__(self, blocks):
        super().__init__()
        self.conv1 = nn.Conv3d(3, 64, (3, 7, 7), (1, 2, 2), (1, 3, 3), bias=False)
        self.bn1 = nn.BatchNorm3d(64)
        inputs = 64
        for stage, count in enumerate(blocks):
            planes = 64 << stage
            layers = []
            for index in range(count):
                layers.append(Bottleneck(inputs, planes, 2 if index == 0 and stage > 0 else 1))
                inputs = 4 * planes
            setattr(self, f"layer{stage + 1}", nn.Sequential(*layers))

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = F.max_pool3d(x, (1, 3, 3), (1, 2, 2), (0, 1, 1))
        features = []
        for layer in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = layer(x)
            features.append(x)
        return features


class GC3D(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        column = {"kernel_size": (1, 7, 1), "padding": (0, 3, 0)}
        row = {"kernel_size": (1, 1, 7), "padding": (0, 0, 3)}
        self.conv_l1 = nn.Conv3d(inputs, outputs, **column)
        self.conv_l2 = nn.Conv3d(outputs, outputs, **row)
        self.conv_r1 = nn.Conv3d(inputs, outputs, **row)
        self.conv_r2 = nn.Conv3d(outputs, outputs, **column)

    def forward(self, x):
        return self.conv_l2(self.conv_l1(x)) + self.conv_r2(self.conv_r1(x))


class Refine3D(nn.Module):
    def __init__(self, inputs):
        super().__init__()
        self.convFS1 = conv3(inputs, 256)
        self.convFS2 = conv3(256, 256)
        self.convFS3 = conv3(256, 256)
        self.convMM1 = conv3(256, 256)
        self.convMM2 = conv3(256, 256)

    def forward(self, skip, coarse):
        s = self.convFS1(skip)
        s = s + self.convFS3(F.relu(self.convFS2(F.relu(s))))
        m = s + F.interpolate(coarse, s.shape[-3:], mode="trilinear", align_corners=False)
        return m + self.convMM2(F.relu(self.convMM1(F.relu(m))))


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.GC = GC3D(2048, 256)
        self.convG1 = conv3(256, 256)
        self.convG2 = conv3(256, 256)
        self.RF4 = Refine3D(1024)
        self.RF3 = Refine3D(512)
        self.RF2 = Refine3D(256)
        self.pred2 = conv3(256, 2)

    def forward(self, features):
        r2, r3, r4, r5 = features
        x = self.GC(r5)
        m5 = x + self.convG2(F.relu(self.convG1(F.relu(x))))
        m2 = self.RF2(r2, self.RF3(r3, self.RF4(r4, m5)))
        p2 = self.pred2(F.relu(m2))
        return F.interpolate(p2, scale_factor=(1, 4, 4), mode="trilinear", align_corners=False)


class ThreeDCSeg(nn.Module):
    """uint8 [1, 3, T, H, W] to logits [1, 2, T, H, W]; H and W are multiples of 32."""

    def __init__(self, blocks=(3, 8, 36, 3)):
        super().__init__()
        self.encoder = Encoder(blocks)
        self.decoders = nn.ModuleList([Decoder()])
        mean = torch.tensor([114.7748, 107.7354, 99.4750]).view(1, 3, 1, 1, 1)
        self.register_buffer("mean", mean, persistent=False)

    def forward(self, frames):
        return self.decoders[0](self.encoder((frames.float() - self.mean) / 255))


def load(weights):
    """The network with the published one's weights, heads that only training uses left out."""
    model = ThreeDCSeg().eval()
    unused = ("encoder.conv1_p", "decoders.0.pred3", "decoders.0.pred4", "decoders.0.pred5")
    state = {n: torch.from_numpy(w) for n, w in weights.items() if not n.startswith(unused)}
    result = model.load_state_dict(state, strict=False)
    assert not result.unexpected_keys, result.unexpected_keys
    missing = [n for n in result.missing_keys if not n.endswith("num_batches_tracked")]
    assert not missing, missing
    return model
