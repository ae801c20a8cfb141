"""What is said of a machine whose memory nobody measures? Nothing of it gets less, unless its owner allows a guess."""

from __future__ import annotations

from tests.analyses.rightsizing.machines import estate, found_in, hours_row, machine, price_row, quiet, shape

_PRICES = [
    price_row("m5.xlarge", 0.192, 0.192),
    price_row("r5.large", 0.126, 0.126),
    price_row("m5a.xlarge", 0.172, 0.172),
]


def test_without_its_memory_a_machine_gets_no_smaller() -> None:
    unknown = machine(utilisation=quiet(memory=None))
    assert found_in(estate([unknown])) == []


def test_without_its_memory_a_cheaper_type_of_the_same_size_is_advised_and_hardly_sure() -> None:
    prices = [price_row("m5.xlarge", 0.192, 0.192), price_row("m6i.xlarge", 0.172, 0.172)]
    [hit] = found_in(estate([machine(utilisation=quiet(memory=None))], prices=prices))
    # as many vCPUs, as much memory, network and disk; 0.4 for the memory
    assert (hit.target, hit.confidence, hit.is_headline) == ("m6i.xlarge", 0.4, True)
    assert hit.facts["not tested"] == "memory"
    assert "memory unknown" in hit.evidence


def test_a_type_with_as_much_memory_but_fewer_cores_is_no_answer_to_unknown_memory() -> None:
    # r5.large has the 16 GiB of m5.xlarge: whether memory per vCPU is what it needs, is not known.
    found = found_in(estate([machine(utilisation=quiet(memory=None))], prices=_PRICES[:2]))
    assert found == []


def test_an_owner_may_allow_a_guess_of_one_size() -> None:
    allowed = machine(
        "m5.2xlarge", utilisation=quiet(memory=None), tags={"finops:memory-unknown": "allow"}, monthly=280.32
    )
    [hit] = found_in(estate([allowed], hours=[hours_row(allowed, "m5.2xlarge", 0.384)]))
    # one size and not two, though the CPU would fit into m5.large as well
    assert (hit.target, hit.is_headline) == ("m5.xlarge", False)
    # its price is known: A, 1.0 x memory unknown 0.4
    assert (hit.confidence, hit.facts["label"]) == (0.4, "memory unknown")


def test_a_guess_is_never_made_where_memory_is_known() -> None:
    full = machine(utilisation=quiet(memory=88.0), tags={"finops:memory-unknown": "allow"})
    assert found_in(estate([full])) == []


def test_a_machine_short_of_memory_may_still_become_a_cheaper_one_of_its_size() -> None:
    prices = [price_row("m5.xlarge", 0.192, 0.192), price_row("m6i.xlarge", 0.172, 0.172)]
    [hit] = found_in(estate([machine(utilisation=quiet(memory=88.0))], prices=prices))
    assert hit.target == "m6i.xlarge"
    assert shape("m6i.xlarge").memory_mib == shape("m5.xlarge").memory_mib


def test_known_memory_lets_a_machine_change_its_line() -> None:
    # 55 % of 16 GiB = 8.8 is too much for 8, and fits into 80 % of the 16 of r5.large: half the vCPUs do
    [hit] = found_in(estate([machine(utilisation=quiet(memory=55.0))], prices=_PRICES[:2]))
    # 730 x (0.192 - 0.126) = 48.18
    assert (hit.target, str(hit.monthly_savings)) == ("r5.large", "48.180000")
