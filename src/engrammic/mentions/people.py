"""Who else in a memory has a part of a name: what a surname or a nickname alone may stand for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from engrammic.mentions.names import TITLES, Found, Name
from engrammic.mentions.nicknames import bracketed, introduced, resembles
from engrammic.mentions.words import Token, forms, is_bounded, is_function_word, tokens
from engrammic.patterns import lazy_pattern

_PRONOUN = lazy_pattern(r"\b(?:she|he|her|his|him|hers)\b", re.IGNORECASE)
_PLACE = frozenset(("in", "at", "near", "the", "a", "an"))
_SPACE = lazy_pattern(r"\.?\s{1,2}")


@dataclass(slots=True)
class People:
    """What is learnt of a name by reading the memory: its bearers and other names for them."""

    name: Name
    others: set[str] = field(default_factory=set)
    middles: set[str] = field(default_factory=set)
    nicks: set[str] = field(default_factory=set)
    maybe: set[str] = field(default_factory=set)
    rivals: set[str] = field(default_factory=set)
    is_person: bool = False
    is_thing: bool = False

    def observe(self, text: str) -> None:
        """Learn from a text."""
        if not self.name.touches(text):
            return
        for found in self.name.found(text):
            self.nicks.update(introduced(text, found))
            self.maybe.update(bracketed(text, found))
            if found.middle:
                self.middles.add(found.middle)
            if _PRONOUN.search(text):
                self.is_person = True
        if self.name.is_personal:
            words = tokens(text)
            for place, token in enumerate(words):
                if self._is_family(token):
                    self._bearer(text, words, place)

    def _is_family(self, token: Token) -> bool:
        last = len(self.name.words) - 1
        return bool(self.name.same[token.word] >> last & 1) and token.is_capital

    def _bearer(self, text: str, words: Sequence[Token], place: int) -> None:
        """Whose family name stands here, by the word before it."""
        token = words[place]
        follows = words[place + 1] if place + 1 < len(words) else None
        if follows and text[token.end : follows.start] == ", " and follows.is_capital:
            self._note(follows.word)
        before = words[place - 1] if place else None
        if before is None or not _SPACE.fullmatch(text[before.end : token.start]):
            return
        if before.word.lower() in TITLES:
            self.is_person = True
        elif before.word in _PLACE:
            self.is_thing = True
        elif before.is_capital and not is_function_word(before.word):
            given = words[place - 2] if place > 1 else None
            is_middle = given is not None and self._is_given(given.word)
            self._note(before.word) if not is_middle else None

    def _is_given(self, word: str) -> bool:
        return bool(self.name.same[word] & 1)

    def _note(self, given: str) -> None:
        if not self._is_given(given) and given.lower() not in TITLES:
            whole = "".join(sorted(forms(given))[0])
            if whole != sorted(forms(self.name.given))[0][:1]:
                self.others.add(whole)

    def settle(self) -> bool:
        """Whether there are other names, whose bearers must be looked for in a second reading."""
        own = {f for w in self.name.words for f in forms(w)}
        for nick in self.maybe:
            if any(resembles(nick, word) for word in self.name.words):
                self.nicks.add(nick)
        self.nicks = {n for n in self.nicks if not forms(n) & own}
        return bool(self.nicks)

    def contest(self, text: str) -> None:
        """Learn who else has one of the other names."""
        for nick in self.nicks - self.rivals:
            if nick in text and self._is_contested(text, nick):
                self.rivals.add(nick)

    def _is_contested(self, text: str, nick: str) -> bool:
        """Whether a text gives the name to somebody or something else."""
        words = tokens(text)
        for place, token in enumerate(words):
            if token.word != nick:
                continue
            before = words[place - 1] if place else None
            after = words[place + 1] if place + 1 < len(words) else None
            if after and _SPACE.fullmatch(text[token.end : after.start]) and after.is_capital:
                sentence = "." in text[token.end : after.start]
                if not (sentence or self._is_own(after.word) or is_function_word(after.word)):
                    return True
            if before and before.word in _PLACE and text[before.end : token.start] == " ":
                return True
        mentions = list(self.name.found(text))
        return not mentions and self._is_given_away(text, words, nick)

    def _is_own(self, word: str) -> bool:
        return self.name.same[word] != 0

    def _is_given_away(self, text: str, words: Sequence[Token], nick: str) -> bool:
        """Whether the nickname is introduced for a name that is not this one."""
        for token in words:
            if token.is_capital and token.word != nick and not is_function_word(token.word):
                here = Found(token.start, token.end)
                if nick in {*introduced(text, here), *bracketed(text, here)}:
                    return not self._is_own(token.word)
        return False

    def speaks(self, text: str) -> bool:
        """Whether a text names the one who is meant, with all that was learnt."""
        if any(nick in text for nick in self.nicks - self.rivals) and self._by_nick(text):
            return True
        if not self.name.touches(text):
            return False
        if any(self._is_meant(found) for found in self.name.found(text)):
            return True
        return self.name.is_personal and len(self.name.words) > 1 and self._by_family(text)

    def _by_nick(self, text: str) -> bool:
        return any(
            token.word in self.nicks - self.rivals and is_bounded(text, token.start, token.end)
            for token in tokens(text)
        )

    def _is_meant(self, found: Found) -> bool:
        """Whether the name between given and family name is that of the one who is meant."""
        if not found.middle:
            return True
        known = {m[0].lower() for m in (*self.middles, self.name.middle) if m}
        if self.name.middle:
            return found.middle[0].lower() == self.name.middle[0].lower()
        wholes = {m.lower() for m in self.middles if len(m.rstrip(".")) > 1}
        return len(known) <= 1 and len(wholes) <= 1

    def _by_family(self, text: str) -> bool:
        """Whether the family name stands alone, with a title or with an initial."""
        words = tokens(text)
        return any(
            self._is_family(token) and self._is_alone(text, words, place)
            and is_bounded(text, token.start, token.end)
            for place, token in enumerate(words)
        )  # fmt: skip

    def _is_alone(self, text: str, words: Sequence[Token], place: int) -> bool:
        initials = {other[0] for other in self.others}
        initial = sorted(forms(self.name.given))[0][:1]
        before = words[place - 1] if place else None
        if before is None or not _SPACE.fullmatch(text[before.end : words[place].start]):
            return self._is_known
        if before.word.lower() in TITLES:
            return not self.others
        if len(before.word) == 1 and before.word.isupper():
            return before.word.lower() == initial and initial not in initials
        ends = "." in text[before.end : words[place].start]
        return self._is_known and (ends or not before.is_capital or is_function_word(before.word))

    @property
    def _is_known(self) -> bool:
        """Whether the family name alone can only be this person."""
        return self.is_person and not self.is_thing and not self.others
