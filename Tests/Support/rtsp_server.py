#!/usr/bin/env python3
"""Serves a file's H.264 video over RTSP: in a loop, at its own pace, as rtsp://127.0.0.1:PORT/clip.

usage: rtsp_server.py PORT FILE [LOSS]

LOSS is the share of the stream's packets that never arrive, 0 to 1. Prints "ready" when clients can
connect, and serves until it is killed.
"""

import os
import subprocess
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402


class Loop(GstRtspServer.RTSPMediaFactory):
    """Makes the stream: ffmpeg repeats the file and keeps the pace, GStreamer cuts it into packets."""

    def __init__(self, path, loss):
        super().__init__()
        self.path = path
        self.loss = loss
        # One stream, whatever the number of clients.
        self.set_shared(True)
        self.connect("media-configure", self.configure)

    def do_create_element(self, url):
        reading, writing = os.pipe()
        command = ["ffmpeg", "-v", "error", "-nostdin", "-re", "-stream_loop", "-1", "-i", self.path]
        command += ["-map", "0:v:0", "-c", "copy", "-f", "matroska", "pipe:1"]
        self.source = subprocess.Popen(command, stdout=writing)
        os.close(writing)
        self.descriptor = reading
        return Gst.parse_launch(
            f"fdsrc fd={reading} ! matroskademux ! rtph264pay pt=96 config-interval=1"
            f" ! identity name=pay0 drop-probability={self.loss}")

    def configure(self, factory, media):
        source, descriptor = self.source, self.descriptor

        def end(media):
            source.kill()
            source.wait()
            os.close(descriptor)

        media.connect("unprepared", end)


def main():
    port, path = sys.argv[1:3]
    loss = float(sys.argv[3]) if len(sys.argv) > 3 else 0
    Gst.init(None)
    server = GstRtspServer.RTSPServer.new()
    server.set_address("127.0.0.1")
    server.set_service(port)
    server.get_mount_points().add_factory("/clip", Loop(path, loss))
    if server.attach(None) == 0:
        sys.exit(f"port {port} is taken")
    print("ready", flush=True)
    GLib.MainLoop().run()


if __name__ == "__main__":
    main()
