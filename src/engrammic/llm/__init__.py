"""Language models in the place of the rules, where the user asks for one."""

from __future__ import annotations

from engrammic.llm.budget import Budget
from engrammic.llm.model import LanguageModel
from engrammic.llm.opening import load_model
from engrammic.llm.reading import ModelExtractor

__all__ = ["Budget", "LanguageModel", "ModelExtractor", "load_model"]
