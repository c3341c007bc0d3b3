from html.parser import HTMLParser
from pathlib import Path

import pytest

from stages.report.page import render


@pytest.fixture(scope="module")
def page(template: Path) -> str:
    return render(template)


def test_x(page):
    Path("/tmp/report-fixture.html").write_text(page)
