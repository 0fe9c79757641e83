"""Where the parts of a project's state lie: the dictionary of paths that Agent Brain has."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from engrammic.backends.sqlite.locating import FILE_NAME
from engrammic.settings import FILE, expanded, find_home

STATE_VARIABLES = ("AGENT_BRAIN_STATE_DIR", "DOC_SERVE_STATE_DIR")


def resolve_storage_paths(
    project: str | os.PathLike[str] | None = None,
    *,
    environment: Mapping[str, str] = os.environ,
) -> dict[str, Path]:
    """Names to paths; nothing is created.

    The state directory is the one that ENGRAMMIC_HOME, AGENT_BRAIN_STATE_DIR or
    DOC_SERVE_STATE_DIR names, else the project's, else the user's. Vectors,
    words and graph are tables of one file, so that no two of them can disagree.
    """
    named = next((environment[v] for v in STATE_VARIABLES if environment.get(v)), None)
    if named and not environment.get("ENGRAMMIC_HOME"):
        state = expanded(named)
    else:
        state = find_home(None if project is None else Path(project), environment=environment)
    database = state / FILE_NAME
    return {
        "state_dir": state,
        "chroma_db": database,
        "bm25_index": database,
        "graph_index": database,
        "config": state / FILE,
    }
