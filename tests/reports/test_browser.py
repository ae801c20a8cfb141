"""A report as a reader opens it: from the disk, without a network."""

import pytest

from finops_lib.reports.index import gallery, latest_page
from finops_lib.reports.render import render
from tests.reports import sample_page
from tests.reports.browser import inspect_page, needs_chromium, opened
from tests.reports.test_index import run

pytestmark = pytest.mark.slow

LARGEST = 600_000


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    needs_chromium()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FINOPS_RUN_DIR", "/nowhere")
        html = render(
            sample_page.notebook(),
            title="Overview",
            run=sample_page.run(),
            figures_sql=sample_page.SQL,
            checks=sample_page.CHECKS,
        )
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(html, encoding="utf-8")
    return path


@pytest.mark.parametrize("width", [1280, 390])
def test_every_chart_is_drawn_offline_without_a_complaint(report, width):
    facts = inspect_page(report, width=width)
    assert facts.foreign_requests == []
    assert facts.console_errors == []
    assert (facts.charts, facts.drawn) == (13, 13)
    assert facts.wide_overflow == 0
    assert facts.bytes <= LARGEST
    assert "<script>window.hacked=1</script>" in facts.text


def test_hostile_text_runs_nothing_and_the_page_cannot_reach_the_network(report):
    with opened(report) as (page, _, complaints):
        assert page.evaluate("window.hacked") is None
        complaints.clear()
        assert page.evaluate("fetch('https://example.com').then(() => 'reached', () => 'refused')") == "refused"
        assert any("Content Security Policy" in said for said in complaints)


def test_a_name_clicked_comes_to_the_front_in_its_section(report):
    with opened(report) as (page, *_):
        page.locator(".fw-key[data-name='Azure']").first.click()
        pressed = page.locator(".fw-key[data-name='Azure'][aria-pressed='true']")
        assert pressed.count() == page.locator("#by-provider .fw-key[data-name='Azure']").count() > 1
        page.wait_for_function("document.querySelector('#by-provider .fw-chart svg [opacity=\"0.15\"]') !== null")


def test_a_long_table_is_filtered_sorted_and_copied(report):
    with opened(report) as (page, *_):
        table = page.locator(".fw-table[data-rows]").first
        visible = table.locator("tbody tr:visible")
        assert visible.count() == 15
        table.get_by_role("button", name="Show all 40 rows").click()
        assert visible.count() == 40
        table.get_by_role("searchbox").fill("amazonec2")
        assert visible.count() == 5
        table.get_by_role("searchbox").fill("")
        table.get_by_role("button", name="September (USD)").click()
        assert table.locator("th[aria-sort='descending']").count() == 1
        first, second = (visible.nth(n).locator("td").nth(1).inner_text() for n in (0, 39))
        assert (first, second) == ("91,000", "11,375")
        csv = table.evaluate("figure => figure.fwCsv()").split("\r\n")
        assert csv[0].startswith("Service,September (USD),Change on August (USD)")
        assert csv[1].startswith("AmazonEC2 0,91000.0,9000.0,0.9,")


def test_a_cell_that_looks_like_a_formula_is_no_formula_in_a_spreadsheet(tmp_path):
    import polars as pl

    from finops_lib.reports.tables import table

    frame = pl.DataFrame({"name": ["=1+1", "+cmd", "-x", "@a", 'q"u,o', *["ok"] * 11], "n": [-1.5] * 16})
    output = {"output_type": "display_data", "data": {"text/html": table(frame).html()}}
    path = tmp_path / "table.html"
    path.write_text(
        render({"cells": [{"cell_type": "code", "outputs": [output]}]}, title="x", run={}), encoding="utf-8"
    )
    with opened(path) as (page, *_):
        lines = page.evaluate("document.querySelector('.fw-table').fwCsv()").split("\r\n")
    # Numbers keep their minus, or nobody could add them up.
    assert lines[1:6] == ["'=1+1,-1.5", "'+cmd,-1.5", "'-x,-1.5", "'@a,-1.5", '"q""u,o",-1.5']


def test_the_list_of_runs_opens_and_filters(tmp_path):
    path = tmp_path / "index.html"
    path.write_text(gallery([run(), run("budgets", status="FAILED"), run("<b>mine</b>")]), encoding="utf-8")
    facts = inspect_page(path)
    assert (facts.foreign_requests, facts.console_errors, facts.charts) == ([], [], 0)
    with opened(path) as (page, *_):
        page.get_by_role("searchbox").fill("budgets")
        assert page.locator("#runs tbody tr:visible").count() == 1


def test_runs_are_filtered_by_notebook_status_and_day(tmp_path):
    path = tmp_path / "index.html"
    runs = [run(hour=hour, status="FAILED" if hour % 5 == 0 else "SUCCEEDED") for hour in range(20)]
    runs += [
        run(
            "budgets",
            started_at=f"2026-11-{day:02d}T06:00:00Z",
            run_id=f"b-{day}",
            headline=f"Bedrock rose on the {day}th",
        )
        for day in range(1, 29)
    ]
    path.write_text(gallery(runs), encoding="utf-8")
    with opened(path) as (page, requests, complaints):
        rows = page.locator("#runs tbody tr:visible")
        # Too many to read whole: fifteen, and a button for the rest.
        assert rows.count() == 15
        page.get_by_label("Notebook").select_option("budgets")
        assert rows.count() == 28
        page.get_by_label("Made from").fill("2026-11-10")
        page.get_by_label("to", exact=True).fill("2026-11-12")
        assert rows.count() == 3
        assert page.get_by_role("status").filter(has_text="rows").inner_text() == "3 of 48 rows"
        page.get_by_role("searchbox").fill("b-11")
        assert rows.count() == 1
        # Also by what a report said, which its row does not show.
        page.get_by_role("searchbox").fill("bedrock rose on the 12th")
        assert rows.count() == 1
        assert page.evaluate("document.querySelector('.fw-table').fwCsv()").count("\n") == 1
        page.get_by_role("searchbox").fill("")
        page.get_by_role("button", name="Show all", exact=True).press("Enter")
        page.get_by_label("Status").select_option("failed")
        # Hours 0, 5, 10 and 15.
        assert rows.count() == 4
        assert (complaints, [url for url in requests if not url.startswith("file:")]) == ([], [])


def test_a_report_leads_to_the_one_before_and_after_it_through_the_list(tmp_path):
    names = ["first", "second & more", "third"]
    runs = [run(hour=hour, run_id=name, report=f"overview/{name}/report.html") for hour, name in enumerate(names)]
    runs.append(run("budgets", hour=1, run_id="other", report="budgets/other/report.html"))
    (tmp_path / "index.html").write_text(gallery(runs), encoding="utf-8")
    for name in names:
        folder = tmp_path / "overview" / name
        folder.mkdir(parents=True)
        page = render({"cells": []}, title=name, run={"run_id": name, "notebook": "overview"})
        (folder / "report.html").write_text(page, encoding="utf-8")
    (tmp_path / "overview" / "latest.html").write_text(latest_page(runs[2]), encoding="utf-8")
    with opened(tmp_path / "overview" / "second & more" / "report.html") as (page, *_):
        page.get_by_role("link", name="Previous report").click()
        page.wait_for_url("**/first/report.html")
        page.get_by_role("link", name="Previous report").click()
        page.get_by_text("There is no earlier report of overview in this list.").wait_for()
        page.go_back()
        for expected in ("second%20&%20more", "third"):
            page.get_by_role("link", name="Next report").click()
            page.wait_for_url(lambda url, expected=expected: f"/{expected}/report.html" in url.replace("%26", "&"))
        page.goto((tmp_path / "overview" / "first" / "report.html").as_uri())
        page.get_by_role("link", name="Latest report").click()
        page.wait_for_url("**/third/report.html")
