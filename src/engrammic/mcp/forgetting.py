"""The tool that erases: at once by ids, by a subject only what was shown before."""

from __future__ import annotations

import asyncio
from collections import Counter
from hashlib import sha256
from json import dumps
from typing import TYPE_CHECKING, Any

from engrammic.context import CUT
from engrammic.errors import InvalidInput
from engrammic.mcp import arguments as takes
from engrammic.mcp.answers import MOST_SHOWN, Answer, done, staying, told
from engrammic.mcp.session import Session

if TYPE_CHECKING:
    from engrammic.forgetting.preview import Forgettable
    from engrammic.forgetting.report import ForgetReport

READINGS = {
    "named": "named: what holds the subject as it is given",
    "identifier": "identifier: what holds the identifier in the subject",
    "name": "name: what speaks of the name in the subject, narrowed by its other words",
    "words": "words: what holds the words of the subject",
}
ID_CHARACTERS = 64


async def forget(session: Session, given: takes.Forget) -> Answer:
    """What was erased; with dry_run, and for a subject without its code, what would be."""
    _check(given)
    memory = await session.memory()
    ids = None if given.ids is None else list(dict.fromkeys(given.ids))
    asked: dict[str, Any] = {"ids": ids, "subject": given.subject, "exact": given.exact}
    look = await memory.forgettable(**asked, limit=MOST_SHOWN)
    code = _code(look, given.exact)
    if given.dry_run or (given.subject is not None and given.confirm is None):
        notice = session.notice if given.subject and memory.embedder is None else None
        return _would_go(look, given, code, notice)
    if given.subject is not None and given.confirm != code:
        raise InvalidInput(
            "confirm", "is not the code of what this would erase now; leave it out to see that"
        )
    if not look.report.forgotten:
        values = _values("erased", look.report, given, look)
        return done(values, [], staying(look.report.kept))
    erasing = memory.forget(**asked, scan=given.subject is not None)
    # Begun, it is ended, whoever cancels: else rows were gone, and their bytes still there.
    report = await asyncio.shield(asyncio.ensure_future(erasing))
    return _is_gone(look, report, given)


def _check(given: takes.Forget) -> None:
    if (given.ids is None) == (given.subject is None):
        raise InvalidInput("ids", "name what is to go by ids or by subject, one of the two")
    if given.subject is None and given.confirm is not None:
        raise InvalidInput("confirm", "goes with a subject; ids need none")
    if given.subject is None and given.exact:
        raise InvalidInput("exact", "goes with a subject; ids are always exact")


def _code(look: Forgettable, exact: bool) -> str:
    """What stands for exactly these items by exactly this subject; nobody can guess it.

    The digests are keyed with a secret of the database.
    """
    items = {kind: sorted(digests) for kind, digests in look.report.items.items()}
    text = dumps([look.report.asked_for, exact, items], sort_keys=True)
    return sha256(text.encode()).hexdigest()[:12]


def _would_go(look: Forgettable, given: takes.Forget, code: str, notice: str | None) -> Answer:
    values, count = _values("would_erase", look.report, given, look), look.report.forgotten
    notices = [notice] if notice else []
    if not count:
        notices.append("nothing would go")
    elif given.subject is None:
        notices.append("nothing is erased yet; call again without dry_run to erase it for good")
    else:
        values["confirm"] = code
        notices.append("nothing is erased yet; to erase exactly this for good, call forget again "
                       "with the same subject and this code as confirm")  # fmt: skip
    kept = staying(look.report.kept)
    entries = [*kept, *(told(item, "would go") for item in look.items)]
    return done(values, notices, entries, len(kept) + count)


def _is_gone(look: Forgettable, report: ForgetReport, given: takes.Forget) -> Answer:
    values = _values("erased", report, given, look)
    values["bytes"] = f"{report.state}: {report.detail}"
    notices = [f"a trace is left in {place}" for place in report.traces or ()]
    notices.append("backups made before still hold what they held")
    return done(values, notices, staying(report.kept))


def _values(
    verb: str, report: ForgetReport, given: takes.Forget, look: Forgettable
) -> dict[str, Any]:
    """How many of each kind; what is not there, stays, and how the subject was read."""
    values: dict[str, Any] = {verb: {k: n for k, n in report.counts.items() if n}}
    known = {*look.ids, *look.report.kept}
    if unknown := [_short(i) for i in dict.fromkeys(given.ids or ()) if i not in known]:
        values["unknown"] = unknown
    if report.kept:
        values["kept"] = Counter(report.kept.values())
    if given.subject is not None:
        values["reading"] = READINGS.get(report.reading, "nothing here is meant by the subject")
    return values


def _short(item_id: str) -> str:
    return item_id if len(item_id) <= ID_CHARACTERS else item_id[:ID_CHARACTERS] + CUT
