"""A CronJob a job, and the image they need. Retries are the ledger's, so Kubernetes makes none of its own."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import yaml

from finops_lib.runs.schedule.jobs import Job, Schedule
from finops_lib.runs.schedule.render import HEAD, RENDERERS, Where, longest

_USER = 10001
_LABELS = {"app.kubernetes.io/name": "finops-workbench", "app.kubernetes.io/managed-by": "finops-schedule-render"}


@RENDERERS.register("kubernetes")
def kubernetes(schedule: Schedule, where: Where) -> Mapping[str, str]:
    documents = [_outputs(where), *(_cron_job(job, where) for job in schedule)]
    text = "---\n".join(yaml.safe_dump(one, sort_keys=False, width=110) for one in documents)
    dockerfile = files("finops_lib.runs.schedule.render").joinpath("Dockerfile").read_text(encoding="utf-8")
    return {"cronjobs.yaml": f"# {HEAD}\n{text}", "Dockerfile": f"# {HEAD}\n{dockerfile}"}


def _metadata(where: Where, name: str, **labels: str) -> dict[str, Any]:
    found: dict[str, Any] = {"name": name, "labels": {**_LABELS, **labels}}
    return {**found, "namespace": where.namespace} if where.namespace else found


def _outputs(where: Where) -> dict[str, Any]:
    """Give the claim for what runs leave: reports, logs and, where it is a folder, the lake."""
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": _metadata(where, "finops-data"),
        "spec": {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "50Gi"}}},
    }


def _cron_job(job: Job, where: Where) -> dict[str, Any]:
    labels = {"finops.job": job.name}
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": _metadata(where, f"finops-{job.name}", **labels),
        "spec": {
            "schedule": job.recurrence.expression,
            "timeZone": job.recurrence.timezone,
            "concurrencyPolicy": "Forbid",
            # Without it a hundred missed times would stop the job for good.
            "startingDeadlineSeconds": 3600,
            "successfulJobsHistoryLimit": 3,
            "failedJobsHistoryLimit": 3,
            "jobTemplate": {
                "spec": {
                    "backoffLimit": 0,
                    "activeDeadlineSeconds": int(longest(job).total_seconds()),
                    "ttlSecondsAfterFinished": 7 * 86400,
                    "template": {"metadata": {"labels": {**_LABELS, **labels}}, "spec": _pod(job, where)},
                }
            },
        },
    }


def _pod(job: Job, where: Where) -> dict[str, Any]:
    return {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _USER,
            "runAsGroup": _USER,
            "fsGroup": _USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [
            {
                "name": "finops",
                "image": where.image,
                "args": ["schedule", "run", job.name],
                "env": [{"name": "FINOPS_USER", "value": "schedule"}],
                # FINOPS_LAKE, FINOPS_CATALOG, FINOPS_STATE and what params refer to as env:NAME.
                "envFrom": [{"secretRef": {"name": "finops", "optional": True}}],
                "resources": {
                    "requests": {"cpu": "500m", "memory": "1Gi"},
                    "limits": {"cpu": "2", "memory": "4Gi"},
                },
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "readOnlyRootFilesystem": True,
                    "capabilities": {"drop": ["ALL"]},
                },
                "volumeMounts": [{"name": "data", "mountPath": "/data"}, {"name": "tmp", "mountPath": "/tmp"}],
            }
        ],
        "volumes": [
            {"name": "data", "persistentVolumeClaim": {"claimName": "finops-data"}},
            {"name": "tmp", "emptyDir": {"sizeLimit": "4Gi"}},
        ],
    }
