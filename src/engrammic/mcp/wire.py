"""The protocol's own pair of descriptors, which nothing else in the process can reach."""

from __future__ import annotations

import os
import sys
import threading

CHUNK = 1 << 16


class Wire:
    """Lines from one descriptor, lines to another. Blocking.

    Reads the descriptor itself: a thread that waits in a buffered reader would
    hold its lock, and the interpreter could not end.
    """

    def __init__(self, source: int, sink: int) -> None:
        self._source = source
        self._sink = sink
        self._read = bytearray()
        self._sending = threading.Lock()

    @classmethod
    def claim(cls) -> Wire:
        """Standard input and output; from now on 0 reads nothing and 1 is standard error."""
        sys.stdout.flush()
        wire = cls(os.dup(0), os.dup(1))
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)
        return wire

    def read_line(self) -> bytes:
        """The next line with its end, b"" when the input is over. A line cut short is given."""
        seen = 0
        while (end := self._read.find(b"\n", seen)) < 0:
            seen = len(self._read)
            chunk = os.read(self._source, CHUNK)
            if not chunk:
                end = seen - 1
                break
            self._read += chunk
        line = bytes(self._read[: end + 1])
        del self._read[: end + 1]
        return line

    def send(self, line: str) -> None:
        """Write one line, whole; its end is added. Raises BrokenPipeError when nobody reads."""
        rest = memoryview(line.encode() + b"\n")
        with self._sending:
            while rest:
                rest = rest[os.write(self._sink, rest) :]
