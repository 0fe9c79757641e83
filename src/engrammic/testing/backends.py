"""Everything that a backend has to show, in one class to derive from."""

from __future__ import annotations

import asyncio

import pytest

from engrammic.backend import Backend
from engrammic.testing.exporting import ExportTests
from engrammic.testing.filtering import FilterTests
from engrammic.testing.lists import ListTests
from engrammic.testing.machine import run_beside_memory
from engrammic.testing.reading import ReadTests
from engrammic.testing.searching import SearchTests
from engrammic.testing.surveys import SurveyTests
from engrammic.testing.tables import TableTests
from engrammic.testing.trees import TreeTests
from engrammic.testing.walls import WallTests
from engrammic.testing.writing import WriteTests


@pytest.mark.asyncio
class BackendTests(
    FilterTests,
    TreeTests,
    WriteTests,
    ListTests,
    ReadTests,
    SearchTests,
    SurveyTests,
    TableTests,
    WallTests,
    ExportTests,
):
    """A suite to derive from; runs under pytest with pytest-asyncio.

    ```python
    class TestMine(BackendTests):
        @pytest_asyncio.fixture
        async def backend(self, tmp_path):
            backend = await MyBackend.connect(f"mine:{tmp_path}")
            yield backend
            await backend.close()
    ```

    The fixture gives an empty database each time. `EXAMPLES` says how many
    histories of verbs are played beside `MemoryBackend`, `TREES` how
    many hostile filter trees are tried: the first of those that
    `engrammic.testing.longer` goes through. Of `STRIDE` filter cases one is tried.
    """

    EXAMPLES = 76

    async def test_any_sequence_of_verbs_agrees_with_memory(self, backend: Backend) -> None:
        """Random verbs give here what they give in memory."""
        loop = asyncio.get_running_loop()
        await asyncio.to_thread(run_beside_memory, backend, loop, examples=self.EXAMPLES)
