"""Which reports stay: the newest, the last success, month ends, pinned ones; what failed longer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from finops_lib.runs.retention import Judged, Retention, judge
from finops_lib.state.runs import RunRecord

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
LEAST = Retention(keep_last=1, keep_days=0, keep_failed_days=0)


def run(day: str, *, notebook: str = "overview", age_days: int = 200, status: str = "SUCCEEDED", **more) -> RunRecord:
    started = NOW - timedelta(days=age_days)
    fields = {
        "run_id": f"{notebook}-{day}-{age_days}-{status}",
        "notebook": notebook,
        "status": status,
        "parameters": {},
        "started_at": started,
        "trigger": "schedule",
        "host": "here",
        "pid": 1,
        "pid_started": 0.0,
        "heartbeat_at": started,
        "as_of": day,
        "report": f"{notebook}/{day}/report.html",
    }
    return RunRecord(**(fields | more))


def why(judged: list[Judged]) -> dict[str, str]:
    return {one.run_id: "goes" if one.goes else one.why for one in judged}


def test_each_month_keeps_the_success_that_closes_it() -> None:
    october = [run("2026-10-30", age_days=31), run("2026-10-31", age_days=30), run("2026-10-31", age_days=29)]
    # September was never seen to its last day: the latest day of it counts, though an older one was made later.
    september = [run("2026-09-27", age_days=60), run("2026-09-25", age_days=59)]
    failed = run("2026-10-31", age_days=28, status="FAILED")
    newest = run("2026-11-20", age_days=10)
    assert why(judge([*october, *september, failed, newest], LEAST, now=NOW)) == {
        newest.run_id: "the last success",
        failed.run_id: "goes",
        october[2].run_id: "closes 2026-10",
        october[1].run_id: "goes",
        october[0].run_id: "goes",
        september[1].run_id: "goes",
        september[0].run_id: "closes 2026-09",
    }


def test_the_last_success_stays_behind_any_number_of_failures() -> None:
    success = run("2026-01-31", age_days=300)
    failures = [run("2026-01-31", age_days=age, status="FAILED") for age in range(200, 290, 10)]
    kept = why(judge([success, *failures], Retention(keep_last=2, keep_days=30, keep_failed_days=215), now=NOW))
    assert kept[success.run_id] == "the last success"
    assert kept[failures[0].run_id] == kept[failures[1].run_id] == "one of the last 2"
    # Those of 200 and 210 days are also younger than 215; the third is not.
    assert set(kept.values()) == {"the last success", "one of the last 2", "goes"}


def test_failures_stay_longer_than_successes_of_their_age() -> None:
    policy = Retention(keep_last=1, keep_days=30, keep_failed_days=90)
    runs = [run("2026-11-29", age_days=1), run("2026-10-02", age_days=58), run("2026-10-03", age_days=57)]
    failed = run("2026-10-01", age_days=59, status="TIMED_OUT")
    kept = why(judge([*runs, failed], policy, now=NOW))
    assert kept[failed.run_id] == "failed, and younger than 90 days"
    assert kept[runs[1].run_id] == "goes"


def test_pinned_and_running_runs_stay_and_reruns_stand_for_nothing() -> None:
    pinned = run("2026-03-05", age_days=250, pinned="audit 2026")
    running = run("2026-03-06", age_days=249, status="RUNNING")
    again = run("2026-03-31", age_days=20, trigger="rerun of x")
    last = run("2026-03-20", age_days=10)
    kept = why(judge([pinned, running, again, last], LEAST, now=NOW))
    assert kept == {
        last.run_id: "the last success",
        again.run_id: "goes",
        running.run_id: "it still runs",
        pinned.run_id: "pinned: audit 2026",
    }


def test_parts_of_the_estate_and_notebooks_are_counted_by_themselves() -> None:
    runs = [run("2026-05-31", parameters={"provider": name}, run_id=name or "all") for name in ("", "aws", "gcp")]
    runs.append(run("2026-05-31", notebook="savings"))
    assert set(why(judge(runs, LEAST, now=NOW)).values()) == {"the last success"}


def test_what_has_no_report_is_not_spoken_of() -> None:
    assert judge([run("2026-05-31", report=None), run("2026-05-30", pruned_at=NOW)], LEAST, now=NOW) == []


@given(
    st.lists(
        st.tuples(st.integers(0, 400), st.integers(0, 120), st.sampled_from(["SUCCEEDED", "FAILED"])),
        unique_by=lambda one: one[0],
        max_size=40,
    ),
    st.integers(1, 5),
)
def test_whatever_the_history_nothing_recent_and_no_months_only_report_goes(history, keep_last) -> None:
    runs = [
        run((NOW - timedelta(days=age + behind)).date().isoformat(), age_days=age, status=status)
        for age, behind, status in history
    ]
    judged = judge(runs, Retention(keep_last=keep_last, keep_days=7, keep_failed_days=14), now=NOW)
    stays = {one.run_id for one in judged if not one.goes}
    months = {run.as_of[:7] for run in runs if run.status == "SUCCEEDED"}
    assert months == {run.as_of[:7] for run in runs if run.run_id in stays and run.status == "SUCCEEDED"}
    assert len(stays) >= min(keep_last, len(runs))
    assert all(run.run_id in stays for run in runs if run.started_at > NOW - timedelta(days=7))
    # Judged again after the others are gone, nothing more goes.
    assert not any(
        one.goes for one in judge([r for r in runs if r.run_id in stays], Retention(keep_last, 7, 14), now=NOW)
    )
