"""What holds for any machine: knowing less never says more, and nobody saves more than is paid."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from finops_lib.analyses.savings.resources import Utilisation
from tests.analyses.rightsizing.machines import estate, found_in, hours_row, machine, price_row, quiet, shape, used

_TYPES = ("m5.large", "m5.xlarge", "m5.4xlarge", "c5.2xlarge", "r5.xlarge", "t3.large", "m4.xlarge")
_AN_HOUR = {"m5": 0.012, "c5": 0.02125, "r5": 0.007875, "t3": 0.0104, "m4": 0.0125, "m6i": 0.012, "m5a": 0.01075}
_PRICES = [
    price_row(name, price * shape(name).memory_gib, price * shape(name).memory_gib * 0.9)
    for name, price in ((f"{family}.large", price) for family, price in _AN_HOUR.items())
]
_percent = st.floats(0.1, 29.0)


@st.composite
def use(draw: st.DrawFn) -> dict[str, Utilisation]:
    """Give the metrics of a machine: quiet enough to be a candidate, anything otherwise."""
    mean = draw(st.floats(0.1, 19.0))
    p95 = draw(st.floats(mean, 29.9))
    p99_5 = draw(st.floats(p95, 100.0))
    found = quiet(mean=mean, p95=p95, p99=(p95 + p99_5) / 2, p99_5=p99_5, maximum=draw(st.floats(p99_5, 100.0)))
    found["memory"] = used("memory", level=draw(st.floats(1.0, 99.0)))
    for name in ("network_in", "network_out", "disk_read_bytes", "disk_write_bytes"):
        found[name] = used(name, unit="bytes/s", level=draw(st.floats(0.0, 2e8)))
    for name in ("disk_read_ops", "disk_write_ops"):
        found[name] = used(name, unit="ops/s", level=draw(st.floats(0.0, 5000.0)))
    return found


def _advice(machine_type: str, known: dict[str, Utilisation], environment: str, hourly: list[float] | None):  # type: ignore[no-untyped-def]
    one = machine(machine_type, utilisation=known, environment=environment, monthly=10_000.0)
    an_hour = _AN_HOUR[machine_type.partition(".")[0]] * shape(machine_type).memory_gib
    rows = [hours_row(one, machine_type, an_hour)]
    hours = None if hourly is None else {"i-1": hourly}
    return one, rows[0], found_in(estate([one], hours=rows, prices=_PRICES, hourly=hours))


@settings(max_examples=60, deadline=None)
@given(
    machine_type=st.sampled_from(_TYPES),
    known=use(),
    environment=st.sampled_from(["", "prod", "dev"]),
    hourly=st.lists(_percent, min_size=40, max_size=80),
    missing=st.sets(
        st.sampled_from(["cpu", "memory", "network_in", "network_out", "disk_read_bytes", "disk_write_ops", "hours"]),
        min_size=1,
    ),
)
def test_one_metric_less_never_says_more_nor_is_surer(
    machine_type: str, known: dict[str, Utilisation], environment: str, hourly: list[float], missing: set[str]
) -> None:
    _, _, whole = _advice(machine_type, known, environment, hourly)
    less = {name: metric for name, metric in known.items() if name not in missing}
    _, _, part = _advice(machine_type, less, environment, None if "hours" in missing else hourly)
    assert len(part) <= len(whole)
    for hit in part:
        # What is still advised was already possible: nothing saves more, and the same target is no surer.
        assert hit.monthly_savings <= whole[0].monthly_savings
        if hit.target == whole[0].target:
            assert hit.confidence <= whole[0].confidence


@settings(max_examples=60, deadline=None)
@given(
    machine_type=st.sampled_from(_TYPES),
    known=use(),
    environment=st.sampled_from(["", "prod", "dev"]),
    has_agent=st.booleans(),
)
def test_no_target_has_less_memory_than_is_needed_and_none_saves_more_than_the_hours_cost(
    machine_type: str, known: dict[str, Utilisation], environment: str, has_agent: bool
) -> None:
    if not has_agent:
        del known["memory"]
    _, row, found = _advice(machine_type, known, environment, [5.0] * 48)
    for hit in found:
        target, current = shape(hit.target), shape(machine_type)
        if has_agent:
            assert target.memory_gib >= known["memory"].maximum / 100 * current.memory_gib * (1 - 1e-9)
        else:
            assert target.memory_mib >= current.memory_mib
        # thirty days of hours, in a month of 365/12
        effective = row["effective_cost"]
        assert isinstance(effective, Decimal)
        a_month = effective * 365 / 12 / 30
        assert Decimal(0) < hit.monthly_savings <= a_month
        assert hit.cash_savings_12m is not None
        assert hit.cash_savings_12m <= 12 * a_month
        assert target.vcpus * 4 >= current.vcpus
