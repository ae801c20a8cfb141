import base64
import gzip
import json
import re

import pytest

from finops_lib.reports import render as renderer
from finops_lib.reports.render import render
from tests.reports import sample_page


@pytest.fixture(autouse=True)
def _no_library(monkeypatch):
    # The library itself is test_bundle's and the browser's business, and takes two seconds to make.
    monkeypatch.setenv("FINOPS_RUN_DIR", "/nowhere")
    monkeypatch.setattr(renderer, "chart_library", lambda: "LIBRARY")


def page_of(*cells, **run):
    return render({"cells": list(cells)}, title="Overview", run=run)


def words(source):
    return {"cell_type": "markdown", "source": source}


def shown(**output):
    return {"cell_type": "code", "source": "print('secret code')", "outputs": [output]}


def html(text, plain="plain"):
    return shown(output_type="execute_result", data={"text/html": text, "text/plain": plain})


def test_a_page_asks_nothing_of_anyone():
    page = render(sample_page.notebook(), title="<Overview>", run=sample_page.run(), figures_sql=sample_page.SQL)
    # A link to another report of the folder asks nothing before somebody clicks it.
    assert not re.findall(r'(?:src|href|action|poster|data|srcset)="(?!#|data:|\.\./)[^"]*"', page)
    assert not re.findall(r"url\(|@import", page)
    assert "default-src 'none'" in page
    assert "<title>&lt;Overview&gt;</title>" in page


def test_all_specs_rest_together_and_each_figure_knows_its_own():
    page = render(sample_page.notebook(), title="x", run={})
    packed = re.search(r'<script type="text/plain" id="fw-specs">(.*?)</script>', page)[1]
    specs = json.loads(gzip.decompress(base64.b64decode(packed)))
    figures = re.findall(r'class="fw-spec" data-spec="(\d+)"></script>', page)
    assert [int(place) for place in figures] == list(range(13)) == list(range(len(specs)))
    assert specs[0]["data"]["values"][0]["series"] == "AWS"


def test_a_page_without_charts_carries_no_library():
    page = page_of(words("# Is it whole?"), html('<p class="fw-sentence">Yes.</p>'))
    assert "LIBRARY" not in page
    assert "<h1><span>Is it whole?</span></h1>" in page


def test_the_answers_question_is_the_title_and_what_it_is_for_goes_to_the_end():
    page = page_of(words("# Overview\n\nFor finance."), html(sample_page.elements()[0].html()))
    assert "<h1>Where does the money go, and what changed?</h1>" in page
    assert page.index("fw-said") < page.index("For finance.")


def test_code_is_hidden_and_foreign_html_is_shown_as_text():
    page = page_of(html("<table onclick=x>", plain="<b>shape</b>: (1, 2)"))
    assert "secret code" not in page
    assert "<table onclick" not in page
    assert '<pre class="fw-plain">&lt;b&gt;shape&lt;/b&gt;: (1, 2)</pre>' in page


def test_markdown_is_escaped_and_asks_for_no_picture():
    page = page_of(
        words("## A\n\n<script>x</script>\n\n![p](https://x.example/p.png) [j](javascript:alert(1)) | a\n\n## A")
    )
    assert "<script>x" not in page
    assert "<img" not in page
    assert "x.example" not in page
    assert 'href="javascript' not in page
    # Two sections of one name have two anchors.
    assert 'id="a"' in page
    assert 'id="a-2"' in page


def test_an_error_is_readable():
    page = page_of(
        shown(output_type="error", ename="LakeError", evalue="no <data>", traceback=["\x1b[31mTraceback\x1b[0m", "x"]),
        status="FAILED",
        error="LakeError: no data",
    )
    assert "The notebook stopped here: LakeError" in page
    assert "no &lt;data&gt;" in page
    assert "\x1b" not in page
    assert "This run ended as FAILED: LakeError: no data." in page


def test_printed_text_and_pictures_are_kept():
    page = page_of(
        shown(output_type="stream", name="stdout", text=["a <b>\n", "c"]),
        shown(output_type="display_data", data={"image/png": 'QUJD\n"onerror="x', "text/plain": 'a "figure"'}),
    )
    assert "<pre>a &lt;b&gt;\nc</pre>" in page
    assert 'src="data:image/png;base64,QUJDonerror=x"' in page


def test_the_footer_tells_how_the_numbers_were_made():
    page = render(
        {"cells": []}, title="x", run=sample_page.run(), figures_sql=sample_page.SQL, checks=sample_page.CHECKS
    )
    for said in (
        "20261003-overview-1",
        "1 of 2 checks failed",
        "SQL of 1 figure",
        "select &#x27;&lt;b&gt;",
        "12\u00a0s",
    ):
        assert said in page
    assert "&lt;script&gt;window.hacked=1&lt;/script&gt;" in page
    assert "data through 1 Oct 2026" in page


def test_template_places_in_foreign_text_stay_text():
    assert "{{script}}" in page_of(html('<p class="fw-sentence">{{script}}</p>'))
