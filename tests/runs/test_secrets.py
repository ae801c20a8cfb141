from __future__ import annotations

import base64
import html
import json
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_lib.errors import ConfigError
from finops_lib.runs.publish import scrub_file
from finops_lib.runs.secrets import REDACTED, Scrubber, is_secret_name, known_secrets, resolve

SECRET = 'p@ss/w"rd<&é'


@pytest.mark.parametrize(
    "name",
    [
        *("smtp_password", "apiKey", "SLACK_WEBHOOK_URL", "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "db_credentials"),
        *("PGPASSWORD", "AZURE_STORAGE_CONNECTION_STRING", "AZURE_STORAGE_KEY", "BUS_SHARED_KEY", "COSMOS_ACCOUNT_KEY"),
        *("connectionString", "SharedAccessSignature"),
    ],
)
def test_a_name_that_says_secret_is_one(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name", ["author", "monkey", "key_figures", "account", "PATH", "authority", "storage", "compass"]
)
def test_a_name_that_only_sounds_alike_is_none(name: str) -> None:
    assert not is_secret_name(name)


def test_a_reference_is_resolved_where_it_points(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL", "from-environment")
    (tmp_path / "key").write_text("from-file\n")
    assert resolve("env:MAIL") == "from-environment"
    assert resolve(f"file:{tmp_path / 'key'}") == "from-file"
    assert resolve("just text") == "just text"


def test_a_reference_to_nothing_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MAIL", raising=False)
    with pytest.raises(ConfigError, match="export MAIL"):
        resolve("env:MAIL")
    with pytest.raises(ConfigError, match="cannot be read"):
        resolve(f"file:{tmp_path / 'absent'}")


def test_secrets_are_known_from_references_names_and_urls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL", "mail-password-1")
    environment = {
        "SLACK_TOKEN": "xoxb-1234567890",
        "SHORT_TOKEN": "abc",
        "TOKEN_FILE": "/run/secrets/token",
        "FINOPS_STATE": "postgresql+psycopg://finops:s3cret-pw@db/finops",
        "HOME_TOWN": "some-harmless-value",
    }
    found = known_secrets([{"mail": {"password": "env:MAIL"}, "to": ["env:ABSENT"]}], environment)
    assert found == {"mail-password-1", "xoxb-1234567890", "s3cret-pw"}


def test_a_password_in_a_url_is_known_as_it_stands_and_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "postgresql://finops:p%40ss%2Fword@db/finops"
    assert known_secrets([], {"FINOPS_STATE": url}) == {"p%40ss%2Fword", "p@ss/word"}
    monkeypatch.setenv("WAREHOUSE", url)
    assert known_secrets(["env:WAREHOUSE"], {}) == {url, "p%40ss%2Fword", "p@ss/word"}


def test_a_password_among_the_options_of_a_url_is_known() -> None:
    url = "postgresql://db/finops?user=finops&password=p%40ssword1&sslmode=require"
    assert known_secrets([], {"FINOPS_CATALOG": url}) == {"p%40ssword1", "p@ssword1", "password=p%40ssword1"}


def test_a_short_password_is_known_inside_its_url() -> None:
    assert known_secrets([], {"FINOPS_CATALOG": "postgresql://finops:abc@db/finops"}) == {"postgresql://finops:abc@"}


def test_the_key_inside_a_connection_string_is_known() -> None:
    whole = "DefaultEndpointsProtocol=https;AccountName=billing-exports;AccountKey=c2VjcmV0LWtleQ=="
    assert known_secrets([], {"AZURE_STORAGE_CONNECTION_STRING": whole}) == {whole, "c2VjcmV0LWtleQ=="}


def test_each_line_of_a_key_file_is_a_secret(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("-----BEGIN KEY-----\nMIIEvQIBADANBg\n-----END KEY-----\n")
    assert "MIIEvQIBADANBg" in known_secrets([f"file:{tmp_path / 'key'}"], {})


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        SECRET.upper(),
        json.dumps(SECRET),
        json.dumps(SECRET, ensure_ascii=False),
        json.dumps(json.dumps(SECRET)),
        html.escape(SECRET),
        html.escape(json.dumps(SECRET)),
        quote(SECRET),
        quote(SECRET, safe=""),
        quote(SECRET, safe="").lower(),
        repr(SECRET),
        SECRET.encode().hex(),
    ],
)
def test_a_secret_is_found_in_its_usual_forms(form: str) -> None:
    scrubbed = Scrubber.of([SECRET]).scrub(f"before {form} after")
    assert REDACTED in scrubbed
    assert "ss/w" not in scrubbed.lower()
    assert scrubbed.startswith("before ")
    assert scrubbed.endswith(" after")


@given(before=st.binary(max_size=7), after=st.binary(max_size=7), secret=st.text(min_size=8, max_size=40))
def test_a_secret_is_found_inside_any_base64(before: bytes, after: bytes, secret: str) -> None:
    scrubber = Scrubber.of([secret])
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        assert scrubber.leaks(encode(before + secret.encode() + after).decode())


def test_structures_are_scrubbed_with_their_keys_and_numbers() -> None:
    tree = {"12345678": [12345678, {"a": "x12345678y"}], "kept": 1.5, "none": None, "yes": True}
    scrubbed = Scrubber.of(["12345678"]).scrub_tree(tree)
    assert scrubbed == {REDACTED: [REDACTED, {"a": f"x{REDACTED}y"}], "kept": 1.5, "none": None, "yes": True}


def test_a_json_file_stays_json(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    path.write_text('{"pin": 12345678, "kept": "1.50"}')
    scrub_file(path, Scrubber.of(["12345678"]))
    assert json.loads(path.read_text()) == {"pin": REDACTED, "kept": "1.50"}


def test_a_file_that_is_not_text_goes_when_it_holds_a_secret(tmp_path: Path) -> None:
    leaking, harmless = tmp_path / "a.bin", tmp_path / "b.bin"
    leaking.write_bytes(b"\xff\xfe" + SECRET.encode())
    harmless.write_bytes(b"\xff\xfe nothing")
    for path in (leaking, harmless):
        scrub_file(path, Scrubber.of([SECRET]))
    assert (leaking.exists(), harmless.exists()) == (False, True)


def test_without_secrets_nothing_changes() -> None:
    assert Scrubber.of([]).scrub("as it was") == "as it was"
