import pytest

from stages.core.errors import BadConfigError
from stages.report.picture import NODE_SIZE, draw_pipeline
from stages.report.pipeline import ancestors, essential, feeds, read_stages


def test_foreach_over_a_list_a_mapping_and_parameters(repository):
    stages = read_stages(repository)
    assert list(stages)[:4] == ["ingest@speech", "ingest@images", "filter@speech", "filter@images"]
    assert stages["ingest@images"].deps == ("data/sample/images",)
    assert stages["train@clip"].deps[0] == "data/shards/images/index.parquet"
    assert stages["evaluate@clip"].outs == ("data/evals/clip/pages", "data/evals/clip/metrics.json")
    assert stages["report"].item == ""


def test_who_stands_on_whom(repository):
    sources = feeds(read_stages(repository))
    assert sources["shard@images"] == {"ingest@images", "filter@images"}
    assert ancestors("train@clip", sources) == {"ingest@images", "filter@images", "shard@images"}
    arrows = essential(sources)
    assert ("filter@images", "shard@images") in arrows
    assert ("ingest@images", "shard@images") not in arrows


def test_a_placeholder_without_a_value_is_named(repository):
    (repository / "params.yaml").write_text("seed: 1\n")
    with pytest.raises(BadConfigError, match=r"no value for \$\{ingest\}"):
        read_stages(repository)


@pytest.mark.parametrize("downwards", [False, True])
def test_boxes_do_not_overlap_and_follow_their_sources(repository, downwards):
    sources = feeds(read_stages(repository))
    picture = draw_pipeline(sources, downwards=downwards)
    places = {node.name: (node.x, node.y) for node in picture.nodes}
    assert places.keys() == sources.keys()
    for one, (x, y) in places.items():
        assert 0 <= x <= picture.width - NODE_SIZE[0]
        assert 0 <= y <= picture.height - NODE_SIZE[1]
        for other, (u, v) in places.items():
            assert one == other or abs(x - u) >= NODE_SIZE[0] or abs(y - v) >= NODE_SIZE[1]
    axis = 1 if downwards else 0
    assert all(places[near][axis] < places[far][axis] for far, names in sources.items() for near in names)


def test_a_pipeline_without_stages_is_an_empty_picture():
    assert draw_pipeline({}).nodes == ()
