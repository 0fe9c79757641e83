"""What an order about the memory is about, without the words that only order."""

from __future__ import annotations

import re

from engrammic.patterns import lazy_pattern

_POLITE = (
    r"please|kindly|hey|hi|hello|ok|okay|so|well|now|just|"
    r"(?:can|could|would|will) you(?: please| kindly| just)?|"
    r"(?:i|we)(?: would|'d)? (?:want|like|need|wish)(?: for)?(?: you)? to|"
    r"i(?: would|'d) like you to|you (?:should|can|must|may|need to|have to)|"
    r"let's|let us|make sure (?:that )?(?:you|to)|it is time to|time to|"
    r"from now on"
)
_CORRECTING = (
    "update|correct|change|fix|replace|edit|amend|revise|adjust|modify|overwrite|rectify|alter|"
    "set|refresh|supersede"
)
_RELEASING = (
    "forget|delete|remove|drop|erase|release|discard|retire|clear|wipe|scrub|dismiss|purge|"
    "let go of|get rid of|throw (?:out|away)|take (?:out|away)|cross out|strike(?: out)?|"
    "(?:do not|don't|no longer|stop) (?:remember(?:ing)?|keep(?:ing)?|stor(?:e|ing)|need)|"
    "no need to (?:remember|keep|store)"
)
_BEGINS = r"(?=(?:the|my|our|your|his|her|its|their|this|that|these|those|a|an|what|where|when|" \
          r"who|whom|whose|which|how|all|any|anything|everything|whatever|every|about|on|that)\b" \
          r"|(?-i:[A-Z\d#@])|[\w-]+'s\b)"  # fmt: skip
"""A verb in front of one of these orders; in front of a bare noun it may be a noun itself."""
_STORED = (
    r"(?:(?:the|your|that|this|my|any|old|outdated|stored|saved)\s+)*"
    r"(?:entry|entries|memory|memories|record|records?|fact|facts|note|notes|information|info|"
    r"details?|items?|data|knowledge|statement|bit|part|thing)\s+"
    r"(?:about|on|of|regarding|concerning|for|as to|that says(?: that)?|saying(?: that)?|that)"
)
_KNOWN = (
    r"what(?:ever)?\s+(?:you|we|i)(?:'ve|\s+have)?\s*(?:know|remember|have|got|stored?|saved?|said|"
    r"told you|kept|noted|recorded|think|believe)?(?:\s+(?:stored|saved|noted|recorded|down|"
    r"on file|in memory))*\s+(?:of|about|on|for|regarding|concerning|as)"
)
_AHEAD = lazy_pattern(rf"^(?:{_POLITE})\b[,:]?\s+", re.IGNORECASE)
_VERB = lazy_pattern(
    rf"^(?:{_CORRECTING}|{_RELEASING})\b(?:\s+about\b)?:?\s+{_BEGINS}", re.IGNORECASE
)
_OBJECT = lazy_pattern(rf"^(?:{_STORED}|{_KNOWN})\b\s+(?=\S)", re.IGNORECASE)
_BEHIND = lazy_pattern(
    r"[\s,;-]+(?:please|kindly|thanks|thank you|for me|for us|will you|would you"
    r"|if you (?:can|would)"
    r"|needs? (?:an )?(?:updat(?:e|ing)|correct(?:ing|ion)|chang(?:e|ing)|fix(?:ing)?)"
    r"|(?:is|are) (?:wrong|outdated|out of date|no longer (?:right|true|correct)|not (?:right|"
    r"true|correct)(?: any ?more)?)|(?:has|have) changed"
    r"|(?:from|in) (?:your|the) (?:memory|memories|records?|notes)|any ?more)\s*[.!?]*$",
    re.IGNORECASE,
)
_ALL = lazy_pattern(
    r"^(?:(?:absolutely )?(?:everything|anything|whatever|all)(?: (?:of )?(?:the |your |my |our )?"
    r"(?:things?|stuff|facts?|notes?|memor(?:y|ies)|messages?|entries|items?|records?|details?|"
    r"information|info|data|knowledge))?|(?:every|any)(?: single)? (?:thing|fact|note|memory|"
    r"message|entry|item|record|detail|information|mention)|all mentions?|all traces?|"
    r"(?:every|any) trace)"
    r"(?: (?:that )?(?:you|we|i|there)(?:'ve| have| is| are)?"
    r"(?: (?:ever |still )?(?:know|remember|have|got|stored?|saved?|said|told you|kept|noted|"
    r"recorded|hold|wrote))?(?: (?:stored|saved|noted|recorded|down|on file|in memory))*)?"
    r"(?: (?:that|which) (?:is|are|was|were|has|have|speaks?|mentions?|concerns?|refers?|relates?|"
    r"names?|deals?|talks?))?"
    r" (?:(?:to do|said|written|known|stored|connected|related|relating|having to do|dealing)"
    r" )?(?:about|on|of|regarding|concerning|mentioning|related to|relating to|to|with|"
    r"with regard to|with respect to|referring to|in connection with|involving|around|"
    r"naming)\s+(?P<about>.+)$",
    re.IGNORECASE,
)
_MENTIONS = lazy_pattern(
    r"^(?:everything|anything|whatever|all(?: (?:facts|notes|memories|messages|items))?|every "
    r"(?:fact|note|memory|message|item)) (?:that |which )?(?:mentions?|names?|concerns?|involves?)"
    r"\s+(?P<about>.+)$",
    re.IGNORECASE,
)
_EXCEPT = lazy_pattern(
    r",?\s+(?:except(?:ing)?(?: for)?|apart from|other than|save for|but not|but for|but keep|"
    r"but)\s+(?:(?:what|everything|anything|that which)\s+(?:\w+\s+){0,3}?"
    r"(?:about|of|on|concerning)\s+)?(?P<but>.+)$",
    re.IGNORECASE,
)
_DETERMINED = lazy_pattern(
    r"^(?:the|my|our|your|his|her|its|their|this|that|these|those|a|an|any|all)\s+", re.IGNORECASE
)

_NAME = lazy_pattern(r"^(?=.*[A-Z\d@])[\w@.+#/-]*(?<!'s)$")
_RELATING = frozenset(
    ["of", "in", "at", "on", "to", "from", "with", "for", "by", "about", "and", "or", "near"]
)
_OWN = (
    "personal|private|stored|saved|recorded|remembered|known|own|full|complete|entire|whole|old|"
    "existing|current|user"
)
_RECORD = (
    "profile|information|info|data|records?|details|particulars|facts|entries|notes|memories|"
    "knowledge|dossier|bio|stuff"
)
_OF_SOMEBODY = lazy_pattern(
    rf"^(?:(?:all|any|every|everything|each)(?: of)? )?(?P<name>.+?)(?:['’]s|(?<=s)['’])?"
    rf"(?P<record>(?:\s+(?:{_OWN}))*(?:\s+(?:{_RECORD}))+)$",
    re.IGNORECASE,
)
_RECORD_OF = lazy_pattern(
    rf"^(?:(?:all|any|every)(?: of)? )?(?:the )?(?P<record>(?:(?:{_OWN})\s+)*"
    rf"(?:(?:{_RECORD})\s+)+)(?:of|on|about|for|regarding|concerning)\s+(?P<name>.+)$",
    re.IGNORECASE,
)
_OWNED = lazy_pattern(r"^(?P<name>.+?)(?:['’]s|(?<=s)['’])\s+(?P<aspect>.+)$")
_ASPECT_OF = lazy_pattern(r"^(?:the )?(?P<aspect>[^A-Z\d]+?)\s+(?:of|for)\s+(?P<name>.+)$")
_NAME_FIRST = lazy_pattern(r"^(?P<name>(?:[A-Z][\w-]*\s+)+)(?P<aspect>[a-z][^A-Z\d]*)$")


def bare(text: str) -> str:
    """What the order is about: "please update my address" is about "my address".

    Words that only order go: courtesies, a leading verb of correcting or releasing,
    and what stands for the memory itself ("what you know of", "the entry about").
    """
    return _less(text, _AHEAD, _AHEAD, _AHEAD, _VERB, _OBJECT, _BEHIND, _BEHIND)


def bare_of_verb(text: str) -> str:
    """The order without courtesies and its verb."""
    return _less(text, _AHEAD, _AHEAD, _AHEAD, _VERB, _BEHIND, _BEHIND)


def _less(text: str, *patterns: re.Pattern[str]) -> str:
    """The text without what each pattern finds first, as long as a word is left."""
    said = text.strip()
    for pattern in patterns:
        left = pattern.sub("", said, count=1).strip()
        said = left if any(c.isalnum() for c in left) else said
    return said


def all_about(text: str) -> tuple[str, str | None] | None:
    """Whom or what "everything about X but Y" names, X and Y; None where one thing is meant."""
    said = bare_of_verb(text).rstrip(" .!?")
    found = _ALL.match(said) or _MENTIONS.match(said)
    if found is None:
        return _of_record(said)
    about, but = found["about"], None
    if spared := _EXCEPT.search(about):
        about, but = about[: spared.start()], spared["but"]
    return about.strip(" ,;"), but


def _of_record(said: str) -> tuple[str, None] | None:
    """Whom "the information about Ada the pilot" names, where more than a name is said of her."""
    found = _RECORD_OF.match(said)
    if found is None or is_name(found["name"]) or not _NAME.match(found["name"].split()[0]):
        return None
    return found["name"].strip(" ,;"), None


def undetermined(about: str) -> str:
    """The name without an article or a possessive in front."""
    return _DETERMINED.sub("", about)


def is_name(text: str) -> bool:
    """Whether a text is a name, or an identifier, and nothing else: "Ada Byron", "JIRA-123"."""
    said = undetermined(text.strip(" .!?\"'")).split()
    return 0 < len(said) <= 4 and all(_NAME.match(word) for word in said)


def names_of_all(about: str) -> list[str]:
    """What "everything about my sister Ada" may be named by: as said, and Ada by herself."""
    said = undetermined(about)
    found = [about, said]
    words = said.split()
    named = [n for n, word in enumerate(words) if _NAME.match(word)]
    if named and named[-1] - named[0] == len(named) - 1:
        others = [w for n, w in enumerate(words) if n not in named]
        if all(w.isalpha() and w not in _RELATING for w in others):
            found.append(" ".join(words[named[0] : named[-1] + 1]))
    return list(dict.fromkeys(found))


def record_of(text: str) -> tuple[str, str] | None:
    """Whose record is named, and by what words: "Ada's profile data"; None where no name is."""
    said = bare_of_verb(text).rstrip(" .!?")
    found = _RECORD_OF.match(said) or _OF_SOMEBODY.match(said)
    if found is None or not is_name(found["name"]):
        return None
    return undetermined(found["name"].strip()), found["record"].strip()


def aspect_of(about: str) -> tuple[str, str] | None:
    """Of whom what is named: of "Ada's languages" Ada and languages; None of anything else."""
    said = about.strip(" .!?\"'")
    found = _OWNED.match(said) or _ASPECT_OF.match(said) or _NAME_FIRST.match(said)
    if found is None or not is_name(found["name"].strip()):
        return None
    return undetermined(found["name"].strip()), undetermined(found["aspect"].strip())
