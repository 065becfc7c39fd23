"""Clips made by processes of their own, in batches."""

import signal

import cv2
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from training.augmentation import augmented


class AugmentedClips(Dataset):
    def __init__(self, clips):
        self.clips = clips

    def __getitem__(self, index):
        """Frames uint8 [T, H, W, 3] and mask [1, T, H, W]; pictures beside it and masks."""
        frames, mask = self.clips.clip(index)
        rng = np.random.default_rng((self.clips.seed, index, 1))
        pictures, shown = self.clips.pictures(index)
        arrays = (augmented(rng, frames), mask[None], pictures, shown)
        return tuple(torch.from_numpy(array) for array in arrays)


def batches(clips, first, end, batch, workers):
    """Batches of clips first ..< end, in order whatever the number of workers."""
    return DataLoader(
        AugmentedClips(clips),
        batch_size=batch,
        sampler=range(first, end),
        drop_last=True,
        num_workers=workers,
        multiprocessing_context="fork" if workers else None,  # shares the material
        prefetch_factor=2 if workers else None,
        worker_init_fn=prepare_worker,
        generator=torch.Generator(),  # not the one whose state a checkpoint remembers
        pin_memory=torch.cuda.is_available(),
    )


def prepare_worker(_):
    # One sent to all processes of a run is for the run, which saves before it ends its workers.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    cv2.setNumThreads(0)
    torch.set_num_threads(1)
