"""Starting and stopping leaves nothing behind.

Each cycle starts the program on a source that does not end, waits for masks, and stops it by SIGINT. It must
end with status 130, its overlay must play as far as it got, and there must be no process of its session left
and no file but its outputs, neither in its folder nor beside the compiled network in the cache. That nothing
is left inside a process is tested where processes go on, by SegmentationTests.
"""
import os
import signal
import subprocess
import tempfile
import time

SIZE = (96, 64)
LIMIT_SECONDS = 60


def add_options(parser):
    parser.add_argument("--cycles", type=int, default=200, help="how often to start and stop")


def run(options):
    start = time.monotonic()
    frames = []
    with tempfile.TemporaryDirectory(prefix="csnstream-cycles-") as folder:
        environment = os.environ | {"XDG_CACHE_HOME": os.path.join(folder, "cache"), "TMPDIR": folder}
        # The first cycle compiles the network; what is there after it is what may be there.
        cycle(options.program, folder, environment)
        expected = files(folder)
        for number in range(options.cycles):
            problem, count = cycle(options.program, folder, environment)
            if not problem and files(folder) != expected:
                problem = f"files left or missing: {', '.join(sorted(files(folder) ^ expected))}"
            if problem:
                return f"cycle {number + 1}: {problem}"
            frames.append(count)
    print(f"{options.cycles} cycles in {time.monotonic() - start:.0f} s, {min(frames)} to {max(frames)} frames "
          "each: status 130, overlays whole, no process or file left")
    return None


def cycle(program, folder, environment):
    """Starts and stops once; returns the problem, if any, and how many frames came out."""
    source = subprocess.Popen(
        ["ffmpeg", "-v", "quiet", "-re", "-f", "lavfi", "-i", f"testsrc2=size={SIZE[0]}x{SIZE[1]}:rate=100",
         "-f", "nut", "-c:v", "rawvideo", "-"], stdout=subprocess.PIPE)
    process = subprocess.Popen(
        [program, "-", "--input-size", "32", "--mask", "-", "--format", "gray", "-o", "overlay.mkv", "-y"],
        cwd=folder, env=environment, stdin=source.stdout, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        bufsize=0, start_new_session=True)
    source.stdout.close()
    try:
        masks = len(process.stdout.read(1 << 16))
        process.send_signal(signal.SIGINT)
        rest, messages = process.communicate(timeout=LIMIT_SECONDS)
    except subprocess.TimeoutExpired:
        return "does not end", 0
    finally:
        process.kill()
        source.kill()
        source.wait()
    if process.returncode != 130:
        return f"status {process.returncode}: {messages.decode(errors='replace').strip()}", 0
    if left := processes(session=process.pid):
        return f"processes left: {left}", 0
    count = (masks + len(rest)) // (SIZE[0] * SIZE[1])
    played = subprocess.run(
        ["ffprobe", "-v", "error", "-count_packets", "-show_entries", "stream=nb_read_packets", "-of",
         "csv=p=0", "overlay.mkv"], cwd=folder, capture_output=True, text=True)
    if played.stderr or played.stdout.strip() != str(count):
        return f"{count} masks, but the overlay has {played.stdout.strip()} frames {played.stderr}", 0
    return None, count


def files(folder):
    return {os.path.relpath(os.path.join(path, name), folder)
            for path, _, names in os.walk(folder) for name in names}


def processes(session):
    """The numbers of the processes of a session."""
    found = []
    for number in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{number}/stat") as file:
                # After the name in parentheses: state, parent, group, session.
                if file.read().rpartition(")")[2].split()[3] == str(session):
                    found.append(int(number))
        except OSError:
            pass
    return found
