from stages.report.cards import Library, read_curves, read_table, scaled_down
from stages.report.embed import Budget


def test_curves_begin_with_the_loss_and_leave_out_empty_columns(repository):
    curves = read_curves(repository / "data/models/clip/curves.csv")
    assert [curve.name for curve in curves] == ["loss", "learning_rate"]
    assert read_curves(repository / "data/models/whisper/curves.csv") == ()


def test_a_table_brings_the_samples_its_keys_name(repository):
    data = repository / "data"
    table = read_table(data / "evals/clip/pages/tables/retrieved.csv", Library(data), Budget(100_000))
    assert table.columns == ("rank", "caption")
    assert table.numeric == (True, False)
    assert table.illustrated
    assert [sample is not None for sample in table.samples] == [True, False]


def test_a_long_table_is_cut_and_says_so(repository, tmp_path):
    path = tmp_path / "long.csv"
    path.write_text("word,error\n" + "".join(f"w{row},0.123456\n" for row in range(60)))
    table = read_table(path, Library(repository / "data"), Budget(0))
    assert (len(table.rows), table.more) == (48, 12)
    assert table.rows[0] == ("w0", "0.123")
    assert not table.illustrated


def test_an_empty_table_is_a_table(repository, tmp_path):
    (tmp_path / "empty.csv").write_text("key,rank\n")
    table = read_table(tmp_path / "empty.csv", Library(repository / "data"), Budget(0))
    assert (table.columns, table.rows) == ((), ())


def test_what_is_scaled_down_is_one_section_without_html_or_pictures(repository):
    html = scaled_down((repository / "stages/systems/clip/README.md").read_text())
    assert html is not None
    assert "<strong>224</strong>" in html
    assert "<td></td>\n<th>paper</th>" in html
    assert "not this" not in html
    assert "<script>" not in html
    assert "<img" not in html


def test_a_readme_without_the_section_says_nothing():
    assert scaled_down("# Clip\n\nText.") is None
