# SPDX-License-Identifier: GPL-2.0-or-later
"""Viewers that babeltrace2 is not. live_viewer.py PORT HOW:

stalls   asks for a lot, reads none of it; prints 'closed' when the server closes the connection
nonsense sends what no viewer sends; prints 'closed' for each connection that was closed
"""
import os
import select
import socket
import struct
import sys

CONNECT, LIST, ATTACH, NEXT_INDEX, PACKET, CREATE = 1, 2, 3, 4, 5, 8
PATIENCE_S = 25


def request(command, body=b""):
    return struct.pack(">QII", len(body), command, 0) + body


def connect(port, buffer_bytes=0):
    viewer = socket.socket()
    if buffer_bytes:
        viewer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
    viewer.settimeout(PATIENCE_S)
    viewer.connect(("127.0.0.1", port))
    return viewer


def is_closed(viewer):
    """Without reading."""
    poll = select.poll()
    poll.register(viewer, 0)
    return bool(poll.poll(PATIENCE_S * 1000))


def stalls(port):
    viewer = connect(port, 4096)
    viewer.sendall(request(CONNECT, struct.pack(">QIII", 2**64 - 1, 2, 4, 1)) + request(CREATE))
    try:
        viewer.sendall(request(LIST) * 100000)
    except OSError:
        pass
    print("closed" if is_closed(viewer) else "open")


def ends(viewer):
    """What it sends is answered by the end of the connection, after a reply at most."""
    try:
        while viewer.recv(65536):
            pass
    except ConnectionResetError:
        pass
    except socket.timeout:
        return "open"
    return "closed"


def nonsense(port):
    for bytes_sent in (
        struct.pack(">QII", 2**63, LIST, 0),
        request(4711),
        request(ATTACH, b"short"),
        os.urandom(5000),
    ):
        viewer = connect(port)
        viewer.sendall(bytes_sent)
        print(ends(viewer))
    viewer = connect(port)
    viewer.sendall(request(NEXT_INDEX, struct.pack(">Q", 7)))
    print(struct.unpack_from(">I", viewer.recv(64), 56)[0])
    viewer.sendall(request(PACKET, struct.pack(">QQI", 7, 0, 2**32 - 1)))
    print(struct.unpack_from(">I", viewer.recv(12))[0])
    viewer.sendall(request(ATTACH, struct.pack(">QQI", 4711, 0, 2)))
    print(struct.unpack_from(">I", viewer.recv(8))[0])


{"stalls": stalls, "nonsense": nonsense}[sys.argv[2]](int(sys.argv[1]))
