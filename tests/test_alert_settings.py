"""Channels, routes, recipients, quiet hours and rules: strict, and without a secret in the file or in an error."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

from finops_lib.analyses.alerts.quiet import QuietHours
from finops_lib.analyses.alerts.routing import DEFAULT_ROUTE, Recipient
from finops_lib.analyses.alerts.rules import Rule
from finops_lib.errors import ConfigError
from finops_lib.settings import load_alert_rules, load_workbench

CHAT = "channels: {chat: {kind: slack, options: {url: env:HOOK}}}\n"


def write(folder: Path, text: str, name: str = "workbench.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("channels: {chat: {kind: slak}}", "unknown kind of channel 'slak'; next: did you mean 'slack'"),
        ("channels: {chat: {kind: slack}}", r"channels\.chat: .*options\.url: Field required"),
        ("channels: {chat: {kind: slack, options: {url: env:A, colour: red}}}", r"options\.colour"),
        ("channels: {'a b': {kind: slack, options: {url: env:A}}}", "channels"),
        ("channels: {m: {kind: mail, options: {host: h, sender: 'a@b c'}}}", "not a mail address"),
        ("channels: {m: {kind: mail, options: {host: h, sender: a@b, port: 0}}}", r"options\.port"),
        (CHAT + "routes: {default: {50: [chatt]}}", r"routes\.default\.50: there is no channel 'chatt'"),
        (CHAT + "routes: {default: {50: ['mail:bob']}}", r"routes\.default\.50: there is no recipient 'bob'"),
        (CHAT + "routes: {default: {half: [chat]}}", "'half' is neither a threshold in percent nor one of forecast"),
        ("recipients: [{name: a, address: x}, {name: a, address: y}]", "two are called 'a'"),
        ("quiet_hours: [{from: '20:00', to: '07:00', zone: Europe/Bärlin}]", "not a time zone"),
        ("quiet_hours: [{from: '20:00', to: '07:00', weekdays: [sunday]}]", r"quiet_hours\.0\.weekdays"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    write(tmp_path, text)
    with pytest.raises(ConfigError, match=message):
        load_workbench(tmp_path)


@pytest.mark.parametrize(
    "channel",
    [
        "{kind: slack, options: {url: 'https://hooks.example.org/T0/sesame-open'}}",
        "{kind: pagerduty, options: {routing_key: sesame-open}}",
        "{kind: mail, options: {host: h, sender: a@b.c, password: sesame-open}}",
        "{kind: apprise, options: {url: 'tgram://sesame-open'}}",
    ],
)
def test_a_secret_in_the_file_is_refused_and_not_repeated(tmp_path: Path, channel: str) -> None:
    write(tmp_path, f"channels: {{c: {channel}}}")
    with pytest.raises(ConfigError, match="must be a reference") as caught:
        load_workbench(tmp_path)
    assert "sesame" not in str(caught.value)


def test_a_directory_knows_channels_routes_people_and_quiet_hours(tmp_path: Path) -> None:
    write(
        tmp_path,
        CHAT + "routes: {shop: {50: [chat], forecast: [slack, 'mail:ann', 'mail:bob@example.org']}}\n"
        "recipients: [{name: ann, address: ann@example.org, scope: \"team = 'shop'\"}]\n"
        "quiet_hours: [{from: '20:00', to: '07:00', zone: Europe/Berlin, weekdays: [fri]}]\n",
    )
    directory = load_workbench(tmp_path).directory()
    assert directory.channels == {"chat": "slack"}
    assert directory.routes["default"] == DEFAULT_ROUTE
    assert directory.routes["shop"] == {"50": ["chat"], "forecast": ["slack", "mail:ann", "mail:bob@example.org"]}
    assert directory.recipients == (Recipient("ann", "ann@example.org", "team = 'shop'"),)
    assert directory.quiet == (QuietHours(time(20), time(7), "Europe/Berlin", (4,)),)


def test_a_scope_is_checked_and_compared_in_one_spelling(tmp_path: Path) -> None:
    write(tmp_path, "recipients: [{name: a, address: x, scope: \"TEAM='shop'\"}, {name: b, address: y, scope: all}]")
    assert [one.scope for one in load_workbench(tmp_path).directory().recipients] == ["team = 'shop'", ""]
    write(tmp_path, "recipients: [{name: a, address: x, scope: squad = 'shop'}]")
    with pytest.raises(ConfigError, match="unknown field 'squad'"):
        load_workbench(tmp_path)


def test_without_channels_nobody_is_told_and_nothing_is_wrong(tmp_path: Path) -> None:
    assert load_workbench(tmp_path).directory().channels == {}
    assert load_alert_rules(tmp_path / "alert_rules.yaml") == []


def test_a_rule_is_read_with_what_it_leaves_out(tmp_path: Path) -> None:
    line = "{name: a, metric: billed_cost, scope: all, threshold: 5, currency: USD}"
    [rule] = load_alert_rules(write(tmp_path, f"rules: [{line}]", "alert_rules.yaml"))
    assert rule == Rule("a", "billed_cost", "all", ">", 5.0, "USD")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("metric: cost", r"rules\.0\.metric"),
        ("threshold: .inf", r"rules\.0\.threshold"),
        ("window_days: 0", r"rules\.0\.window_days"),
        ("comparator: '!='", r"rules\.0\.comparator"),
        ("currency: dollar", r"rules\.0\.currency"),
        ("when: always", r"rules\.0\.when: unknown key"),
    ],
)
def test_a_wrong_rule_is_named_with_its_place(tmp_path: Path, change: str, message: str) -> None:
    parts = {"name": "a", "metric": "billed_cost", "scope": "all", "threshold": "5", "currency": "USD"}
    key, value = change.split(": ")
    line = ", ".join(f"{name}: {said}" for name, said in {**parts, key: value}.items())
    with pytest.raises(ConfigError, match=message):
        load_alert_rules(write(tmp_path, f"rules: [{{{line}}}]", "alert_rules.yaml"))


def test_two_rules_of_one_name_are_refused(tmp_path: Path) -> None:
    line = "{name: a, metric: billed_cost, scope: all, threshold: 5, currency: USD}"
    with pytest.raises(ConfigError, match="two rules are called 'a'"):
        load_alert_rules(write(tmp_path, f"rules: [{line}, {line}]", "alert_rules.yaml"))
