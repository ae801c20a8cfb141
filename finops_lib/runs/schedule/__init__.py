"""What runs by itself: scheduler/schedule.yaml is the one truth, the ledger of slots is the state.

    jobs           the records: a job, its recurrence, what it waits for
    schedule_file  the file, read strictly
    idle           slots for which there is nothing to do, and so no process; unchanged.py: of a check of budgets

Question: what is remembered between two ticks?
Choice: nothing but the state database. At each tick the slots that are due are held against those that were run.
Why: a machine that was off, a scheduler that crashed and a second one started by mistake are then the same case: what
is not in the ledger is due, the oldest first, and a slot can be taken once. Declined: job stores of a timer, which
remember timers and not what was done. A scheduler that forgets what the last check of the budgets began with checks
once more than it would have to.
"""
