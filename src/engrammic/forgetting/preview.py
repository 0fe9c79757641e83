"""What a `forget` would erase, to be looked at before it does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engrammic.forgetting.report import ForgetReport
from engrammic.items import Item
from engrammic.stores.versions import Version


@dataclass(frozen=True, slots=True)
class Forgettable:
    """What a `forget` would erase: the report of a dry run, and what it leaves out.

    `ids` are those of all items that would go, and of those of which earlier versions
    would; `items` the first of them, an earlier version as such.
    """

    report: ForgetReport
    ids: Sequence[str]
    items: Sequence[Item | Version]
