"""Files pass the kit, and keep what is promised of documents that people look at."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engines import Engines
from engrammic.backends.files import FilesBackend, journal
from engrammic.backends.files.journal import Step
from engrammic.backends.files.names import file_name
from engrammic.errors import Corrupt, InvalidInput
from engrammic.filters import EVERYTHING, eq
from engrammic.testing.backends import BackendTests
from engrammic.testing.things import THINGS, things


class TestFiles(BackendTests):
    EXAMPLES = 9
    TREES = 50
    STRIDE = 25

    @pytest.fixture
    async def backend(self, engines: Engines) -> AsyncIterator[FilesBackend]:
        backend = await FilesBackend.connect(engines.new("files"))
        yield backend
        await backend.close()


async def test_documents_can_be_read_by_a_person(tmp_path: Path) -> None:
    backend = await FilesBackend.connect(f"files:{tmp_path}")
    await backend.ensure_table(THINGS)
    await backend.insert("things", [{"id": "a", "at": 1, "data": {"b": [1]}, "name": "日本"}])
    found = json.loads((tmp_path / "things" / "a.json").read_text())
    assert found == {"id": "a", "at": 1, "name": "日本", "data": {"b": [1]}}
    await backend.close()


@pytest.mark.parametrize(
    "key", ["..", ".", "../x", "/etc", "a/b", "A", "a", "CON", "con", "x" * 500, "a.json", "%", "é",
            "a\\b", "nul", "~"],
)  # fmt: skip
def test_no_id_leaves_its_folder(key: str) -> None:
    name = file_name(key)
    assert len(name) < 200
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_%ABCDEF")
    assert name.lower() not in ("con", "nul")


def test_names_differ_also_where_the_disk_ignores_case() -> None:
    ids = ["A", "a", "aB", "ab", "%41", "é", "É", "x" * 400, "x" * 401, "con", "CON", "%", ""]
    assert len({file_name(i).lower() for i in ids}) == len(ids)


async def test_former_versions_stay_beside_a_document(tmp_path: Path) -> None:
    backend = await FilesBackend.connect(f"files:{tmp_path}?backups=2")
    await backend.ensure_table(THINGS)
    for at in range(5):
        await backend.insert("things", [{"id": "a", "at": at}])
    kept = sorted((tmp_path / "things").glob("a.*.backup.json"))
    assert [json.loads(p.read_text())["at"] for p in kept] == [2, 3]
    await backend.delete("things", eq("id", "a"))
    assert not list((tmp_path / "things").iterdir())
    await backend.close()


async def test_a_damaged_document_is_named(tmp_path: Path) -> None:
    backend = await FilesBackend.connect(f"files:{tmp_path}")
    await backend.ensure_table(THINGS)
    await backend.insert("things", things(3))
    await backend.close()
    (tmp_path / "things" / "t00001.json").write_text("{")
    again = await FilesBackend.connect(f"files:{tmp_path}")
    with pytest.raises(Corrupt, match=r"t00001\.json"):
        await again.query("things")
    assert "t00001.json" in (await again.diagnose())[0]
    await again.close()


async def test_a_list_that_was_cut_off_is_carried_out(tmp_path: Path) -> None:
    backend = await FilesBackend.connect(f"files:{tmp_path}")
    await backend.ensure_table(THINGS)
    await backend.insert("things", things(3))
    step = Step("things/t00001.json", None)
    journal.note(tmp_path, [step, Step("things/new.json", b'{"id": "new", "at": 5}')])
    assert [r["id"] for r in await backend.query("things")] == ["new", "t00000", "t00002"]
    assert not (tmp_path / journal.NAME).exists()
    await backend.close()


async def test_another_handle_sees_what_is_written(tmp_path: Path) -> None:
    one = await FilesBackend.connect(f"files:{tmp_path}")
    two = await FilesBackend.connect(f"files:{tmp_path}")
    await one.ensure_table(THINGS)
    for number in range(4):
        writer, reader = (one, two) if number % 2 else (two, one)
        record = {"id": str(number), "at": 1, "words": f"word{number}", "vector": [1, number, 0, 0]}
        await writer.insert("things", [record])
        assert await reader.count("things") == number + 1
        assert len(await reader.text_search("things", [f"word{number}"], limit=9)) == 1
        found = await reader.vector_search("things", "vector", [1, number, 0, 0], limit=1)
        assert found[0].record["id"] == str(number)
    await one.close()
    await two.close()


async def test_a_backup_comes_back(tmp_path: Path) -> None:
    backend = await FilesBackend.connect(f"files:{tmp_path / 'live'}")
    await backend.ensure_table(THINGS)
    await backend.insert("things", things(9))
    await backend.backup(tmp_path / "copy")
    await backend.delete("things", EVERYTHING)
    await backend.restore(tmp_path / "copy")
    assert await backend.count("things") == 9
    assert await backend.text_search("things", ["common"], limit=99)
    with pytest.raises(InvalidInput, match="path"):
        await backend.restore(tmp_path)
    await backend.close()
