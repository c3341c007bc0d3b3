"""What is said in Asterisk's recordings of single words.

The packages carry no transcripts. Asterisk's own file convention fixes the meaning of `digits/7`,
`digits/day-0` (Sunday), `digits/mon-0` (January) and `letters/q`; the spelling here is written by hand.
Letters are written as the letter, whatever its name in the language; the Russian voice's are left out, since
it names Latin letters, and it is not clear by which names. Russian months are in the genitive, as in a date,
which is how they were recorded.

Spelling alphabets differ between voices (NATO's, or "a come ancona"). An entry is here only where acoustic
evidence picked it from the usual alternatives; README.md of the part says how. Nobody's ear checked them.
"""

from typing import Literal, NamedTuple

Kind = Literal["digit", "letter", "phonetic", "day", "month"]
LETTERS = "abcdefghijklmnopqrstuvwxyz"
_LATIN = ("en", "es", "fr", "it")


class Word(NamedTuple):
    """A recording's name below a voice's folder, without extension, and what is said in it."""

    recording: str
    kind: Kind
    text: str
    translation: str  # into English


_DIGITS = {
    "en": "zero one two three four five six seven eight nine ten",
    "es": "cero uno dos tres cuatro cinco seis siete ocho nueve diez",
    "fr": "zéro un deux trois quatre cinq six sept huit neuf dix",
    "it": "zero uno due tre quattro cinque sei sette otto nove dieci",
    "ru": "ноль один два три четыре пять шесть семь восемь девять десять",
}
_DAYS = {
    "en": "sunday monday tuesday wednesday thursday friday saturday",
    "es": "domingo lunes martes miércoles jueves viernes sábado",
    "fr": "dimanche lundi mardi mercredi jeudi vendredi samedi",
    "it": "domenica lunedì martedì mercoledì giovedì venerdì sabato",
    "ru": "воскресенье понедельник вторник среда четверг пятница суббота",
}
_MONTHS = {
    "en": "january february march april may june july august september october november december",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "ru": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
}
_NATO_ENGLISH = (
    "alfa bravo charlie delta echo foxtrot golf hotel india juliett kilo lima mike november oscar papa "
    "quebec romeo sierra tango uniform victor whisky x-ray yankee zulu"
)
# By voice: June (fr), Allison (en, es) and the Russian voice say NATO's words, both Italians say cities.
_PHONETIC = {
    "en-allison": dict(zip(LETTERS, _NATO_ENGLISH.split(), strict=True)),
    "es-allison": {
        "a": "alfa", "b": "bravo", "d": "delta", "e": "eco", "i": "india", "k": "kilo", "l": "lima",
        "r": "romeo", "s": "sierra", "t": "tango", "w": "whisky", "x": "x-ray", "y": "yankee", "z": "zulú",
    },
    "fr-june": {
        "a": "alpha", "b": "bravo", "c": "charlie", "d": "delta", "e": "écho", "g": "golf", "h": "hôtel",
        "i": "india", "j": "juliette", "k": "kilo", "l": "lima", "m": "mike", "n": "novembre", "o": "oscar",
        "p": "papa", "q": "québec", "r": "roméo", "s": "sierra", "t": "tango", "u": "uniforme", "v": "victor",
        "w": "whisky", "x": "x-ray", "y": "yankee", "z": "zoulou",
    },
    "ru-ivrvoice": {
        "a": "альфа", "b": "браво", "c": "чарли", "e": "эхо", "f": "фокстрот", "g": "гольф", "i": "индия",
        "k": "кило", "l": "лима", "m": "майк", "n": "новембер", "o": "оскар", "p": "папа", "q": "квебек",
        "r": "ромео", "t": "танго", "u": "юниформ", "v": "виктор", "y": "янки", "z": "зулу",
    },
}  # fmt: skip
_CITIES = (
    "ancona bologna domodossola empoli firenze genova hotel livorno milano napoli otranto roma savona udine "
    "venezia"
)


def words(voice: str) -> list[Word]:
    """Every recording of a voice that the tables can name, sorted by recording.

    Args:
        voice: a folder below `data/sample/speech/words`, its language before the first dash: `it-carlo`.
    """
    language = voice.partition("-")[0]
    listed = [
        *_listed("digits/{}", "digit", _DIGITS, language),
        *_listed("digits/day-{}", "day", _DAYS, language),
        *_listed("digits/mon-{}", "month", _MONTHS, language),
        *(_letters() if language in _LATIN else ()),
        *_spelled(voice),
    ]
    return sorted(listed)


def _listed(pattern: str, kind: Kind, table: dict[str, str], language: str) -> list[Word]:
    pairs = zip(table[language].split(), table["en"].split(), strict=True)
    return [Word(pattern.format(number), kind, text, english) for number, (text, english) in enumerate(pairs)]


def _letters() -> list[Word]:
    return [Word(f"letters/{letter}", "letter", letter, letter) for letter in LETTERS]


def _spelled(voice: str) -> list[Word]:
    if voice.startswith("it-"):
        return [_city(name) for name in _CITIES.split()]
    english = _PHONETIC["en-allison"]
    return [
        Word(f"phonetic/{letter}_p", "phonetic", text, english[letter])
        for letter, text in _PHONETIC.get(voice, {}).items()
    ]


def _city(name: str) -> Word:
    letter = name[0]
    return Word(f"phonetic/{letter}_p", "phonetic", f"{letter} come {name}", f"{letter} as in {name}")
