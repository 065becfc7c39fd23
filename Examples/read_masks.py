#!/usr/bin/env python3
"""Reads masks from csnstream while they are made, and prints how much of each frame they cover:

    Examples/read_masks.py VIDEO WIDTHxHEIGHT

where WIDTHxHEIGHT is the video's size as it is shown. Needs numpy only.
"""
import subprocess
import sys

import numpy as np

video = sys.argv[1]
width, height = map(int, sys.argv[2].split("x"))
command = ["csnstream", video, "--mask", "-", "--format", "gray"]
with subprocess.Popen(command, stdout=subprocess.PIPE) as csnstream:
    frame = 0
    # Frames follow each other without headers, one byte per pixel: 0 background, 255 foreground.
    while len(data := csnstream.stdout.read(width * height)) == width * height:
        mask = np.frombuffer(data, np.uint8).reshape(height, width)
        print(f"frame {frame}: {np.count_nonzero(mask)} of {mask.size} pixels")
        frame += 1
sys.exit(csnstream.returncode)
