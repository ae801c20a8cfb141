import datetime as dt

from finops_lib.reports.index import gallery, latest_page


def run(notebook="overview", status="SUCCEEDED", hour=6, **more):
    return {
        "run_id": f"r-{notebook}-{hour}",
        "notebook": notebook,
        "status": status,
        "as_of": "2026-10-01",
        "started_at": dt.datetime(2026, 10, 3, hour, tzinfo=dt.UTC),
        "duration_s": 12.4,
        "report": f"{notebook}/r {hour}/report.html",
    } | more


def test_newest_first_and_the_newest_of_each_notebook_on_top():
    page = gallery([run(hour=5), run("budgets", hour=7), run(hour=6)])
    cards, _, history = page.partition('<section id="runs">')
    assert 'href="./overview/r%206/report.html"' in cards
    assert '<h2><a href="./overview/r%205' not in cards
    assert 'Before: <a href="./overview/r%205/report.html"' in cards
    assert [history.index(f"r-{name}") for name in ("budgets-7", "overview-6", "overview-5")] == sorted(
        history.index(f"r-{name}") for name in ("budgets-7", "overview-6", "overview-5")
    )
    assert "3 runs, the newest of 3 Oct 2026, 07:00 UTC." in cards


def test_a_failed_run_is_said_in_words():
    page = gallery([run(status="TIMED_OUT", error="after <600> s", report="")])
    assert "timed out" in page
    assert "The newest run of overview did not succeed." in page
    assert "after &lt;600&gt; s" in page
    assert "report.html" not in page


def test_no_run_leads_anywhere_else():
    for report in ("https://x.example/a", "../secret.html", "/etc/passwd", "javascript:alert(1)"):
        page = gallery([run("<script>alert(1)</script>", report=report)])
        assert 'href="https:' not in page
        assert 'href="/' not in page
        assert "/../" not in page
        assert 'href="javascript' not in page
        assert "<script>alert" not in page


def test_without_runs_it_says_how_to_make_one():
    assert "<code>finops run overview</code>" in gallery([])


def test_times_as_text_and_runs_without_an_end():
    page = gallery([run(started_at="2026-10-03T06:00:00Z", duration_s=None, as_of="", status="RUNNING")])
    assert "3 Oct 2026, 06:00 UTC" in page
    assert "running" in page


def test_a_run_that_is_held_back_says_so_on_its_card_and_in_its_row() -> None:
    held = run("overview", checks_failed="daily_cost holds what the lake holds: 1 of 4 differ, by up to 0.25")
    page = gallery([held])
    assert page.count("held back") == 2
    assert "differ, by up to 0.25" in page
    assert "held back" not in gallery([run("overview"), run("savings", status="FAILED", checks_failed="x")])


def test_rows_carry_what_they_are_filtered_by_and_hostile_names_stay_words():
    page = gallery([run('"><img src=x onerror=alert(1)>', pinned="<b>audit</b>"), run("savings", status="TIMED_OUT")])
    assert 'data-notebook="savings" data-status="timed out" data-day="2026-10-03"' in page
    assert '<option value="timed out">timed out</option>' in page
    assert "<img" not in page
    assert "kept: &lt;b&gt;audit&lt;/b&gt;" in page


def test_a_pruned_run_has_a_line_and_no_link():
    page = gallery([run(report=None, pruned_at="2026-11-01T00:00:00+00:00")])
    assert "report pruned" in page
    assert "report.html" not in page


def test_the_latest_page_leads_to_its_run_from_any_folder():
    page = latest_page(run("my <b>", run_id="r 1&2"))
    assert page.count('"./r%201%262/report.html"') == 1
    assert 'content="0; url=./r%201%262/report.html"' in page
    assert "my &lt;b&gt;" in page
