"""Filters, orders and pages in the languages that databases understand."""

from __future__ import annotations
