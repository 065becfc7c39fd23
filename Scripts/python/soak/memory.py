"""Memory does not grow with the number of frames.

An endless H.264 stream with sound comes through a pipe as fast as it is taken, as MPEG-TS, since FFmpeg's
reader of NUT remembers every synchronisation point; masks and an overlay leave through pipes. The resident
memory, sampled every second, is fitted by a line over the second half of the frames, after everything has been
used once. The noise is the standard error of the slope, from the means of 20 stretches of time, because samples
that follow each other are alike. Fails if the memory may grow, with two standard errors, by more than LIMIT
bytes a frame.
"""
import json
import os
import re
import subprocess
import tempfile
import threading
import time

LIMIT = 32
SIZE = (96, 64)
STRETCHES = 20


def add_options(parser):
    parser.add_argument("--frames", type=int, default=200_000, help="how many frames to segment")
    parser.add_argument("--samples", metavar="FILE", help="where to write the samples as CSV")


def run(options):
    with tempfile.TemporaryDirectory(prefix="csnstream-memory-") as folder:
        samples, status, stats = soak(options.program, folder, options.frames)
    if options.samples:
        with open(options.samples, "w") as file:
            file.write("seconds,frames,resident_bytes\n")
            file.writelines(f"{seconds:.3f},{frames},{size}\n" for seconds, frames, size in samples)
    if status != 0 or stats["frames_out"] != options.frames:
        return f"status {status}, {stats.get('frames_out')} of {options.frames} frames"

    half = [(f, b) for _, f, b in samples if f >= options.frames / 2]
    if len(half) < 2 * STRETCHES:
        return f"{len(half)} samples of the second half are too few; more --frames take longer"
    slope, noise = fit(means(half))
    mebibytes = [b / 2**20 for _, _, b in samples]
    print(f"{options.frames} frames of {SIZE[0]}x{SIZE[1]} in {samples[-1][0]:.0f} s ({stats['fps']:.0f} "
          f"frames/s), {len(samples)} samples\n"
          f"resident memory: {mebibytes[len(mebibytes) // 10]:.1f} MiB after a tenth, "
          f"{half[0][1] / 2**20:.1f} at half, {mebibytes[-1]:.1f} at the end, {max(mebibytes):.1f} at most\n"
          f"slope over the second half: {slope:+.2f} ± {noise:.2f} bytes a frame "
          f"(zero is {'within' if abs(slope) <= 2 * noise else 'not within'} two standard errors; at "
          f"25 frames/s {slope * 25 * 86400 / 2**20:+.1f} ± {noise * 25 * 86400 / 2**20:.1f} MiB a day)")
    if slope + 2 * noise > LIMIT:
        return f"memory may grow by {slope + 2 * noise:.1f} bytes a frame; the limit is {LIMIT}"
    return None


def soak(program, folder, frames):
    """Runs it all; returns samples of (seconds, frames out, resident bytes), the status and statistics."""
    subprocess.run(
        ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"testsrc2=size={SIZE[0]}x{SIZE[1]}:rate=25:duration=8",
         "-f", "lavfi", "-i", "sine=duration=8", "-pix_fmt", "yuv420p", "-c:v", "libx264", "-bf", "2",
         "-c:a", "mp2", "loop.mkv"], cwd=folder, check=True)
    os.mkfifo(os.path.join(folder, "masks.gray"))
    feeder = subprocess.Popen(
        ["ffmpeg", "-v", "fatal", "-stream_loop", "-1", "-i", "loop.mkv", "-map", "0", "-c", "copy",
         "-frames:v", str(frames), "-f", "mpegts", "-"], cwd=folder, stdout=subprocess.PIPE)
    process = subprocess.Popen(
        [program, "-", "--input-size", "64", "--mask", "masks.gray", "-o", "-", "--overlay-format", "mpegts",
         "--stats", "stats.json", "-y"],
        cwd=folder, stdin=feeder.stdout, stdout=subprocess.DEVNULL)
    feeder.stdout.close()
    masks = Reader(os.path.join(folder, "masks.gray"))
    masks.start()
    start = time.monotonic()
    samples = []
    while process.poll() is None:
        count = masks.byte_count // (SIZE[0] * SIZE[1])
        if count > 0:
            samples.append((time.monotonic() - start, count, resident(process.pid)))
        time.sleep(1)
    feeder.kill()
    feeder.wait()
    path, stats = os.path.join(folder, "stats.json"), {}
    if os.path.exists(path):  # not after a crash
        with open(path) as file:
            stats = json.load(file)
    return [s for s in samples if s[2]], process.returncode, stats


class Reader(threading.Thread):
    """Takes what comes out of a pipe and counts the bytes."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.path, self.byte_count = path, 0

    def run(self):
        with open(self.path, "rb", buffering=0) as pipe:
            while data := pipe.read(1 << 16):
                self.byte_count += len(data)


def resident(process):
    """In bytes; 0 once the process has ended."""
    try:
        with open(f"/proc/{process}/status") as file:
            match = re.search(r"VmRSS:\s+(\d+)", file.read())
    except OSError:
        match = None
    return int(match[1]) * 1024 if match else 0


def means(points):
    """The mean of each of 20 equally long stretches."""
    edges = [len(points) * i // STRETCHES for i in range(STRETCHES + 1)]
    stretches = [points[a:b] for a, b in zip(edges, edges[1:])]
    return [tuple(sum(column) / len(stretch) for column in zip(*stretch)) for stretch in stretches]


def fit(points):
    """The slope of the line of least squares and its standard error."""
    count = len(points)
    mean_x, mean_y = (sum(column) / count for column in zip(*points))
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread
    residue = sum((y - mean_y - slope * (x - mean_x)) ** 2 for x, y in points)
    return slope, (residue / (count - 2) / spread) ** 0.5
