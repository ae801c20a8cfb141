"""Run a rendered CronJob as a node of Kubernetes would, with the kernel and nothing else.

    python -m tests.containers.as_pod JOB --manifests FILE --image FILE --root FOLDER --data FOLDER [-- WORDS]

What the manifest promises is what the process gets: its user, no capability and none to gain, a root that is only read,
/data, an empty /tmp, /dev/shm as every container has it, no network but its own loopback. What the image promises
(`buildah inspect`) has to fit. Needs root.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

import yaml

# Beside what is mounted, in the order of the words after it: root, data, user, group, folder, command.
_INSIDE = """
set -eu
root=$1 data=$2 user=$3 group=$4 folder=$5
shift 5
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=755 none "$root/dev"
for device in null zero full random urandom; do
    touch "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
ln -s /proc/self/fd "$root/dev/fd"
mkdir "$root/dev/shm"
mount -t tmpfs -o mode=1777,size=64m none "$root/dev/shm"
mount -t tmpfs -o mode=1777 none "$root/tmp"
mount --bind "$data" "$root/data"
mount -o remount,bind,ro "$root"
ip link set lo up
exec chroot "$root" setpriv --reuid "$user" --regid "$group" --clear-groups --bounding-set=-all --inh-caps=-all \\
    --no-new-privs sh -c 'cd "$0" && exec "$@"' "$folder" "$@"
"""


def command_of(job: str, manifests: str, image: dict[str, Any], words: list[str]) -> list[str]:
    """Give user, group, folder and command of a job's container.

    Args:
        image: what `buildah inspect` says of it.
        words: instead of the manifest's own; [] = those.
    """
    [found] = [one for one in yaml.safe_load_all(manifests) if one and one["metadata"]["name"] == f"finops-{job}"]
    pod = found["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    [container] = pod["containers"]
    config, rights = image["Docker"]["config"], pod["securityContext"]
    user, group = str(rights["runAsUser"]), str(rights["runAsGroup"])
    assert container["image"] == image["FromImage"], (container["image"], image["FromImage"])
    assert config["User"] == f"{user}:{group}", config["User"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    mounted = {mount["mountPath"] for mount in container["volumeMounts"]}
    assert mounted == {"/data", "/tmp"}, mounted
    assert set(config["Volumes"]) <= mounted, config["Volumes"]
    environment = dict(line.split("=", 1) for line in config["Env"])
    environment |= {one["name"]: one["value"] for one in container["env"]}
    # Whatever else is written at run time has to go where there is a volume.
    assert {environment["HOME"], str(Path(environment["FINOPS_LAKE"]).parent)} <= mounted, environment
    called = words or [*config["Entrypoint"], *container["args"]]
    return [user, group, config["WorkingDir"], "env", "-i", *(f"{k}={v}" for k, v in environment.items()), *called]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("job")
    for name in ("--manifests", "--image", "--root", "--data"):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument("words", nargs="*")
    given = parser.parse_args()
    image = json.loads(given.image.read_text(encoding="utf-8"))
    words = command_of(given.job, given.manifests.read_text(encoding="utf-8"), image, given.words)
    own = ["--mount", "--net", "--pid", "--ipc", "--uts", "--fork", "--kill-child"]
    script = ["sh", "-c", _INSIDE, "as-pod", str(given.root), str(given.data)]
    os.execvp("unshare", ["unshare", *own, *script, *words])


if __name__ == "__main__":
    main()
