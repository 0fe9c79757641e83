"""The language model that the settings name, if they name one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from engrammic.errors import InvalidSettings
from engrammic.llm.model import LanguageModel
from engrammic.llm.wire import Anthropic, OpenAI

KEY = "ENGRAMMIC_LLM_API_KEY"
KNOWN: dict[str, tuple[type[OpenAI] | type[Anthropic], str, str]] = {
    "openai": (OpenAI, "https://api.openai.com/v1", "OPENAI_API_KEY"),
    "anthropic": (Anthropic, "https://api.anthropic.com/v1", "ANTHROPIC_API_KEY"),
}


def load_model(
    given: Mapping[str, object], environment: Mapping[str, str] = os.environ
) -> LanguageModel | None:
    """The model of `provider`, `model` and `base_url`; None where nothing is set.

    The provider's own key is sent to the provider's own server alone.
    """
    if not given:
        return None
    unknown = [n for n in given if n not in ("provider", "model", "base_url")]
    if unknown:
        raise InvalidSettings(f"llm: unknown setting {unknown[0]!r}")
    if not all(isinstance(v, str) and v for v in given.values()):
        raise InvalidSettings("llm: provider, model and base_url are texts")
    provider, model = str(given.get("provider", "")), given.get("model")
    if provider not in KNOWN or not model:
        raise InvalidSettings("llm: want provider (openai or anthropic) and model")
    wire, usual, own = KNOWN[provider]
    url = str(given.get("base_url", usual))
    key = environment.get(KEY)
    if urlsplit(url)[:2] == urlsplit(usual)[:2]:
        key = key or environment.get(own)
    return LanguageModel(wire(), url, str(model), key)
