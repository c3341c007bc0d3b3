"""The page as a whole: the same bytes twice, no request, no markup from captions, holes where files miss."""

import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from stages.core.errors import BadConfigError
from stages.report.page import missing_outs, render
from stages.report.pipeline import read_stages

LOADING = {"src", "srcset", "poster", "data", "background", "action", "formaction", "ping", "manifest"}
VOID = {"meta", "link", "img", "br", "hr", "input", "path", "circle", "rect", "polyline", "col"}


class Page(HTMLParser):
    """What a browser would see: tags, attributes, text, ids, and whether the tags are balanced."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.unbalanced: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.unbalanced.append(tag)

    def handle_data(self, data):
        self.text.append(data)

    @property
    def ids(self) -> list[str]:
        return [attrs["id"] for _, attrs in self.tags if "id" in attrs]


@pytest.fixture(scope="module")
def html(template: Path) -> str:
    return render(template)


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_two_places_give_the_same_bytes(html, repository):
    assert render(repository) == html


def test_a_process_with_another_hash_seed_gives_the_same_bytes(html, template):
    code = "import sys; from pathlib import Path; from stages.report.page import render; "
    code += "sys.stdout.buffer.write(render(Path(sys.argv[1])).encode())"
    argv = [sys.executable, "-c", code, str(template)]
    run = subprocess.run(
        argv, capture_output=True, check=True, env={"PYTHONHASHSEED": "4711", "TZ": "Asia/Tokyo"}
    )
    assert run.stdout.decode() == html


def test_nothing_is_loaded_from_elsewhere(page):
    for tag, attrs in page.tags:
        loads = LOADING | (
            {"href", "xlink:href"} if tag in ("link", "image", "use", "base", "iframe") else set()
        )
        for name in loads & attrs.keys():
            assert attrs[name].startswith("data:"), f"<{tag} {name}={attrs[name][:60]}>"
    assert "link" not in {tag for tag, _ in page.tags}


def test_style_and_script_load_nothing(html):
    style = html[html.index("<style>") : html.index("</style>")]
    script = html[html.rindex("<script>") :]
    for word in ("@import", "url(", "http:", "https:", "//cdn"):
        assert word not in style
    for word in ("fetch", "XMLHttpRequest", "import(", "http:", "https:", "eval", "innerHTML"):
        assert word not in script


def test_the_policy_allows_the_one_script_and_no_request(html, page):
    policy = next(attrs["content"] for tag, attrs in page.tags if attrs.get("http-equiv"))
    assert "default-src 'none'" in policy
    assert re.search(r"script-src 'sha256-[A-Za-z0-9+/]{43}='", policy)
    assert [tag for tag, _ in page.tags].count("script") == 1


def test_hostile_captions_are_text(html, page):
    assert not any(name.startswith("on") for _, attrs in page.tags for name in attrs)
    assert "alert('owned')" in "".join(page.text)
    assert "<script>alert" not in html
    for forbidden in ("\x00", "\u202e"):
        assert forbidden not in html


def test_markup_is_balanced_and_ids_are_unique(page):
    assert page.unbalanced == []
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))


def test_links_inside_the_page_lead_somewhere(page):
    targets = [attrs["href"][1:] for tag, attrs in page.tags if tag == "a" and attrs["href"].startswith("#")]
    assert targets
    assert set(targets) <= set(page.ids)


def test_everything_that_is_seen_can_be_heard(page):
    assert all("alt" in attrs for tag, attrs in page.tags if tag == "img")
    assert all(attrs.get("aria-label") for tag, attrs in page.tags if tag == "audio")
    drawings = [attrs for tag, attrs in page.tags if tag == "svg" and "aria-hidden" not in attrs]
    assert drawings
    assert all(attrs.get("aria-label") or attrs.get("aria-labelledby") for attrs in drawings)
    assert next(attrs["lang"] for tag, attrs in page.tags if tag == "html") == "en"


def test_headings_leave_out_no_level(page):
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_samples_drops_and_timings_are_there(html, page):
    text = "".join(page.text)
    for expected in (
        "near duplicate of a picture of thing 3",
        "too small",
        "speech rate",
        "in English: ",
        "fr-june",
    ):
        assert expected in text
    starts = [attrs["data-start"] for _, attrs in page.tags if "data-start" in attrs]
    assert {"0.0", "0.5"} <= set(starts)
    assert html.count("data:audio/flac;base64,") == 6


def test_claims_stand_beside_the_papers_figures(page):
    text = " ".join("".join(page.text).split())
    for expected in (
        "76.2 % on ImageNet",
        "does not hold",
        "four sizes of the model",
        "0.125",
        "chance 0.0029",
    ):
        assert expected in text


def test_all_ten_systems_are_named_and_unbuilt_ones_say_so(page):
    text = "".join(page.text)
    for name in ("whisper", "clip", "glide", "empowerment"):
        assert name in page.ids
    assert "Not built yet" in text
    assert "Trained, and not evaluated" in text


def test_size_is_bounded(html):
    assert len(html.encode()) < 12_000_000


@pytest.mark.parametrize(
    "gone",
    [
        "data/evals", "data/models", "data/shards", "data/filtered", "data/ingested", "data", "dvc.lock",
        "data/models/clip/curves.csv", "data/models/clip/weights", "data/evals/clip/pages/claims.json",
        "data/shards/speech", "stages",
    ],
)  # fmt: skip
def test_what_is_missing_is_a_hole(repository, gone):
    path = repository / gone
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    page = Page(render(repository))
    assert page.unbalanced == []
    assert set(BUILT) <= set(page.ids)


BUILT = ("clip", "whisper")


def test_stages_that_left_nothing_are_named(repository):
    shutil.rmtree(repository / "data" / "evals" / "clip" / "pages")
    missing = missing_outs(repository, read_stages(repository))
    assert missing == {"evaluate@clip", "evaluate@whisper", "train@whisper"}


def test_a_broken_pipeline_file_is_named(repository):
    (repository / "dvc.yaml").write_text("stages: [")
    with pytest.raises(BadConfigError, match=r"dvc\.yaml"):
        render(repository)
