"""Damaged files cost an error, never a crash or a hang.

Small videos of several containers, codecs and kinds are damaged at random but reproducibly, and each one is
segmented, every fourth of them through standard input. A run must end within a time, by itself, with
status 0 or 1; with 1 and only then it tells one error, which names the file.
"""
import os
import random
import resource
import shutil
import subprocess
import tempfile
import time
from collections import Counter

LIMIT_SECONDS = 120
LIMIT_BYTES = 8 << 30

H264 = "-c:v libx264 -preset veryfast -bf 2 -g 6"
KINDS = {
    "index-in-front.mp4": f"{H264} -c:a aac -movflags +faststart",
    "index-at-end.mp4": f"{H264} -c:a aac",
    "fragments.mp4": f"{H264} -c:a aac -movflags frag_keyframe+empty_moov",
    "h265.mp4": "-c:v libx265 -x265-params log-level=0:keyint=6 -an",
    "h264.mkv": f"{H264} -c:a aac",
    "vp9.webm": "-c:v libvpx-vp9 -g 6 -c:a libopus",
    "h264.ts": f"{H264} -c:a aac",
    "mpeg2.ts": "-c:v mpeg2video -g 6 -c:a mp2",
    "bare.h264": f"{H264} -an",
    "mjpeg.avi": "-c:v mjpeg -c:a pcm_s16le",
    "mpeg4.avi": "-c:v mpeg4 -bf 2 -g 6 -c:a mp2",
    "raw.y4m": "-an",
    "pictures/%02d.png": "-frames:v 12",
}


def add_options(parser):
    parser.add_argument("--files", type=int, default=500, help="how many files to try")
    parser.add_argument("--seed", type=int, default=1, help="of the damages")
    parser.add_argument("--only", type=int, metavar="N", help="try file number N alone")
    parser.add_argument("--verbose", action="store_true", help="tell about every file")
    parser.add_argument("--keep", default="fuzzed", metavar="DIR", help="where to copy files that fail")


def run(options):
    failures, statuses, slowest, largest = [], Counter(), (0, ""), (0, "")
    with tempfile.TemporaryDirectory(prefix="csnstream-fuzz-") as folder:
        originals = make_originals(folder)
        numbers = range(options.files) if options.only is None else [options.only]
        for number in numbers:
            kind = list(originals)[number % len(originals)]
            name = make_damaged(folder, originals, kind, options.seed, number)
            outcome = segment(options.program, folder, name, through_pipe=number % 4 == 3)
            problem = outcome.problem
            statuses[f"{kind}: {'failed' if problem else f'status {outcome.status}'}"] += 1
            slowest = max(slowest, (outcome.seconds, name))
            largest = max(largest, (outcome.peak_bytes, name))
            if problem or options.verbose:
                print(f"{name}: {problem or f'status {outcome.status}'}", *outcome.messages, sep="\n  ",
                      flush=True)
            if problem:
                failures.append(name)
                keep(os.path.join(folder, name), options.keep)
            clear(folder, name)
    for status in sorted(statuses):
        print(f"{statuses[status]:5}  {status}")
    print(f"{len(numbers)} files, {len(failures)} failed; slowest {slowest[0]:.1f} s ({slowest[1]}), "
          f"largest memory {largest[0] >> 20} MiB ({largest[1]})")
    return f"{', '.join(failures)}; copies are in {options.keep}" if failures else None


def make_originals(folder):
    """Makes the videos; returns the bytes of each, those of every picture for pictures."""
    originals = {}
    for name, encoding in KINDS.items():
        path = os.path.join(folder, "original", name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        subprocess.run(
            ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=96x64:rate=25:duration=1",
             "-f", "lavfi", "-i", "sine=duration=1", "-pix_fmt", "yuv420p", *encoding.split(), path],
            check=True)
        if "%" in name:
            kind = os.path.dirname(path)
            originals[os.path.dirname(name)] = [read(os.path.join(kind, n)) for n in sorted(os.listdir(kind))]
        else:
            originals[name] = [read(path)]
    return originals


def make_damaged(folder, originals, kind, seed, number):
    """Writes the file, or the folder of pictures, of a number; returns its name."""
    chance = random.Random(f"{seed}/{number}")
    parts = list(originals[kind])
    donor = chance.choice(chance.choice(list(originals.values())))
    for index in chance.sample(range(len(parts)), k=chance.choice([1, min(3, len(parts))])):
        parts[index] = damaged(parts[index], donor, chance)
    name = f"{number:03}-{kind}"
    path = os.path.join(folder, name)
    if len(parts) == 1:
        write(path, parts[0])
    else:
        os.mkdir(path)
        for index, part in enumerate(parts):
            write(os.path.join(path, f"{index:02}.png"), part)
    return name


def damaged(data, donor, chance):
    data = bytearray(data)
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        if not data:
            break
        # Headers and indexes are small parts of a file, and the more delicate ones.
        first, last = chance.choice([(0, len(data)), (0, 600), (len(data) - 600, len(data))])
        start = chance.randrange(max(0, first), min(last, len(data)))
        length = chance.choice([4, 40, 400, 4000])
        kind = chance.choice(
            ["bit", "bit", "bits", "number", "number", "cut", "splice", "repeat", "remove", "blank"])
        match kind:
            case "bit":
                data[start] ^= 1 << chance.randrange(8)
            case "bits":
                for _ in range(length):
                    data[chance.randrange(start, len(data))] ^= 1 << chance.randrange(8)
            case "number":
                number = chance.choice([0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF])
                size = chance.choice([1, 2, 4])
                order = chance.choice(["big", "little"])
                data[start:start + size] = (number % 256 ** size).to_bytes(size, order)
            case "cut":
                del data[start:]
            case "splice":
                piece = chance.randrange(len(donor))
                data[start:start + length] = donor[piece:piece + length]
            case "repeat":
                data[start:start] = data[start:start + length]
            case "remove":
                del data[start:start + length]
            case "blank":
                data[start:start + length] = bytes(len(data[start:start + length]))
    return data


class Outcome:
    """How a run ended."""

    def __init__(self, name, wait_status, usage, seconds, messages):
        self.seconds, self.messages = seconds, messages
        self.status = os.waitstatus_to_exitcode(wait_status)
        self.peak_bytes = usage.ru_maxrss << 10
        self.problem = self.find_problem(name)

    def find_problem(self, name):
        errors = [m for m in self.messages if m.startswith("csnstream: error: ")]
        if self.seconds > LIMIT_SECONDS:
            return "hangs"
        if self.status < 0:
            return f"ended by signal {-self.status}"
        if self.status not in (0, 1):
            return f"status {self.status}"
        if len(errors) != self.status:
            return f"status {self.status} with {len(errors)} errors"
        if errors and name not in errors[0]:
            return "the error does not name the input"
        if not all(m.startswith("csnstream: ") for m in self.messages):
            return "messages of others"
        return None


def segment(program, folder, name, through_pipe):
    through_pipe = through_pipe and os.path.isfile(os.path.join(folder, name))
    messages_path = os.path.join(folder, "messages")
    command = [program, "-" if through_pipe else name, "--input-size", "32", "--mask", "masks.gray",
               "-o", "overlay.mkv", "-y"]
    source = open(os.path.join(folder, name), "rb") if through_pipe else subprocess.DEVNULL
    with open(messages_path, "wb") as messages:
        start = time.monotonic()
        # cat, because a file as standard input would be one that can be read from anywhere.
        feeder = subprocess.Popen(["cat"], stdin=source, stdout=subprocess.PIPE) if through_pipe else None
        process = subprocess.Popen(
            command, cwd=folder, stdin=feeder.stdout if feeder else source, stdout=messages,
            stderr=messages, env=os.environ | {"XDG_CACHE_HOME": os.path.join(folder, "cache")},
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (LIMIT_BYTES, LIMIT_BYTES)))
        while (ended := os.wait4(process.pid, os.WNOHANG))[0] == 0:
            if time.monotonic() - start > LIMIT_SECONDS:
                process.kill()
            time.sleep(0.01)
        process.returncode = 0
        seconds = time.monotonic() - start
    if feeder:
        source.close()
        feeder.stdout.close()
        feeder.wait()
    lines = read(messages_path).decode(errors="replace").splitlines()
    return Outcome("standard input" if through_pipe else name, ended[1], ended[2], seconds, lines)


def keep(path, target):
    os.makedirs(target, exist_ok=True)
    copy = os.path.join(target, os.path.basename(path))
    shutil.copytree(path, copy, dirs_exist_ok=True) if os.path.isdir(path) else shutil.copy(path, copy)


def clear(folder, name):
    for entry in (name, "masks.gray", "overlay.mkv"):
        path = os.path.join(folder, entry)
        if os.path.isdir(path):
            shutil.rmtree(path)
        elif os.path.exists(path):
            os.remove(path)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)
