import math

from hypothesis import given
from hypothesis import strategies as st

from stages.report.charts import CURVE_SIZE, draw_curve, nice_ticks

values = st.floats(min_value=-1e6, max_value=1e6)


@given(st.lists(values, min_size=2, max_size=600))
def test_a_curve_stays_inside_its_drawing(ys):
    curve = draw_curve("loss", [(float(step), y) for step, y in enumerate(ys)])
    assert curve is not None
    assert curve.first is not None
    for point in f"{curve.raw} {curve.smooth}".split():
        x, y = map(float, point.split(","))
        assert 0 <= x <= CURVE_SIZE[0]
        assert -0.1 <= y <= CURVE_SIZE[1]
    assert len(curve.raw.split()) <= 240


@given(values, values)
def test_ticks_are_few_round_and_inside(one, other):
    low, high = sorted((one, other))
    ticks = nice_ticks(low, high, 4)
    slack = 1e-6 * max(1.0, abs(low), abs(high))
    assert 1 <= len(ticks) <= 6
    assert ticks == sorted(ticks)
    assert len(ticks) == 1 or all(low - slack <= tick <= high + slack for tick in ticks)


def test_a_curve_of_nothing_is_none():
    assert draw_curve("loss", []) is None
    assert draw_curve("loss", [(1.0, math.nan), (2.0, 1.0)]) is None


def test_a_flat_curve_is_drawn():
    curve = draw_curve("scale", [(1.0, 3.0), (2.0, 3.0)])
    assert curve is not None
    assert [tick.value for tick in curve.y_ticks] == [3.0]
