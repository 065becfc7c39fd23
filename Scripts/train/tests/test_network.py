"""The network: padding, inflation, and agreement with recorded outputs."""

import os
import pathlib
import subprocess
import tempfile
import unittest

import numpy as np
import torch
from safetensors.numpy import save_file
from safetensors.torch import load_file
from torch.nn import functional as F

from training import checkpoint
from training.evaluation import probabilities
from training.layers import Conv
from training.network import Lite, StillNetwork, inflate, normalised

ROOT = pathlib.Path(__file__).parents[3]
BUNDLED = ROOT / "Sources/Network/Resources/lite.safetensors"
CSNSTREAM = pathlib.Path(os.environ.get("CSNSTREAM", ROOT / ".build/release/csnstream"))
SHARED = pathlib.Path(os.environ.get("CSNSTREAM_SHARED", ROOT.parent / "shared"))


class Convolutions(unittest.TestCase):
    def test_frames_one_by_one_are_the_3d_convolution(self):
        torch.manual_seed(1)
        for time_stride, frames in [(1, 1), (1, 2), (1, 5), (2, 1), (2, 4), (2, 5)]:
            for kernel, stride in [(3, 1), (5, 1), (3, 2), (5, 2)]:
                conv = Conv(6, 6, kernel, stride, 3, time_stride, groups=6)
                x = torch.randn(2, 6, frames, 8, 12)
                total = kernel - stride
                padding = (total // 2, total - total // 2) * 2 + (1, 1)
                strides = (time_stride, stride, stride)
                expected = F.conv3d(F.pad(x, padding), conv.weight, conv.bias, strides, groups=6)
                with self.subTest(time_stride=time_stride, frames=frames, kernel=kernel):
                    torch.testing.assert_close(conv(x), expected)

    def test_padding_is_tensorflows(self):
        # Of a strided kernel, SAME pads one more behind than in front: a 3 at stride 2 sees
        # pixels 0, 1 and 2 first.
        conv = Conv(1, 1, 3, stride=2)
        with torch.no_grad():
            conv.weight.fill_(1)
            conv.bias.zero_()
        x = torch.zeros(1, 1, 1, 4, 4)
        x[..., 2, 2] = 1
        torch.testing.assert_close(conv(x)[0, 0, 0], torch.ones(2, 2))


class Inflation(unittest.TestCase):
    def test_an_inflated_encoder_sees_each_frame_as_the_2d_network_does(self):
        torch.manual_seed(2)
        network = Lite()
        state = imagenet_state(network)
        inflate(network, state)
        frames = torch.randn(1, 3, 4, 32, 64)
        for frame in range(4):
            expected = plain_block_0(state, frames[:, :, frame])
            ours = network.stages[0](F.relu6(network.stem(frames)))[:, :, frame]
            torch.testing.assert_close(ours, expected, rtol=1e-4, atol=1e-4)

    def test_every_weight_of_the_encoder_is_set(self):
        network = Lite()
        before = {name: w.clone() for name, w in network.state_dict().items()}
        inflate(network, imagenet_state(network))
        for name, weight in network.state_dict().items():
            is_encoder = name.startswith(("stem", "stages"))
            self.assertEqual(is_encoder, not torch.equal(weight, before[name]), name)


class Agreement(unittest.TestCase):
    def test_outputs_are_those_recorded(self):
        folder = SHARED / "training"
        if not folder.exists():
            self.skipTest(f"{folder} is absent")
        network = Lite(time_strides=(2, 2)).eval()
        checkpoint.load_weights(network, folder / "lite-prototype.safetensors")
        reference = load_file(folder / "reference.safetensors")
        frames = reference["frames"].permute(1, 2, 3, 0)[None]
        with torch.inference_mode():
            logits = network(normalised(frames))[0]
        torch.testing.assert_close(logits[0], reference["logits"], rtol=0, atol=1e-3)

    def test_csnstream_gives_the_same_probabilities(self):
        if not CSNSTREAM.exists():
            self.skipTest(f"{CSNSTREAM} is absent")
        network = Lite().eval()
        checkpoint.load_weights(network, BUNDLED)
        frames = np.random.default_rng(4).integers(0, 256, (8, 60, 90, 3), np.uint8)
        with tempfile.TemporaryDirectory() as name:
            weights, clip, result = (pathlib.Path(name) / part for part in ("weights", "in", "out"))
            checkpoint.export(weights, network.state_dict(), {})
            save_file({"frames": np.ascontiguousarray(frames.transpose(3, 0, 1, 2))}, clip)
            command = [CSNSTREAM, "infer", "--model", "lite", "--weights", weights]
            command += ["--precision", "f32", "--input", clip, "--output", result]
            subprocess.run(command, check=True)
            theirs = load_file(result)["foreground"].numpy()
        np.testing.assert_allclose(probabilities(network, frames, "cpu"), theirs, atol=1e-4)

    def test_names_and_shapes_are_those_of_the_bundled_weights(self):
        shapes = {name: w.shape for name, w in load_file(BUNDLED).items()}
        self.assertEqual(shapes, {name: w.shape for name, w in Lite().state_dict().items()})


class Stills(unittest.TestCase):
    def test_a_picture_is_the_middle_of_a_long_clip_in_which_nothing_moves(self):
        torch.manual_seed(6)
        network = Lite().eval()
        still_network = StillNetwork(network)
        picture = torch.randn(1, 3, 1, 32, 64)
        with torch.inference_mode():
            long = network(picture.expand(-1, -1, 64, -1, -1))
            for ours, theirs in zip(still_network(picture), long, strict=True):
                middle = theirs.shape[2] // 2
                torch.testing.assert_close(ours[:, :, 0], theirs[:, :, middle])
                self.assertFalse(torch.allclose(ours[:, :, 0], theirs[:, :, 0], rtol=1e-3))

    def test_pictures_teach_every_tap_in_time_the_same(self):
        network = Lite(frozen_stages=2)
        outputs = StillNetwork(network)(torch.randn(2, 3, 1, 32, 64))
        sum(output.sum() for output in outputs).backward()
        for name, weight in network.named_parameters():
            is_frozen = name.startswith(("stem", "stages.0.", "stages.1."))
            self.assertEqual(weight.grad is None, is_frozen, name)
            if not is_frozen and weight.ndim == 5:
                torch.testing.assert_close(weight.grad[:, :, 0], weight.grad[:, :, -1])


class Switches(unittest.TestCase):
    def test_variants_give_outputs_of_the_same_shapes_and_learn(self):
        x = torch.randn(1, 3, 4, 64, 96)
        expected = [output.shape for output in Lite()(x)]
        self.assertEqual(expected[0], (1, 1, 4, 16, 24))
        for settings in (
            {"time_kernel": 1},
            {"has_global_context": False},
            {"encoder": "lite2"},
            {"channels": [48, 48, 32]},
            {"stochastic_depth": 0.5},
        ):
            with self.subTest(**settings):
                network = Lite(**settings)
                outputs = network(x)
                self.assertEqual([output.shape for output in outputs], expected)
                sum(output.sum() for output in outputs).backward()
                for name, weight in network.named_parameters():
                    self.assertTrue(weight.grad.isfinite().all(), name)

    def test_frozen_stages_get_no_gradient(self):
        network = Lite(frozen_stages=2)
        network(torch.randn(1, 3, 4, 32, 32))[0].sum().backward()
        for name, weight in network.named_parameters():
            is_frozen = name.startswith(("stem", "stages.0.", "stages.1."))
            is_beside = name.startswith(("p3", "p4", "p5"))
            self.assertEqual(weight.grad is None, is_frozen or is_beside, name)


def imagenet_state(network):
    """Made-up 2D weights and batch norms for every convolution of the encoder."""
    state = {}

    def add(conv, name, norm):
        inputs = conv.in_channels // conv.groups
        channels, size = conv.out_channels, conv.kernel_size[1:]
        state[f"{name}.weight"] = torch.randn(channels, inputs, *size) * 0.1
        state[f"{norm}.weight"] = torch.rand(channels) + 0.5
        state[f"{norm}.bias"] = torch.randn(channels)
        state[f"{norm}.running_mean"] = torch.randn(channels)
        state[f"{norm}.running_var"] = torch.rand(channels) + 0.5

    add(network.stem, "_conv_stem", "_bn0")
    for index, block in enumerate(block for stage in network.stages for block in stage):
        if block.ex is not None:
            add(block.ex, f"_blocks.{index}._expand_conv", f"_blocks.{index}._bn0")
        add(block.dw, f"_blocks.{index}._depthwise_conv", f"_blocks.{index}._bn1")
        add(block.pr, f"_blocks.{index}._project_conv", f"_blocks.{index}._bn2")
    return state


def plain_block_0(state, picture):
    """Stem and first block of EfficientNet-lite, batch norms not folded."""

    def conv(x, name, norm, **settings):
        x = F.conv2d(x, state[f"{name}.weight"], **settings)
        statistics = [state[f"{norm}.{key}"] for key in ("running_mean", "running_var")]
        affine = [state[f"{norm}.{key}"] for key in ("weight", "bias")]
        return F.batch_norm(x, *statistics, *affine, eps=1e-3)

    x = F.relu6(conv(F.pad(picture, (0, 1, 0, 1)), "_conv_stem", "_bn0", stride=2))
    x = F.relu6(conv(x, "_blocks.0._depthwise_conv", "_blocks.0._bn1", padding=1, groups=32))
    return conv(x, "_blocks.0._project_conv", "_blocks.0._bn2")
