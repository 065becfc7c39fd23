"""A whole run on a made-up pack: clips, resuming, export, measures."""

import argparse
import copy
import multiprocessing
import pathlib
import tempfile
import tomllib
import unittest
import zipfile

import cv2
import numpy as np
import torch
from safetensors.torch import load_file
from torch.nn import functional as F

from training import checkpoint, command, config, measures, optimisation, pack
from training.augmentation import augmented
from training.clips import Clips
from training.evaluation import probabilities, starts
from training.loading import batches
from training.loss import Loss
from training.material import Material
from training.network import Lite
from training.run import Run

KINDS = ("real", "pasted", "still", "composite")


class OnMadeUpMaterial(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = pathlib.Path(temporary.name)
        cls.pack = cls.folder / "pack"
        make_pack(cls.folder / "material", cls.pack)
        cls.config = tomllib.loads(config.LITE.read_text())
        cls.config["clips"] |= {"frames": 4, "height": 64, "width": 96, "stills": {"animals": 1.0}}
        cls.config["training"] |= {"clips": 8, "batch": 2, "warm_up": 2}
        cls.config["evaluation"] = {"sequences": ["b"], "share": 0.2}
        cls.config["evaluation"] |= {"clips_per_sequence": 1, "made_clips": 1, "pictures": 1}

    def clips(self):
        return Clips(Material(self.pack), self.config["clips"], seed=3)

    def run_in(self, name):
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        return Run(copy.deepcopy(self.config), Material(self.pack), folder, lambda _: None, "cpu")

    def test_a_pack_holds_what_went_in(self):
        material = Material(self.pack)
        self.assertEqual(set(material.sequences), {"a", "b"})
        sequence = material.sequences["a"]
        self.assertEqual(sequence.frames.shape, (12, 240, 320, 3))
        self.assertEqual(sequence.masks.shape, (12, 240, 320))
        self.assertEqual(set(np.unique(sequence.masks)), {0, 255})
        # The object is red: colours are in order, and masks lie where frames have it.
        inside = sequence.frames[sequence.masks > 0].mean(0)
        self.assertGreater(inside[0], inside[2] + 100)
        self.assertEqual({kind: len(s) for kind, s in material.stills.items()}, {"animals": 5})
        self.assertEqual({kind: len(c) for kind, c in material.cutouts.items()}, {"things": 5})
        self.assertEqual(len(material.backgrounds), 5)

    def test_what_is_held_out_is_not_trained_on(self):
        material = Material(self.pack)
        held_out = material.split(["b"], 0.2)
        self.assertEqual((set(material.sequences), set(held_out.sequences)), ({"a"}, {"b"}))
        for kind in ("stills", "cutouts"):
            (kept,), (taken,) = getattr(material, kind).values(), getattr(held_out, kind).values()
            self.assertEqual((len(kept), len(taken)), (4, 1))
            self.assertFalse(any(thing is taken[0] for thing in kept))

    def test_clips_of_every_kind_are_whole_and_reproducible(self):
        clips, again = self.clips(), self.clips()
        for kind in KINDS:
            shown = 0
            for index in range(4):
                frames, mask = clips.clip(index, kind)
                with self.subTest(kind=kind, index=index):
                    self.assertEqual((frames.shape, frames.dtype), ((4, 64, 96, 3), np.uint8))
                    self.assertEqual((mask.shape, mask.dtype), ((4, 64, 96), np.uint8))
                    np.testing.assert_array_equal(frames, again.clip(index, kind)[0])
                shown += (mask > 127).mean()
            self.assertTrue(0.02 < shown < 3.6, f"{kind}: {shown / 4} of pixels are foreground")

    def test_pictures_are_whole_and_reproducible(self):
        clips, again = self.clips(), self.clips()
        pictures, masks = clips.pictures(3)
        self.assertEqual((pictures.shape, pictures.dtype), ((8, 64, 96, 3), np.uint8))
        self.assertEqual((masks.shape, masks.dtype), ((8, 64, 96), np.uint8))
        self.assertTrue(0.02 < (masks > 127).mean() < 0.9)
        # The object is red: masks lie where pictures have it, whatever was done to their colours.
        red = pictures[..., 0].astype(float) - pictures[..., 2]
        self.assertGreater(abs(red[masks > 127].mean()), 2 * abs(red[masks == 0].mean()))
        for ours, theirs in zip((pictures, masks), again.pictures(3), strict=True):
            np.testing.assert_array_equal(ours, theirs)
        none = Clips(Material(self.pack), self.config["clips"] | {"pictures": 0}, seed=3)
        self.assertEqual([array.shape for array in none.pictures(3)], [(0, 64, 96, 3), (0, 64, 96)])

    def test_something_more_moves_in_real_clips_if_wanted(self):
        shown = []
        for share in (0, 1):
            clips = Clips(Material(self.pack), self.config["clips"] | {"joined": share}, seed=3)
            shown.append(sum(clips.clip(index, "real")[1].mean() for index in range(8)))
        self.assertGreater(shown[1], shown[0])

    def test_augmentation_keeps_shape_and_changes_values(self):
        frames, _ = self.clips().clip(0, "real")
        for seed in range(8):
            result = augmented(np.random.default_rng(seed), frames)
            self.assertEqual((result.shape, result.dtype), (frames.shape, np.uint8))
            self.assertFalse(np.array_equal(result, frames))

    def test_batches_are_the_same_for_any_number_of_workers(self):
        alone, together = (list(batches(self.clips(), 2, 8, 2, workers)) for workers in (0, 2))
        self.assertEqual(len(alone), 3)
        for ours, theirs in zip(alone, together, strict=True):
            torch.testing.assert_close(ours, theirs)

    def test_a_signal_to_all_processes_leaves_workers_to_the_run(self):
        examples = iter(batches(self.clips(), 0, 24, 2, workers=1))
        next(examples)
        for worker in multiprocessing.active_children():
            worker.terminate()
        self.assertEqual(len(list(examples)), 11)

    def test_a_resumed_run_ends_as_an_unbroken_one(self):
        whole = self.run_in("whole")
        start = weights_of(whole)
        whole.train(minutes(), workers=0)
        broken = self.run_in("broken")
        take_step = broken.take_step

        def take_two_steps(*batch):
            if broken.step == 1:
                broken.stop()
            return take_step(*batch)

        broken.take_step = take_two_steps
        broken.train(minutes(), workers=0)
        self.assertEqual(broken.seen, 4)
        resumed = self.run_in("broken")
        self.assertEqual(resumed.seen, 4)
        resumed.train(minutes(), workers=0)
        self.assertEqual(resumed.seen, 8)
        # Sums may come in another order, and Adam enlarges that where gradients are tiny.
        difference = (weights_of(resumed) - weights_of(whole)).norm()
        self.assertLess(difference, 0.01 * (weights_of(whole) - start).norm())

    def test_a_checkpoint_that_could_not_be_written_leaves_the_last_one(self):
        path = self.folder / "state.pt"
        checkpoint.save(path, {"step": 1})

        def fail(beside):
            beside.write_bytes(b"half of")
            raise OSError("disk full")

        with self.assertRaises(OSError):
            checkpoint.replace(path, fail)
        self.assertEqual(checkpoint.load(path), {"step": 1})

    def test_exported_weights_are_the_average_in_half_precision(self):
        run = self.run_in("export")
        run.train(minutes(), workers=0)
        exported = load_file(run.path("weights.safetensors"))
        self.assertEqual(set(exported), set(run.network.state_dict()))
        for name, weight in exported.items():
            self.assertEqual(weight.dtype, torch.float16)
            torch.testing.assert_close(weight, run.average.weights[name].half())

    def test_a_run_is_not_resumed_with_other_material_held_out(self):
        self.run_in("other").train(minutes(), workers=0)
        settings = copy.deepcopy(self.config)
        settings["evaluation"]["sequences"] = []
        with self.assertRaisesRegex(SystemExit, "held out"):
            Run(settings, Material(self.pack), self.folder / "other", lambda _: None, "cpu")

    def test_a_changed_rate_of_decay_is_obeyed(self):
        run = self.run_in("decay")
        run.train(minutes(), workers=0)
        settings = copy.deepcopy(self.config)
        settings["training"]["weight_decay"] = 0.5
        again = Run(settings, Material(self.pack), run.folder, lambda _: None, "cpu")
        decays = {group["weight_decay"] for group in again.optimiser.param_groups}
        self.assertEqual(decays, {0, 0.5})

    def test_training_works_with_all_sequences(self):
        material = Material(self.pack)
        settings = copy.deepcopy(self.config)
        settings["evaluation"]["sequences"] = []
        folder = self.folder / "all"
        folder.mkdir()
        run = Run(settings, material, folder, lambda _: None, "cpu")
        run.train(minutes(), workers=0)
        self.assertEqual(set(material.sequences), {"a", "b"})
        self.assertEqual(set(run.log.rows[-1]), {"clips", "J still", "J composite", "J picture"})

    def test_sequences_alone_are_enough_for_real_clips(self):
        material = Material(self.pack)
        material.stills, material.cutouts, material.backgrounds = {}, {}, []
        settings = copy.deepcopy(self.config)
        folder = self.folder / "alone"
        folder.mkdir()
        with self.assertRaisesRegex(SystemExit, "pasted"):
            Run(settings, copy.copy(material), folder, lambda _: None, "cpu")
        material = Material(self.pack)
        material.stills, material.cutouts, material.backgrounds = {}, {}, []
        settings["clips"]["mix"] = {"real": 1.0}
        run = Run(settings, material, folder, lambda _: None, "cpu")
        run.train(minutes(), workers=0)
        self.assertEqual(set(run.log.rows[-1]), {"clips", "J", "F", "J b", "F b"})

    def test_cut_outs_and_backgrounds_alone_are_enough_without_pictures(self):
        def material():
            material = Material(self.pack)
            material.stills, material.sequences = {}, {}
            return material

        settings = copy.deepcopy(self.config)
        settings["evaluation"]["sequences"] = []
        settings["clips"]["mix"] = {"composite": 1.0}
        folder = self.folder / "cutouts"
        folder.mkdir()
        with self.assertRaisesRegex(SystemExit, "clips.pictures"):
            Run(settings, material(), folder, lambda _: None, "cpu")
        settings["clips"]["pictures"] = 0
        run = Run(settings, material(), folder, lambda _: None, "cpu")
        run.train(minutes(), workers=0)
        self.assertEqual(set(run.log.rows[-1]), {"clips", "J composite"})

    def test_clips_can_be_made_without_cut_outs_backgrounds_or_photographs(self):
        for missing in (["cutouts"], ["backgrounds"], ["stills"], ["backgrounds", "stills"]):
            material = Material(self.pack)
            for name in missing:
                setattr(material, name, type(getattr(material, name))())
            clips = Clips(material, self.config["clips"], seed=3)
            made = {"real", "pasted", "composite"} | ({"still"} if "stills" not in missing else set())
            self.assertEqual(set(clips.kinds()), made)
            for kind in clips.kinds():
                for index in range(6):
                    with self.subTest(missing=missing, kind=kind, index=index):
                        self.assertEqual(clips.clip(index, kind)[0].shape, (4, 64, 96, 3))

    def test_weights_too_large_for_half_precision_are_refused(self):
        with self.assertRaisesRegex(ValueError, "stem.bias"):
            checkpoint.export(self.folder / "huge", {"stem.bias": torch.tensor([1e6])}, {})


class Parts(unittest.TestCase):
    def test_probabilities_are_of_the_size_of_the_frames(self):
        frames = np.zeros((4, 50, 70, 3), np.uint8)
        self.assertEqual(probabilities(Lite().eval(), frames, "cpu").shape, (4, 50, 70))

    def test_the_last_clip_is_anchored_at_the_end(self):
        self.assertEqual(starts(20, 8, 3), [0, 5, 10, 12])
        self.assertEqual(starts(8, 8, 3), [0])
        self.assertEqual(starts(5, 8, 3), [0])
        self.assertEqual(starts(60, 8, 3, limit=3)[-1], 52)

    def test_the_rate_rises_stays_and_falls(self):
        settings = {"clips": 1000, "warm_up": 100, "cool_down": 0.5, "rate": 2.0}
        rates = [optimisation.rate(settings, clips) for clips in (0, 49, 300, 750, 1000)]
        np.testing.assert_allclose(rates, [0.02, 1.0, 2.0, 1.0, 0.0])

    def test_what_is_no_such_file_is_told_in_a_line_that_names_it(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "words"
            path.write_text("words of no kind")
            settings = argparse.Namespace(config=path, set=[])
            missing = path.with_name("missing")
            for attempt in (
                lambda: Material(path),
                lambda: checkpoint.read(path),
                lambda: config.read(settings),
                lambda: command.run(lambda: Material(missing)),
                lambda: command.run(lambda: checkpoint.read(missing)),
            ):
                with self.assertRaisesRegex(SystemExit, f"^{folder}/(words|missing): .*"):
                    attempt()

    def test_settings_can_be_changed_by_name(self):
        parser = argparse.ArgumentParser()
        config.add_options(parser)
        options = ["--set", "network.time_kernel=1", "--set", "clips.mix.real=0.5"]
        settings = config.read(parser.parse_args(options))
        self.assertEqual(settings["network"]["time_kernel"], 1)
        self.assertEqual(settings["clips"]["mix"]["real"], 0.5)
        with self.assertRaisesRegex(SystemExit, "network.kernel=1"):
            config.read(parser.parse_args(["--set", "network.kernel=1"]))

    def test_measures_of_a_shifted_square(self):
        truth = np.zeros((100, 100), bool)
        truth[20:60, 20:60] = True
        self.assertEqual(measures.region_similarity(truth, truth), 1)
        self.assertEqual(measures.boundary_f(truth, truth), 1)
        shifted = np.roll(truth, 20, axis=1)
        self.assertAlmostEqual(measures.region_similarity(shifted, truth), 1 / 3)
        self.assertLess(measures.boundary_f(shifted, truth), 0.8)
        self.assertEqual(measures.boundary_f(np.roll(truth, 2, axis=1), truth), 1)
        nothing = np.zeros_like(truth)
        self.assertEqual(measures.region_similarity(nothing, nothing), 1)
        self.assertEqual(measures.boundary_f(nothing, truth), 0)

    def test_loss_of_good_bad_and_ragged_masks(self):
        masks = torch.zeros(1, 1, 2, 64, 96)
        masks[..., 16:48, 32:64] = 1
        sizes = [(2, 16, 24), (1, 8, 12), (1, 4, 6), (1, 2, 3)]

        def outputs(masks):
            return [8 * (2 * F.interpolate(masks, size=size, mode="area") - 1) for size in sizes]

        for boundary in (0, 2):
            loss = Loss(boundary=boundary)
            self.assertLess(loss(outputs(masks), masks), 0.1 * loss(outputs(1 - masks), masks))
        # The same error costs more beside the outline than far from it.
        far, near = outputs(masks), outputs(masks)
        far[0][..., 0:4, 0:4] += 16
        near[0][..., 4:8, 3:7] += 16
        plain, weighted = Loss(), Loss(boundary=2)
        self.assertLess(
            weighted(far, masks) - plain(far, masks), weighted(near, masks) - plain(near, masks)
        )


class minutes:
    """No saving or evaluating on the way."""

    minutes = save_every = evaluate_every = float("inf")


def weights_of(run):
    return torch.cat([weight.flatten() for weight in run.average.weights.values()])


def make_pack(root, path):
    """Red disks on noise, in every form."""
    rng = np.random.default_rng(5)

    def scene(x):
        picture = rng.integers(0, 120, (240, 320, 3), np.uint8)
        mask = np.zeros((240, 320), np.uint8)
        cv2.circle(mask, (x + 50, 130), 50, 255, cv2.FILLED)
        picture[mask > 0] = (20, 20, 230)
        return cv2.blur(picture, (5, 5)), mask

    for name in "ab":
        for index in range(12):
            picture, mask = scene(60 + 5 * index)
            write(root / f"davis/JPEGImages/{name}/{index:05}.jpg", picture)
            write(root / f"davis/Annotations/{name}/{index:05}.png", mask)
    for index in range(5):
        picture, mask = scene(20 * index)
        write(root / f"stills/animals/{index}.webp", picture)
        write(root / f"stills/animals/{index}.png", mask // 255)
        write(root / f"cutouts/things/{index}.png", np.dstack([picture, mask]))
        write(root / f"cutouts/things/box{index}.png", np.dstack([picture, 0 * mask + 255]))
        write(root / f"photos/{index}.jpg", cv2.resize(picture, (1200, 800)))
    with zipfile.ZipFile(path, "w") as archive:
        packer = pack.Packer(archive)
        packer.sequences(root / "davis")
        packer.stills(root / "stills")
        packer.cutouts(root / "cutouts")
        packer.backgrounds(root / "photos")


def write(path, image):
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), image)
