from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import finops_lib.state
from finops_lib.errors import ConfigError
from finops_lib.state import migrate
from finops_lib.state.models import Base
from finops_lib.state.open import open_state

OPEN = "import sys; from finops_lib.state.open import open_state; open_state(sys.argv[1]).close()"


def url_of(path: Path) -> str:
    return f"sqlite:///{path}"


def test_the_first_command_makes_the_tables_in_write_ahead_mode(tmp_path: Path) -> None:
    path = tmp_path / "new" / "state.sqlite"
    open_state(url_of(path)).close()
    with closing(sqlite3.connect(path)) as con:
        assert con.execute("pragma journal_mode").fetchone() == ("wal",)
        assert con.execute("select version_num from alembic_version").fetchone() == (migrate.HEAD,)


def test_the_models_say_what_the_migrations_made(tmp_path: Path) -> None:
    state = open_state(url_of(tmp_path / "state.sqlite"))
    with state.engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), Base.metadata)
    state.close()
    assert differences == []


def test_the_head_named_in_the_code_is_the_last_migration() -> None:
    folder = Path(str(finops_lib.state.__file__)).parent / "migrations"
    assert ScriptDirectory(str(folder)).get_current_head() == migrate.HEAD


def test_a_fresh_database_needs_no_copy_and_a_current_one_no_migration(tmp_path: Path) -> None:
    for _ in range(2):
        open_state(url_of(tmp_path / "state.sqlite")).close()
    assert not list(tmp_path.glob("*.revision-*"))


def test_an_older_database_is_copied_before_it_is_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "state.sqlite"
    open_state(url_of(path)).close()
    with closing(sqlite3.connect(path)) as con, con:
        con.execute("create table precious (x)")
    monkeypatch.setattr(migrate, "HEAD", "9998")
    # There is no such migration, so it breaks: the copy is made first, and nothing is changed.
    with pytest.raises(ConfigError, match="at revision 0002"):
        open_state(url_of(path))
    with closing(sqlite3.connect(tmp_path / "state.sqlite.revision-0002")) as copy:
        assert copy.execute("select count(*) from precious").fetchone() == (0,)


def test_a_database_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    open_state(url_of(path)).close()
    with closing(sqlite3.connect(path)) as con, con:
        con.execute("update alembic_version set version_num = '9999'")
    with pytest.raises(ConfigError, match="update this program"):
        open_state(url_of(path))


def test_a_text_that_is_no_url_is_refused_without_repeating_it() -> None:
    with pytest.raises(ConfigError, match="not a database URL") as caught:
        open_state("postgres//user:password@host")
    assert "password" not in str(caught.value)


def test_a_database_that_cannot_be_opened_says_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "state.sqlite").mkdir()
    with pytest.raises(ConfigError, match=r"state\.sqlite cannot be opened"):
        open_state(url_of(tmp_path / "state.sqlite"))


def test_a_database_without_a_driver_says_what_to_install() -> None:
    with pytest.raises(ConfigError, match="needs a driver for oddbase"):
        open_state("oddbase://host/name")


def test_many_processes_may_be_the_first(tmp_path: Path) -> None:
    command = [sys.executable, "-c", OPEN, url_of(tmp_path / "state.sqlite")]
    children = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    assert [(child.communicate()[1], child.returncode) for child in children] == [("", 0)] * 4
