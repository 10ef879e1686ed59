"""Messages between two processes over a socket: each its length, then its bytes."""

import socket
import struct

LENGTH = struct.Struct(">Q")


def receive(line: socket.socket) -> bytes:
    """Return the next message, or nothing once the other end is gone."""
    length = _bytes(line, LENGTH.size)
    return _bytes(line, *LENGTH.unpack(length)) if length else b""


def _bytes(line: socket.socket, count: int) -> bytes:
    came = bytearray()
    while len(came) < count:
        part = line.recv(min(count - len(came), 1 << 20))
        if not part:
            return b""
        came += part
    return bytes(came)


def send(line: socket.socket, message: bytes) -> None:
    """Send a message. Raises OSError when the other end is gone."""
    line.sendall(LENGTH.pack(len(message)) + message)
