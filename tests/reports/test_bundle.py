import base64
import gzip

import pytest

from finops_lib.reports import bundle


@pytest.fixture
def made(monkeypatch, tmp_path):
    """Count how often the library is made, in a cache of its own."""
    calls = []
    code = f"{bundle.NAME}x;".encode()

    def make():
        calls.append(1)
        return base64.b64encode(gzip.compress(code, mtime=0)).decode()

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(bundle, "_make", make)
    monkeypatch.setattr(bundle, "chart_library", bundle.chart_library.__wrapped__)
    return calls


def test_the_library_is_made_once_and_kept(made, tmp_path):
    assert bundle.chart_library() == bundle.chart_library()
    assert len(made) == 1
    assert [file.suffix for file in (tmp_path / "cache" / "finops").iterdir()] == [".b64"]


def test_a_broken_copy_is_made_again(made, tmp_path):
    whole = bundle.chart_library()
    [kept] = (tmp_path / "cache" / "finops").iterdir()
    for broken in (whole[:-8], "not base64 \u00e9", ""):
        kept.write_text(broken, encoding="utf-8")
        assert bundle.chart_library() == whole
    assert len(made) == 4


def test_a_cache_that_cannot_be_written_is_no_obstacle(made, tmp_path):
    (tmp_path / "cache").write_text("a file where a folder should be")
    assert bundle.chart_library()
    assert len(made) == 1


@pytest.mark.slow
def test_the_library_names_what_the_page_calls():
    code = gzip.decompress(base64.b64decode(bundle.chart_library()))
    assert bundle.NAME.encode() in code
    assert b"</script" not in code
