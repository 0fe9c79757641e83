"""The conformance kit: what every backend has to show, for ours and for those of others.

A backend passes when a subclass of `engrammic.testing.backends.BackendTests`
that gives the fixture `backend` passes; `pip install 'engrammic[test]'`.
"""

from __future__ import annotations
