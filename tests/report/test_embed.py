import io

from PIL import Image

from stages.report.embed import Budget, thumbnail


def png(size: tuple[int, int]) -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise(size, 100).convert("RGBA").save(buffer, "PNG")
    return buffer.getvalue()


def test_a_small_picture_is_embedded_as_it_is():
    content = png((48, 32))
    assert thumbnail(content, "png") == (content, "png")


def test_a_large_picture_becomes_a_thumbnail():
    content, extension = thumbnail(png((800, 400)), "png")
    assert extension == "jpg"
    with Image.open(io.BytesIO(content)) as picture:
        assert picture.size == (192, 96)


def test_a_budget_is_never_overdrawn():
    budget = Budget(200)
    assert budget.take(b"x" * 100, "svg") is not None
    assert budget.take(b"x" * 100, "svg") is None
    assert budget.left >= 0
    assert budget.take(b"", "svg") == "data:image/svg+xml;base64,"
