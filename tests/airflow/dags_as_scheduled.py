"""Runs inside Airflow's environment: are the rendered DAGs what the schedule says?

    dags_as_scheduled.py DAGS < what `finops schedule list --format json` says, with `slots`: the next ones of each job

Airflow has rules of its own for hours that a clock change skips or repeats: it may come up to an hour later there, and
the ledger catches up what it left out. It must never come before a slot that nobody else would come for.
"""

import json
import sys
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pendulum
from airflow.dag_processing.dagbag import DagBag
from airflow.timetables.base import DataInterval, TimeRestriction

HOUR = timedelta(hours=1)


def moments(timetable, start, count):
    """Give the next moments at which Airflow calls."""
    found, last = [], DataInterval.exact(pendulum.instance(start))
    for _ in range(count):
        coming = timetable.next_dagrun_info(
            last_automated_data_interval=last, restriction=TimeRestriction(None, None, True)
        )
        last = coming.data_interval
        found.append(datetime.fromisoformat(coming.run_after.isoformat()))
    return found


def is_near_a_clock_change(moment, zone):
    around = (moment - 3 * HOUR, moment, moment + 3 * HOUR)
    return len({one.astimezone(zone).utcoffset() for one in around}) > 1


def check_slots(job, timetable):
    """Hold the moments of Airflow against the slots of the ledger; say how many clock changes were among them."""
    zone = ZoneInfo(job["timezone"])
    slots = [datetime.fromisoformat(slot) for slot in job["slots"]]
    calls = moments(timetable, slots[0] - timedelta(seconds=1), len(slots) + 3)
    usual = {slot for slot in slots if not is_near_a_clock_change(slot, zone)}
    same = {call for call in calls if call <= slots[-1] and not is_near_a_clock_change(call, zone)}
    assert usual == same, (job["job"], sorted(usual ^ same)[:5])
    for slot in set(slots) - usual:
        late = min(call for call in calls if call >= slot) - slot
        assert late <= HOUR, (job["job"], slot, late)
    return len(slots) - len(usual)


def check_dag(job, dag):
    [task] = dag.tasks
    # One try, at the least; and the task has to end before its DAG is ended.
    assert timedelta(minutes=job["timeout_minutes"]) < task.execution_timeout < dag.dagrun_timeout, job["job"]
    assert (dag.catchup, dag.max_active_runs, task.retries) == (False, 1, 0), job["job"]
    assert task.bash_command.split()[1:] == ["schedule", "run", job["job"]], task.bash_command
    assert task.skip_on_exit_code == [5], task.skip_on_exit_code
    assert dag.timetable.serialize()["timezone"] == job["timezone"], job["job"]
    assert dag.description == (f"after {job['after']}" if job["after"] else None), dag.description


def main():
    jobs = json.load(sys.stdin)
    bag = DagBag(sys.argv[1])
    assert not bag.import_errors, bag.import_errors
    dags = {f"finops_{job['job'].replace('-', '_')}": job for job in jobs}
    assert sorted(bag.dags) == sorted(dags), sorted(bag.dags)
    changes = 0
    for name, job in dags.items():
        check_dag(job, bag.dags[name])
        changes += check_slots(job, bag.dags[name].timetable)
    assert changes, "no clock change was among the slots"
    slots = sum(len(job["slots"]) for job in jobs)
    print(f"{len(dags)} DAGs as in schedule.yaml; {slots} slots, {changes} of them at a clock change")


main()
