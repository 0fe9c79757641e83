"""Whom a name means: what goes with it, and the siblings that stay."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

import engrammic
from engrammic.errors import InvalidInput
from engrammic.mentions.plain import plain
from engrammic.mentions.sounds import sounds_like
from engrammic.mentions.subjects import Subjects

CASES = [
    ("a.d.a", ["a.d.a paid", "ada"], ["adam", "a.d.a.m"]),
    ("Ada", ["Adaさんは", "A.D.A is in"], ["Adamさんは"]),
    (
        "Alice Okafor",
        [
            "Alice Okafor came. She sat.",
            "A. Okafor paid",
            "Ms. Okafor rang",
            "Okafor, Alice",
            "Then Okafor left",
        ],
        ["Alicia was there", "Alice likes tea"],
    ),
    (
        "Alice Okafor",
        ["Alice Okafor came. She sat."],
        ["A. Okafor paid", "Ms. Okafor rang", "Anna Okafor is here", "Okafor left"],
    ),
    ("Saltmarsh Point", ["at Saltmarsh Point"], ["Point taken", "Saltmarsh Pier"]),
    ("Margaret", ["Margaret, called Peg, came", "Peg sings"], []),
    (
        "Alice Okafor",
        ["Alice Okafor called Monday", "Alice Okafor (Berlin)"],
        ["Berlin is big", "Monday"],
    ),
    (
        "Maximilian Brandauer",
        [
            'Met Maximilian "Maxi" Brandauer',
            "Maxi Brandauer asked",
            "Maximilian Brandauer",
            "Maxi left",
        ],
        ["Max Brandt"],
    ),
    ("Maximilian Brandauer", ["Maximilian (Maxi) Brandauer", "Maxi left"], ["Max Brandt"]),
    (["Bob", "bob@x.com"], ["Bob is", "write bob@x.com"], ["Bobby", "bob2@x.com"]),
    (
        "Alice M. Okafor",
        ["Alice Okafor", "Alice M. Okafor", "Alice Mary Okafor"],
        ["Alice B. Okafor"],
    ),
    ("Ana Lopez", ["Ana Lopez"], ["Ana Maria Lopez", "Ana Sofia Lopez"]),
    ("+44 7700 900318", ["call 07700900318"], ["call 07700900319"]),
    (
        "Wang Xiaoming",
        ["我见到王小明了", "王小明", "Xiaoming Wang? no, Wang Xiaoming"],
        ["王小红", "我见到王小名字"[:5] + "红", "李小明"],
    ),
    (
        "王小明",
        ["Wang Xiaoming came", "Xiaoming Wang came", "Wang Xiao-Ming", "昨天王小明说"],
        ["Wang Xiaohong", "王小红", "Wang Xiaomings"],
    ),
    ("王明", ["王明说他来", "王明，你好"], ["王明华来了"]),
    (
        "김민수",
        ["김민수는 왔다", "Kim Min-su came", "Minsu Kim", "김민수 씨가"],
        ["김민서는", "Kim Minseo", "김민수정은"],
    ),
    ("Kim Min-su", ["김민수는 왔다", "Kim Min-su"], ["김민서는", "이민수"]),
    ("Park Ji-young", ["박지영이 왔다"], ["박지용이"]),
    (
        "Dmitry Sokolov",
        ["Дмитрий Соколов пришёл", "Соколов Дмитрий", "Dmitry Sokolov"],
        ["Dmitri Sokolov", "Дмитрий Соколова", "Dimitar Sokolov"],
    ),
    (
        "Дмитрий Соколов",
        ["Dmitri Sokolov came", "Sokolov, Dmitry", "Дмитрий Соколов"],
        ["Dmitri Sokolova", "Дмитрий Соколовский"],
    ),
    ("Muhammad Ali", ["قابلت محمد علي أمس"], ["محمد علاء", "محمود علي"]),
    ("Yosef Cohen", ["פגשתי את יוסף כהן"], ["יוסף לוי"]),
    ("Rajesh Sharma", ["राजेश शर्मा आए"], ["राकेश शर्मा"]),
    ("タナカ", ["タナカさん", "Tanaka came"], ["タナカヤ"]),
    ("alice@пример.рф", ["alice@пример.рф"], ["alice@пример.рфa"]),
    ("BKX7781", ["B-KX 7781"], ["B-KX 7718"]),
    ("J.I.R.A-123", ["JIRA-123"], ["JIRA-1234"]),
]
INTRODUCED = [
    "Margaret Hale, called Peg, came",
    "Margaret Hale (known as Peg)",
    "Margaret Hale goes by Peg",
    "Margaret Hale, a.k.a. Peg",
    'Margaret "Peg" Hale',
    "Margaret Hale came. Everyone calls her Peg.",
    "Margaret Hale's nickname is Peg",
    "Peg, short for Margaret Hale",
    "Peg (real name Margaret Hale)",
    "Margaret Hale joined. She goes by Peg.",
    "Margaret Hale, whom everybody calls Peg",
    "Margaret Hale prefers to be called Peg",
]


def named(subject: str | Sequence[str], texts: Sequence[str]) -> list[str]:
    told = [plain(text) for text in texts]
    subjects = Subjects([subject] if isinstance(subject, str) else subject)
    for text in told:
        subjects.observe(text)
    if subjects.settle():
        for text in told:
            subjects.contest(text)
    return [text for text, plainly in zip(texts, told, strict=True) if subjects.speaks(plainly)]


@pytest.mark.parametrize(("subject", "goes", "stays"), CASES)
def test_a_name_takes_its_own_and_no_sibling(
    subject: str | list[str], goes: list[str], stays: list[str]
) -> None:
    assert named(subject, [*goes, *stays]) == goes


@pytest.mark.parametrize("text", INTRODUCED)
def test_a_nickname_that_a_memory_introduces_goes_too(text: str) -> None:
    assert named("Margaret Hale", [text, "Peg sings", "peg in a hole"]) == [text, "Peg sings"]


@pytest.mark.parametrize("rival", ["Peg Brown too", "Joan, called Peg, too", "we met in Peg"])
@pytest.mark.parametrize("text", INTRODUCED)
def test_a_nickname_that_is_somebody_elses_stays(text: str, rival: str) -> None:
    assert named("Margaret Hale", [text, "Peg sings", rival]) == [text]


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Alice Okafor", "Alicia Okafor"), ("Alice Okafor", "Alice and Bob Okafor"),
        ("Alice Okafor", "Okafor Alice"), ("Alice Okafor", "Alice Okafor-Smith"),
        ("Ann", "Anna"), ("Ann", "Anne"), ("Ann", "Ann-Marie"), ("Ann", "ann_1"),
        ("Ann", "ann.smith"), ("Ann", "bob@ann.com"), ("Rose", "Prices rose"),
        ("Muller", "Mueller"), ("Adam", "Adams"), ("Dr Who", "who is it"),
    ],
)  # fmt: skip
def test_what_only_looks_like_a_name_is_none(subject: str, text: str) -> None:
    assert named(subject, [text]) == []


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Alice Okafor", "Alice Mary Okafor"), ("Alice Okafor", "OKAFOR Alice"),
        ("Alice Okafor", "alice okafor's"), ("Ann", "Ann-led"), ("Ann", "met ann"),
        ("Müller", "Mueller"), ("O’Brien", "O'Brien's"), ("parser", "the parsers"),
        ("Prof. Weatherby", "Weatherby's"), ("Tarnwell Logistics GmbH", "Tarnwell Logistics"),
    ],
)  # fmt: skip
def test_a_name_is_known_as_people_write_it(subject: str, text: str) -> None:
    assert named(subject, [text]) == [text]


@pytest.mark.parametrize(
    ("latin", "other"),
    [
        ("Alexey", "Алексей"), ("Tchaikovsky", "Чайковский"), ("Yeltsin", "Ельцин"),
        ("Hryhoriy", "Григорій"), ("Papadopoulou", "Παπαδοπούλου"), ("Costas", "Κώστας"),
        ("Youssef", "يوسف"), ("Ahmed", "أحمد"), ("Cohen", "כהן"), ("Deepika", "दीपिका"),
        ("Tanaka", "タナカ"),
    ],
)  # fmt: skip
def test_a_name_sounds_the_same_in_another_script(latin: str, other: str) -> None:
    assert sounds_like(latin, other)
    assert sounds_like(other, latin)


@pytest.mark.parametrize(
    ("latin", "other"),
    [
        ("Dimitar", "Дмитрий"), ("Sokolova", "Соколов"), ("Alina", "Алиса"), ("Mahmoud", "محمد"),
        ("Ala", "علي"), ("Hussein", "حسن"), ("Asif", "يوسف"), ("Rakesh", "राजेश"),
        ("Priyanka", "प्रिया"), ("Elena", "Ελένη"), ("Dmitri", "Dmitry"), ("Дмитро", "Дмитрий"),
    ],
)  # fmt: skip
def test_other_names_and_names_of_one_script_are_not_loosened(latin: str, other: str) -> None:
    assert not sounds_like(latin, other)


async def test_several_spellings_are_forgotten_at_once() -> None:
    async with engrammic.open("memory:") as memory:
        for text in ("Bob is in", "write bob@example.org", "Bobby stays"):
            await memory.remember(text)
        report = await memory.forget(subject=["Bob", "bob@example.org"], scan=False)
        assert report.forgotten == 2
        with pytest.raises(InvalidInput):
            await memory.forget(subject=[])
