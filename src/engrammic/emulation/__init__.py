"""What a database cannot do itself, done exactly: the shared part of most backends.

A store of documents or vectors becomes a whole `Backend` with three things:

1. a `Collections` (`collections.py`): a dozen verbs over one collection per
   table, such as `save`, `erase`, `load`, `scan` and `nearest`;
2. `CollectionBackend` (`backend.py`) around it, which does the rest: change
   lists in order, filters, pages, BM25, scores, growth of tables;
3. `push` (`pushdown.py`), which asks the engine for as much of a filter as it
   can express. What it cannot is checked here, with the predicate.
"""

from __future__ import annotations
