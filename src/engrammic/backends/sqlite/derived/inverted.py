"""The derived word index: postings of the terms that were asked for, kept current.

FTS5 is the truth, and ranks by looking at one row after the other, which takes
it a microsecond each. Here the postings of a term, once read out of FTS5, are
arrays, from which the same BM25 comes in a tenth of the time. They are brought
up to date before each search by the rows that came and the changes logged
since, its own process's or another's.

Reading them takes about as long as one search by FTS5. So a partition's first
search, and one that finds much changed since the last, as while much is being
written, is left to FTS5.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import apsw
import numpy as np

from engrammic.backends.sqlite.changelog import LAST, Logged, Point, changed, now, point
from engrammic.backends.sqlite.derived.postings import Change, Postings, frequencies, lengths
from engrammic.backends.sqlite.derived.words import ByPostings
from engrammic.backends.sqlite.layout import Layout, quote_text, quoted
from engrammic.backends.sqlite.translation import REPAIR
from engrammic.errors import Corrupt
from engrammic.ranking.bm25 import K1, B

MANY = 256
"""Rows that change between two searches at most; after more, FTS5 ranks."""
LETTERS = 1 << 20
"""Characters that the terms of these rows have at most."""
WAIT = 8
"""Searches in a row that must find less changed than that, before all is read anew."""
JOURNAL = 1024
"""So many changes are kept for the terms that were not asked for since."""
FIRST = ord("0")
"""Stands for the first field of terms; the next characters for the next ones."""
LONGEST = 32_768
"""Bytes of a term that FTS5 looks at: it takes all that begin with the same for one."""
TERM_BYTES = 64 << 20
"""What the postings of one partition take at most, those of one query aside."""


class Inverted:
    """The postings of one partition's text index. Places are rows in their order, dead ones too."""

    def __init__(self, layout: Layout, part: int) -> None:
        self._weights = np.array([f.weight for f in layout.terms])
        # A row whose terms weigh nothing is a match all the same: FTS5 knows.
        self._is_fit = bool(self._weights.min() > 0)
        self._name = layout.schema.name
        self._part = part
        self._sizes = layout.terms_sizes(part)
        self._point = point(f"select max(id) from {self._sizes}")
        names = [quoted(f.name) for f in layout.terms]
        self._texts = (
            f"select s.id, {', '.join(f't.{name}' for name in names)} from {self._sizes} as s "
            f"join {layout.table} as t on t._row = s.id where s.id between ? and ? limit {MANY + 1}"
        )
        vocabulary = f"temp.{quoted(layout.terms_name(part) + '__vocabulary')}"
        self._vocabulary = (
            f"create virtual table if not exists {vocabulary} "
            f"using fts5vocab('main', {quote_text(layout.terms_name(part))}, 'instance')"
        )
        fields = " ".join(
            f"when {quote_text(f.name)} then char({FIRST + n})" for n, f in enumerate(layout.terms)
        )
        # In the order of the index: grouping by row here would sort all anew.
        self._holders = (
            f"select json_array(group_concat(doc), group_concat(case col {fields} end, '')) "
            f"from {vocabulary} where term = ?"
        )
        self._lock = threading.Lock()
        self._at: Point | None = None
        self._weighed = 0
        self._reset(0)

    def _reset(self, wait: int) -> None:
        self._wait = wait
        self._loaded = False
        self._rows = np.empty(0, np.int64)
        self._lengths = np.empty(0)
        self._alive = np.empty(0, bool)
        self._forget_terms()
        self._weigh()

    def _forget_terms(self) -> None:
        self._terms: OrderedDict[str, Postings] = OrderedDict()
        self._journal: list[Change] = []
        self._noted = 0
        self._bytes = 0

    @property
    def nbytes(self) -> int:
        """Bytes that the arrays take."""
        fixed = self._rows.nbytes + self._lengths.nbytes + self._alive.nbytes
        return fixed + self._bytes

    def ranking(self, connection: apsw.Connection, terms: Sequence[str]) -> ByPostings | None:
        """How the rows of the snapshot rank, None where FTS5 has to say it.

        `terms` are in the index's form, each once.
        """
        if not self._is_fit or any(4 * len(t) >= LONGEST for t in terms):
            return None
        with self._lock:
            return self._scored(connection, terms) if self._is_current(connection) else None

    def _is_current(self, connection: apsw.Connection) -> bool:
        """Whether it is as of the snapshot that `connection` reads in; brought there if need be."""
        at, since = now(connection, self._point), self._at
        if at == since and self._loaded:
            return True
        if since is not None and at.epoch == since.epoch and at < since:
            return False  # another thread has brought in what this snapshot does not see
        self._at = None  # what breaks off is begun anew
        if since is None or at.epoch != since.epoch:
            self._reset(0)
        elif not self._catch_up(connection, since):
            self._reset(WAIT)
        elif self._wait:
            self._wait -= 1
        elif not self._loaded:
            self._load(connection)
        self._at = at
        return self._loaded

    def _load(self, connection: apsw.Connection) -> None:
        sql = f"select json_group_array(id), group_concat(hex(sz), '') from {self._sizes}"
        rows, sizes = connection.execute(sql).get
        self._rows = np.array(json.loads(rows), np.int64)
        self._lengths = lengths(bytes.fromhex(sizes or ""), len(self._weights))
        self._alive = np.ones(len(self._rows), bool)
        self._loaded = True
        self._weigh()

    def _weigh(self) -> None:
        """Say what the length of each record is worth; what terms add has to be said anew."""
        self._count = int(np.count_nonzero(self._alive))
        mean = float(self._lengths.sum()) / max(self._count, 1) or 1.0
        self._worth = K1 * (1 - B + B * self._lengths / mean)
        self._weighed += 1

    def _catch_up(self, connection: apsw.Connection, since: Point) -> bool:
        """Bring in what changed; False where that is too much."""
        known = int(self._rows[-1]) if len(self._rows) else 0
        since = since._replace(row=max(since.row, known))
        ranges = changed(connection, self._name, self._part, since, Logged.WORDS)
        if ranges is None or np.count_nonzero(~self._alive) > MANY + len(self._rows) // 4:
            return False
        fresh = f"select count(*) from (select 1 from {self._sizes} where id > ? limit {MANY + 1})"
        if connection.execute(fresh, (since.row,)).get > MANY:
            return False
        count = letters = 0
        for low, high in ranges:
            found: list[Any] = connection.execute(self._texts, (low, high)).fetchall()
            first, end = np.searchsorted(self._rows, (low, min(high, LAST - 1) + 1)).tolist()
            count += max(len(found), end - first)
            letters += sum(len(text) for _, *texts in found for text in texts if text)
            if count > MANY or letters > LETTERS:
                return False
            if self._loaded:
                self._bring_in(range(first, end), found)
        self._noted += letters
        if len(self._journal) > JOURNAL or self._noted > 4 * LETTERS:
            self._forget_terms()
        if count:
            self._weigh()
        return True

    def _bring_in(self, places: range, found: Sequence[tuple[Any, ...]]) -> None:
        """Put what was found of a range of rows in the place of what is known of it."""
        weights = self._weights.tolist()
        now = {row: frequencies(texts, weights) for row, *texts in found}
        sizes = {row: _length(texts) for row, *texts in found}
        for place in places:
            row = int(self._rows[place])
            self._alive[place] = row in now
            self._lengths[place] = sizes.pop(row, 0)
            self._journal.append((place, now.get(row, {})))
        if sizes:
            fresh = sorted(sizes)
            self._journal += [(len(self._rows) + n, now[row]) for n, row in enumerate(fresh)]
            self._rows = np.append(self._rows, np.array(fresh, np.int64))
            self._lengths = np.append(self._lengths, [sizes[row] for row in fresh])
            self._alive = np.append(self._alive, np.ones(len(fresh), bool))

    def _scored(self, connection: apsw.Connection, terms: Sequence[str]) -> ByPostings:
        """Every row that holds a term, as FTS5 scores it."""
        scores = np.zeros(len(self._rows))
        for term in terms:
            self._postings(connection, term).add_to(scores)
        while self._bytes > TERM_BYTES and len(self._terms) > len(terms):
            self._bytes -= self._terms.popitem(last=False)[1].nbytes
        return ByPostings(self._rows, scores)

    def _postings(self, connection: apsw.Connection, term: str) -> Postings:
        known = self._terms.pop(term, None)
        if known is None:
            known = self._read(connection, term)
        else:
            self._bytes -= known.nbytes
        known.catch_up(term, self._journal)
        if known.weighed != self._weighed:
            known.score(self._worth, self._count, self._weighed)
        self._terms[term] = known
        self._bytes += known.nbytes
        return known

    def _read(self, connection: apsw.Connection, term: str) -> Postings:
        """The postings of a term, out of FTS5."""
        try:
            found = connection.execute(self._holders, (term,)).get
        except apsw.SQLError:  # the connection's first time
            connection.execute(self._vocabulary)
            found = connection.execute(self._holders, (term,)).get
        rows, fields = json.loads(found)
        if rows is None:
            return Postings(np.empty(0, np.int64), np.empty(0), len(self._journal))
        each = np.fromstring(rows, np.int64, sep=",")
        weights = self._weights[np.frombuffer(fields.encode("utf-32-le"), np.uint32) - FIRST]
        starts = np.flatnonzero(np.diff(each, prepend=-1))
        places = np.searchsorted(self._rows, each[starts])
        if places[-1] == len(self._rows) or np.any(self._rows[places] != each[starts]):
            raise Corrupt(f"the text index of {self._name} names rows without a size; {REPAIR}")
        return Postings(places, np.add.reduceat(weights, starts), len(self._journal))


def _length(texts: Sequence[str | None]) -> int:
    return sum(text.count(" ") + 1 for text in texts if text)
