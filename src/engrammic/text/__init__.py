"""The one analyser: how text becomes the terms that every database indexes."""

from __future__ import annotations

from engrammic.text.tokens import FINGERPRINT, MAX_QUERY_TERMS, joined, query_terms, terms

__all__ = ["FINGERPRINT", "MAX_QUERY_TERMS", "joined", "query_terms", "terms"]
