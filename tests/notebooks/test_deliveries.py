"""The sample estate's mails: leadership's is short, and a team's holds no name and no amount of another team."""

from __future__ import annotations

import base64
import gzip
import json
import re
import shutil
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from finops_lib.lake.open import Lake, open_lake
from finops_lib.reports.letter import HTML_LIMIT, read_letter, write_letter
from finops_lib.runs.deliver import deliver
from finops_lib.runs.notebook import run_notebook
from finops_lib.settings import Settings, load_settings
from finops_lib.state.runs import RunRecord
from tests.delivery.relay import Relay, relay
from tests.notebooks.conftest import Place
from tests.reports.browser import browser

pytestmark = pytest.mark.slow

DAY = "2026-10-17"
SCOPE = "team = 'search'"
RECIPIENTS = """
channels:
  post: {{kind: mail, options: {{host: 127.0.0.1, port: {port}, tls: none, sender: finops@example.org}}}}
recipients:
  - {{name: vp, address: vp@example.org}}
  - {{name: ann, address: ann@example.org, scope: "team = 'search'"}}
"""
# Words of the language that are also names of the estate's teams and environments.
_ORDINARY = {"data", "test", "shared", "platform", "mobile", "payments", "production", "staging", "development"}
_NAMED = ("SubAccountName", "SubAccountId", "ResourceId", "ServiceName", "x_Project", "x_Team", "CommitmentDiscountId")


PageOf = Callable[[str], RunRecord]


@pytest.fixture
def posted(sample_place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Settings, Relay]]:
    """The sample estate with a relay that takes its mail."""
    with relay() as taken:
        params = shutil.copytree(sample_place.enter(monkeypatch).params, tmp_path / "params")
        monkeypatch.setenv("FINOPS_PARAMS", str(params))
        with load_settings().workbench_file.open("a", encoding="utf-8") as workbench:
            workbench.write(RECIPIENTS.format(port=taken.port))
        yield load_settings(), taken


@pytest.fixture(scope="module")
def page_of(sample_place: Place) -> PageOf:
    """Give a function that makes a page of the sample estate, each once for all tests."""

    @cache
    def page(name: str) -> RunRecord:
        with pytest.MonkeyPatch.context() as patch:
            return run_notebook(sample_place.enter(patch), name, as_of=DAY, timeout_s=240.0)

    return page


def sound(run: RunRecord) -> RunRecord:
    assert (run.status, run.error, run.checks_failed) == ("SUCCEEDED", None, None)
    return run


def names(lake: Lake, condition: str) -> set[str]:
    """Give every name that charges of a condition bear."""
    columns = ", ".join(f'"{name}"' for name in _NAMED)
    found = lake.con.execute(f"select unnest([{columns}]) from lake.cost where {condition}").fetchall()
    return {name for (name,) in found if name and len(name) > 3}


def everything_said(settings: Settings, run: RunRecord) -> str:
    """Give all text of a run's page, charts included, its notebook and its result."""
    folder = settings.outputs / run.notebook / run.run_id
    page = re.sub(r'id="fw-library">[^<]*', "", (folder / "report.html").read_text(encoding="utf-8"))
    specs = re.search(r'id="fw-specs">([^<]*)', page)
    drawn = gzip.decompress(base64.b64decode(specs[1])).decode() if specs else ""
    return (
        page + drawn + "".join((folder / name).read_text(encoding="utf-8") for name in ("report.ipynb", "result.json"))
    )


def test_leadership_is_told_in_250_words_and_ten_numbers(posted: tuple[Settings, Relay], page_of: PageOf) -> None:
    settings, taken = posted
    run = sound(page_of("leadership"))
    deliver(settings, run.run_id, to=["vp"])
    [mail] = taken.mails
    body = mail.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert len(text.split()) <= 250
    # Money and percentages; a figure that is said twice is one number.
    numbers = set(re.findall(r"\d[\d,.]*[kMB]\b|\d[\d,.]*(?=\s(?:USD|%))", text))
    assert 3 <= len(numbers) <= 10, numbers
    for heading in ("Are we in control?", "Effective savings rate", "What moved", "Decisions needed", "Risks:"):
        assert heading in text
    assert [part.get_content_type() for part in mail.walk()].count("image/png") == 1
    assert re.match(
        r"\[(GREEN|YELLOW|ORANGE|RED)\] Leadership: [\d.]+k USD month to date, [\d.]+k expected", mail["Subject"]
    )


def test_a_team_gets_a_page_of_its_own_charges_and_no_other_name(
    posted: tuple[Settings, Relay], page_of: PageOf
) -> None:
    settings, taken = posted
    run = sound(page_of("overview"))
    done = deliver(settings, run.run_id, to=["ann", "vp"])
    assert {one.addressee.name: (one.standing, one.error) for one in done.sent} == {
        "ann": ("sent", ""),
        "vp": ("sent", ""),
    }
    by_reader = {str(mail["To"]): mail for mail in taken.mails}
    mine = next(one for one in done.sent if one.addressee.name == "ann")
    assert mine.run_id != run.run_id
    own = RunRecord(**{**_as_dict(run), "run_id": mine.run_id})
    with open_lake(settings.lake) as lake:
        foreign = names(lake, "x_Team is distinct from 'search'") - names(lake, "x_Team = 'search'") - _ORDINARY
        [[month]] = lake.con.execute(
            "select sum(effective_cost) from daily_cost where x_Team = 'search' and BillingCurrency = 'USD' "
            f"and day between '2026-10-01' and '{DAY}'"
        ).fetchall()
    assert len(foreign) > 100
    ann = by_reader["ann@example.org"]
    mail = "".join(str(part.get_content()) for part in ann.walk() if part.get_content_maintype() == "text")
    said = everything_said(settings, own) + mail + str(ann["Subject"])
    # As a word of its own; most names are nowhere, which is seen at once.
    found = {name for name in foreign if name in said and re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", said)}
    assert found == set()
    result = json.loads((settings.outputs / "overview" / mine.run_id / "result.json").read_text(encoding="utf-8"))
    whole = json.loads((settings.outputs / "overview" / run.run_id / "result.json").read_text(encoding="utf-8"))
    assert Decimal(result["month_cost"]) == month < Decimal(whole["month_cost"])
    assert set(result["budgets"]) == {"team-search"} < set(whole["budgets"])
    # What the whole company costs is not to be had by looking.
    for figure in ("month_cost", "year_cost", "last_30_cost", "day_cost"):
        assert whole[figure].split(".")[0] not in said
    assert "Only what team = &#x27;search&#x27; pays is shown." in said
    html = ann.get_body(("html",))
    assert html is not None
    assert len(html.get_content().encode()) <= HTML_LIMIT
    # One page for all who may see the same, whoever asks and however often.
    again = deliver(settings, run.run_id, to=["ann"])
    assert [(one.standing, one.run_id) for one in again.sent] == [("sent before", mine.run_id)]


@pytest.mark.parametrize("name", ["overview", "budgets", "leadership"])
def test_a_mail_fits_the_screen_with_its_pictures(
    sample_place: Place, page_of: PageOf, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    settings = sample_place.enter(monkeypatch)
    run = sound(page_of(name))
    notebook = json.loads((settings.outputs / name / run.run_id / "report.ipynb").read_text(encoding="utf-8"))
    letter = write_letter(read_letter(notebook, name=name), link="https://finops.example.org/r", footer="Bye.")
    html = letter.html
    for picture in letter.pictures:
        html = html.replace(f"cid:{picture.name}", f"data:image/png;base64,{base64.b64encode(picture.png).decode()}")
    (tmp_path / "mail.html").write_text(html, encoding="utf-8")
    with browser() as show:
        for width in (640, 400):
            shown, requests, _ = show(tmp_path / "mail.html", width=width)
            assert shown.evaluate("document.documentElement.scrollWidth") <= width
            drawn = shown.evaluate("[...document.images].map(image => image.complete && image.naturalWidth > 0)")
            assert drawn == [True] * len(letter.pictures)
            assert [url for url in requests if not url.startswith(("file:", "data:"))] == []


def _as_dict(run: RunRecord) -> dict[str, object]:
    return {name: getattr(run, name) for name in RunRecord.__dataclass_fields__}
