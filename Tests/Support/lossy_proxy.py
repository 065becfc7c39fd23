#!/usr/bin/env python3
"""Hands UDP packets on as a bad network does: late, out of order, and not all of them.

usage: lossy_proxy.py FROM TO LOSS DELAY JITTER

FROM and TO are ports of 127.0.0.1. LOSS is the share of packets that never arrive, 0 to 1. Those that do
are late by DELAY seconds and up to JITTER more, each by its own. Prints "ready" when it listens, and goes
on until it is killed.
"""

import heapq
import random
import select
import socket
import sys
import time


def main():
    source, target = (("127.0.0.1", int(port)) for port in sys.argv[1:3])
    loss, delay, jitter = map(float, sys.argv[3:])
    chance = random.Random(1)
    connection = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    connection.bind(source)
    print("ready", flush=True)
    waiting = []  # (due, packet), the next one first
    while True:
        pause = max(0, waiting[0][0] - time.monotonic()) if waiting else None
        if select.select([connection], [], [], pause)[0]:
            packet = connection.recv(65536)
            if chance.random() >= loss:
                due = time.monotonic() + delay + chance.uniform(0, jitter)
                heapq.heappush(waiting, (due, packet))
        while waiting and waiting[0][0] <= time.monotonic():
            connection.sendto(heapq.heappop(waiting)[1], target)


if __name__ == "__main__":
    main()
