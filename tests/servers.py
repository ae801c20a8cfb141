"""Real servers for the tests: each on a free port of this machine, waited for, stopped at the end."""

from __future__ import annotations

import base64
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

NO_AZURITE = "needs azurite: FINOPS_AZURITE must name the folder node_modules/azurite, and node be installed"
NO_BQEMULATOR = "needs bqemulator: FINOPS_BQEMULATOR must name the folder that tests/bqemulator/install.sh made"
_PATIENCE_S = 60.0


def free_port() -> int:
    """Give a port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


@contextmanager
def served(
    command: Sequence[str], *, port: int, log: Path, variables: Mapping[str, str] | None = None
) -> Iterator[None]:
    """Run a server for as long as the block lasts; it is there once its port answers."""
    environment = {**os.environ, **(variables or {})}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=environment
        )
    try:
        _wait_until_it_answers(process, port, log)
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_it_answers(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + _PATIENCE_S
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    said = log.read_text(encoding="utf-8", errors="replace")[-2000:]
    pytest.fail(f"the server on port {port} did not start; it said: {said}")


@pytest.fixture(scope="session")
def moto_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a moto server: S3 and more of AWS."""
    command, port = shutil.which("moto_server", path=str(Path(sys.executable).parent)), free_port()
    if command is None:
        pytest.skip("needs moto_server (extra `test`)")
    log = tmp_path_factory.mktemp("moto") / "log.txt"
    # Its own machine images take a second in each region, and bring snapshots that nobody made.
    variables = {"MOTO_EC2_LOAD_DEFAULT_AMIS": "false"}
    with served([command, "--host", "127.0.0.1", "--port", str(port)], port=port, log=log, variables=variables):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="session")
def azurite_connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The connection string of an azurite that serves blobs."""
    package, node = os.environ.get("FINOPS_AZURITE", ""), shutil.which("node")
    program = Path(package) / "dist" / "src" / "blob" / "main.js"
    if not package or node is None or not program.is_file():
        pytest.skip(NO_AZURITE)
    folder, port = tmp_path_factory.mktemp("azurite"), free_port()
    account, key = "bills", base64.b64encode(secrets.token_bytes(32)).decode()
    options = ["--inMemoryPersistence", "--skipApiVersionCheck", "--silent", "--disableTelemetry"]
    command = [node, str(program), *options, "--blobHost", "127.0.0.1", "--blobPort", str(port)]
    variables = {"AZURITE_ACCOUNTS": f"{account}:{key}"}
    with served(command, port=port, log=folder / "log.txt", variables=variables):
        endpoint = f"http://127.0.0.1:{port}/{account}"
        yield f"DefaultEndpointsProtocol=http;AccountName={account};AccountKey={key};BlobEndpoint={endpoint};"


@pytest.fixture(scope="session")
def bigquery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a BigQuery API."""
    folder = Path(os.environ.get("FINOPS_BQEMULATOR", ""))
    program = folder / "venv" / "bin" / "bqemulator"
    if not program.is_file():
        pytest.skip(NO_BQEMULATOR)
    port, grpc = free_port(), free_port()
    command = [str(program), "start", "--ephemeral", "--rest-port", str(port), "--grpc-port", str(grpc)]
    log = tmp_path_factory.mktemp("bigquery") / "log.txt"
    # In its own home it finds DuckDB's extensions instead of fetching them.
    with served(command, port=port, log=log, variables={"HOME": str(folder / "home")}):
        yield f"http://127.0.0.1:{port}"
