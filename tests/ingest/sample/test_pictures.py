import io
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from stages.ingest.sample import clipart
from stages.ingest.sample.clipart import Drawing, choose, file_name, read_drawing, tsv
from stages.ingest.sample.emoji import code, read_concepts
from stages.ingest.sample.pictures import COLOURS, encode, flatten

SVG = """<svg xmlns="http://www.w3.org/2000/svg"><metadata>
<rdf:RDF xmlns:cc="http://web.resource.org/cc/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><cc:Work rdf:about="">
<dc:creator><cc:Agent><dc:title>A Person</dc:title></cc:Agent></dc:creator>{title}
<dc:subject><rdf:Bag><rdf:li>fruit</rdf:li><rdf:li></rdf:li><rdf:li>fruit</rdf:li></rdf:Bag></dc:subject>
<cc:license rdf:resource="http://web.resource.org/cc/{licence}"/></cc:Work></rdf:RDF></metadata></svg>"""


def drawing(path, **fields):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        SVG.format(**{"title": "<dc:title>An\n apple</dc:title>", "licence": "PublicDomain"} | fields)
    )
    return path


def test_transparency_becomes_white():
    assert flatten(Image.new("RGBA", (2, 2), (9, 9, 9, 0))).getpixel((0, 0)) == (255, 255, 255)


def test_few_colours_survive_and_many_become_a_palette():
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    flat = Image.new("RGB", (64, 64), (10, 200, 30))
    assert Image.open(io.BytesIO(encode(flat))).convert("RGB").getpixel((5, 5)) == (10, 200, 30)
    coded = Image.open(io.BytesIO(encode(Image.fromarray(noise))))
    assert len(coded.convert("RGB").getcolors(4096)) <= COLOURS
    assert encode(flat) == encode(flat)


@pytest.mark.parametrize("spelling", ["23-FE0F-20E3", "0023-20e3", "0023_fe0f_20e3"])
def test_packages_spell_a_code_in_different_ways(spelling):
    assert code(spelling) == "0023-20e3"


@given(st.lists(st.integers(0x23, 0x1FFFF).filter(lambda point: point != 0xFE0F), min_size=1, max_size=4))
def test_a_code_is_its_own_code(points):
    once = code("-".join(f"{point:x}" for point in points))
    assert code(once.upper()) == once


def test_concepts_are_the_grouped_entries(tmp_path):
    path = tmp_path / "package/en/data.json"
    path.parent.mkdir(parents=True)
    entries = [
        {"hexcode": "1F1E6", "label": "regional indicator A"},
        {"hexcode": "2600-FE0F", "label": "sun", "tags": ["bright", "rays"], "group": 4, "skins": []},
    ]
    path.write_text(json.dumps(entries))
    assert list(read_concepts(tmp_path)) == [("2600", "sun", ("bright", "rays"))]


def test_a_drawing_has_its_own_title_not_its_creators(tmp_path):
    found = read_drawing(drawing(tmp_path / "food/fruit/a.svg"), tmp_path)
    assert found == Drawing(tmp_path / "food/fruit/a.svg", "food/fruit", "An apple", ("fruit",))
    untitled = read_drawing(drawing(tmp_path / "food/b.svg", title=""), tmp_path)
    assert untitled is not None
    assert untitled.title == ""


def test_what_is_not_in_the_public_domain_is_left_out(tmp_path):
    assert read_drawing(drawing(tmp_path / "a.svg", licence="GPL/2.0"), tmp_path) is None
    broken = tmp_path / "b.svg"
    broken.write_text("<svg>")
    assert read_drawing(broken, tmp_path) is None


def test_whole_titles_are_drawn_and_the_empty_one_first(tmp_path):
    titles = ["Star"] * 30 + ["star", ""] + [f"t{number}" for number in range(40)]
    drawings = [
        Drawing(tmp_path / f"{number:03}.svg", "shapes", title, ()) for number, title in enumerate(titles)
    ]
    assert [each.title for each in choose(drawings, 1)] == [""]
    chosen = choose(drawings, 1000)
    assert sum(each.title.lower() == "star" for each in chosen) == 12
    assert chosen == choose(drawings[::-1], 1000)


def test_a_picture_that_cannot_be_drawn_is_passed_over(tmp_path, monkeypatch):
    def refuse(svg, width):
        raise ValueError("no size")

    monkeypatch.setattr(clipart, "draw", refuse)
    assert clipart.render(drawing(tmp_path / "a.svg")) is None
    monkeypatch.setattr(clipart, "draw", lambda svg, width: Image.new("RGBA", (width, 10_000)))
    assert clipart.render(tmp_path / "a.svg") is None
    monkeypatch.setattr(clipart, "draw", lambda svg, width: Image.new("RGBA", (width, 3)))
    assert clipart.render(tmp_path / "a.svg") is not None


def test_names_are_plain(tmp_path):
    name = file_name(Drawing(tmp_path / "Fly & Co.v2.svg", "animals/bugs", "", ()))
    assert name == "animals-bugs-fly_co.v2.png"


def test_tabs_and_quotes_survive_a_tsv():
    assert tsv([("file", "title"), ("a.png", 'a "b"\tc')]) == 'file\ttitle\na.png\t"a ""b""\tc"\n'
