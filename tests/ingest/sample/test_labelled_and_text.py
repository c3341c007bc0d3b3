import gzip
import json
import struct
import zlib

import numpy as np
import pytest

from stages.core.errors import BadDataError
from stages.ingest.sample.labelled import idx, read_digits
from stages.ingest.sample.parts import write_gzip
from stages.ingest.sample.text import is_pair, paragraphs, plain, read_glosses, read_pairs, read_verses


def test_idx_has_the_published_header():
    content = idx(np.arange(12, dtype=np.uint8).reshape(2, 3, 2))
    assert content[:16] == bytes.fromhex("00000803 00000002 00000003 00000002")
    assert content[16:] == bytes(range(12))


def test_digits_are_rounded_back_to_bytes(tmp_path):
    path = tmp_path / "3.json"
    path.write_text(json.dumps({"data": [0.0, 1.0, 0.502] + [0] * 781}))
    digits = read_digits(path)
    assert digits.shape == (1, 28, 28)
    assert digits[0, 0, :3].tolist() == [0, 255, 128]


@pytest.mark.parametrize("data", [[0.0] * 783, [2.0] * 784])
def test_other_numbers_are_refused(tmp_path, data):
    path = tmp_path / "3.json"
    path.write_text(json.dumps({"data": data}))
    with pytest.raises(BadDataError, match=r"3\.json: data"):
        read_digits(path)


def test_gzip_has_no_time_and_no_name(tmp_path):
    write_gzip(tmp_path / "a.gz", b"text")
    write_gzip(tmp_path / "b.gz", b"text")
    content = (tmp_path / "a.gz").read_bytes()
    assert content == (tmp_path / "b.gz").read_bytes()
    assert content[3:8] == bytes(5)
    assert gzip.decompress(content) == b"text"


PAGE = """<html><body><h1 id="hd_id1">Filter</h1><p id="par_id2">Use the <b>Standard<br>Filter</b> &amp; more.
<span id="other">Now.</span></p><p id="DEBUG">no</p><p id="par_id3"><img src="x"> </p></body></html>"""


def test_paragraphs_with_an_identifier_are_found_whole():
    assert paragraphs(PAGE) == {"hd_id1": "Filter", "par_id2": "Use the StandardFilter & more. Now."}


def test_pages_are_joined_by_identifier(tmp_path):
    for language, text in (("en", "Opens a new file."), ("fr", "Ouvre un nouveau fichier.")):
        (tmp_path / language / "a").mkdir(parents=True)
        (tmp_path / language / "a/b.html").write_text(
            f'<p id="par_id1">{text}</p><p id="par_id2">Same here now</p>'
        )
    (tmp_path / "en/only.html").write_text('<p id="par_id1">Not translated at all.</p>')
    pairs = list(read_pairs(tmp_path / "en", tmp_path / "fr"))
    assert pairs == [("Opens a new file.", "Ouvre un nouveau fichier.")]


@pytest.mark.parametrize(
    ("source", "target", "paired"),
    [
        ("one two three", "un deux trois", True),
        ("one two", "un deux trois", False),
        ("one two three", "a b c", False),
        ("word " * 41, "mot " * 41, False),
    ],
)
def test_a_pair_is_two_sentences_of_like_length(source, target, paired):
    assert is_pair(source, target) is paired


def test_glosses_stand_behind_the_bar(tmp_path):
    for kind in ("adj", "adv", "noun", "verb"):
        (tmp_path / f"data.{kind}").write_text(
            '  1 licence | not this\n0001 02 r 01 x 0 000 | a  sense; "so"  \n'
        )
    assert list(read_glosses(tmp_path)) == ['a sense; "so"'] * 4


def test_markup_and_notes_go_and_words_stay_apart():
    assert (
        plain('<w>God</w><note n="1">Or, x.</note> created<note>y</note>, <title>T</title>it.')
        == "God created, it."
    )


def test_verses_are_cut_from_their_blocks(tmp_path):
    block = b"In the beginning.<note>n</note>And then."
    packed = zlib.compress(block)
    first = block.index(b"And")
    (tmp_path / "ot.bzz").write_bytes(packed)
    (tmp_path / "ot.bzs").write_bytes(struct.pack("<III", 0, len(packed), len(block)))
    verses = [(0, 0, 0), (0, 0, first), (0, first, len(block) - first)]
    (tmp_path / "ot.bzv").write_bytes(b"".join(struct.pack("<IIH", *verse) for verse in verses))
    assert list(read_verses(tmp_path, "ot")) == ["In the beginning.", "And then."]
