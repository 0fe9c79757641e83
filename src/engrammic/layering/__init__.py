"""Records in one database, vectors in another, as one backend.

The record is the truth. It holds a stamp for each of its vectors: a token of
its own, and the hash of the vector. The other side holds vectors under key and
stamp. A vector is written before the record that names it, and what a record
no longer names goes last: a crash between the two leaves vectors that no
record names, which are never found, and which `repair` deletes.
"""

from __future__ import annotations

from engrammic.layering.backend import LayeredBackend

__all__ = ["LayeredBackend"]
