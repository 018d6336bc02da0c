"""What a reviewer is shown, as Airflow renders it and as Markdown reads it."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from airflow.sdk import DAG, BaseOperator
from airflow.sdk.execution_time import macros
from markdown_it import MarkdownIt

from airflow_provider_wan.dashscope.results import RESULT_LIFE
from airflow_provider_wan.operators import WanVideoEditOperator
from airflow_provider_wan.records import REQUEST_KEY
from airflow_provider_wan.reviews import REVIEW_TIME, new_prompt, newest_result, review_body

RESULT = {
    "task_id": "1",
    "cost": {"amount": "3.50", "currency": "CNY"},
    "billed_seconds": 5.0,
    "submitted_at": "2026-10-22T10:00:00.000+00:00",
    "finished_at": "2026-10-22T10:01:12.400+00:00",
    "expires_at": "2026-10-23T10:00:00.000+00:00",
    "output_path": None,
    "video_url": "https://results.example.com/a.mp4?Signature=secret",
}
TAB = "dags/films/runs/r/tasks/edit/plugin/video"
MEDIA = "wan/media?dag_id=films&run_id=r&task_id=poster&map_index=-1&of=result"


class Reviewing:
    """A task instance that pulls what others have pushed."""

    dag_id = "films"

    def __init__(self, run_id: str = "r") -> None:
        self.run_id = run_id
        self.xcoms: dict[tuple[str, int, str], Any] = {}

    def push(self, value: Any, task_id: str = "edit", map_index: int = -1, key: str = "return_value") -> None:
        self.xcoms[task_id, map_index, key] = value

    def xcom_pull(self, *, task_ids: str, map_indexes: int, key: str = "return_value") -> Any:
        return self.xcoms.get((task_ids, map_indexes, key))

    def render(self, template: str) -> str:
        """Render as Airflow does."""
        with DAG("films"):
            operator = BaseOperator(task_id="review")
        context: Any = {"ti": self, "macros": macros}
        rendered = operator.render_template(template, context)
        assert isinstance(rendered, str)
        return rendered


@pytest.fixture
def ti() -> Reviewing:
    ti = Reviewing()
    ti.push(RESULT)
    ti.push({"prompt": "Clay"}, key=REQUEST_KEY)
    ti.push("s3://films/poster.png", "poster")
    return ti


def leads(markdown: str) -> tuple[list[str], list[str]]:
    """Return the addresses of a text's pictures and of its links."""
    pictures, links = [], []
    for block in MarkdownIt("gfm-like", {"linkify": False, "html": False}).parse(markdown):
        for token in block.children or []:
            if token.type == "image":
                pictures.append(str(token.attrGet("src")))
            elif token.type == "link_open":
                links.append(str(token.attrGet("href")))
    return pictures, links


def test_body_tells_all_there_is_to_decide_on(ti: Reviewing) -> None:
    assert ti.render(review_body("edit", "poster")) == (
        f"[![Frames of the edit]({MEDIA})]({TAB})\n\n"
        f"**3.50 CNY** for 5 billed seconds, made in 1 min 12 s. [Watch it]({TAB})\n\n"
        "    Clay\n\n"
        "The service deletes it on 23 October at 10:00 UTC; until you answer, nothing is landed."
    )


def test_body_without_a_poster_has_no_picture(ti: Reviewing) -> None:
    assert leads(ti.render(review_body("edit"))) == ([], [TAB])


def test_body_of_an_edit_that_is_landed_knows_no_hurry(ti: Reviewing) -> None:
    ti.push({**RESULT, "output_path": "s3://films/a.mp4"})
    assert "deletes" not in ti.render(review_body("edit", "poster"))


def test_body_says_so_where_the_price_is_unknown(ti: Reviewing) -> None:
    ti.push({"cost": None, "billed_seconds": None, "submitted_at": None, "finished_at": None})
    assert f"**Price unknown**. [Watch it]({TAB})\n" in ti.render(review_body("edit", "poster"))


def test_cost_is_shown_to_the_cent(ti: Reviewing) -> None:
    ti.push({**RESULT, "cost": {"amount": "4.697114", "currency": "CNY"}})
    assert "**4.70 CNY** for" in ti.render(review_body("edit"))


def test_prompt_that_candidates_share_is_shown_once(ti: Reviewing) -> None:
    for index, prompt in enumerate(["Clay", "Clay", "Glass", "Clay"]):
        ti.push({"prompt": prompt}, "try.edit", index, REQUEST_KEY)
    body = ti.render(review_body("try.edit", candidates=["One", "Two", "Three", "Four"]))
    assert re.findall("^    (.*)$", body, re.MULTILINE) == ["Clay", "Glass", "Clay"]


def test_body_shows_each_candidate_and_when_the_first_of_them_goes(ti: Reviewing) -> None:
    ti = Reviewing()
    for index, hour in ((0, 11), (2, 9)):
        ti.push({**RESULT, "expires_at": f"2026-10-23T{hour:02}:00:00.000+00:00"}, "try.edit", index)
        ti.push("s3://films/poster.png", "try.poster", index)
    body = ti.render(review_body("try.edit", "try.poster", candidates=["One", "Two", "Three"]))
    assert re.findall("^### (.*)$", body, re.MULTILINE) == ["One", "Two", "Three"]
    pictures, links = leads(body)
    tabs = [f"dags/films/runs/r/tasks/try.edit/mapped/{index}/plugin/video" for index in (0, 0, 1, 2, 2)]
    assert links == tabs
    assert [re.findall(r"task_id=(.*)&map_index=(.*)&", one)[0] for one in pictures] == [
        ("try.poster", "0"),
        ("try.poster", "2"),
    ]
    assert f"### Two\n\nThere is no result. [See why]({tabs[2]})" in body
    assert body.endswith(
        "The service deletes the first of these on 23 October at 09:00 UTC; until you answer, nothing is landed."
    )


@pytest.mark.parametrize(
    "prompt",
    [
        "![x](https://evil.example/x.png)",
        "first\n\n![x](https://evil.example/x.png)\n\n[y](https://evil.example)",
        "first\r\n\r\n![x](https://evil.example/x.png)",
        "first\r\r![x](https://evil.example/x.png)",
        "first\u2028\u2028![x](https://evil.example/x.png)",
        "\n\n![x](https://evil.example/x.png)",
        "```\n![x](https://evil.example/x.png)\n```\n![x](https://evil.example/x.png)",
        "</code></pre>\n\n<img src=https://evil.example/x.png>\n\n[y]: https://evil.example\n\n[y]",
        "{{ ti.run_id }}{% raw %}",
        "<https://evil.example>",
    ],
)
def test_prompt_makes_neither_picture_nor_link(ti: Reviewing, prompt: str) -> None:
    ti.push({"prompt": prompt}, key=REQUEST_KEY)
    body = ti.render(review_body("edit", "poster"))
    assert leads(body) == ([MEDIA], [TAB, TAB])
    code = [block.content for block in MarkdownIt().parse(body) if block.type == "code_block"]
    assert "".join(code).split() == prompt.split()


@pytest.mark.parametrize(
    "run_id", ["a)](https://evil.example)", 'a"b<i>', "../../x", "a b?c#d&of=input:0", "夜"]
)
def test_ids_stay_in_their_place(ti: Reviewing, run_id: str) -> None:
    ti.run_id = run_id
    ((picture,), links) = leads(ti.render(review_body("edit", "poster")))
    assert len(links) == 2
    assert all(len(link.split("/")) == 8 and not set('?#"<> ') & set(link) for link in links)
    assert picture.count("&") == 4


def test_body_has_no_signed_address(ti: Reviewing) -> None:
    assert "results.example.com" not in ti.render(review_body("edit", "poster"))


def test_new_prompt_is_what_was_written_into_the_form(ti: Reviewing) -> None:
    template = new_prompt("review", "edit")
    for form, prompt in (({"new_prompt": "Glass"}, "Glass"), ({"new_prompt": None}, "Clay"), (None, "Clay")):
        ti.push({"chosen_options": ["Edit again"], "params_input": form}, "review")
        assert ti.render(template) == prompt


def test_newest_result_is_that_of_the_last_edit_that_was_made(ti: Reviewing) -> None:
    template = newest_result("edit_1", "edit_2", "edit_3")
    for number in (1, 2):
        ti.push({"task_id": str(number), "prompt": "<b>'quoted' \"text\"</b>"}, f"edit_{number}")
    assert json.loads(ti.render(template)) == {"task_id": "2", "prompt": "<b>'quoted' \"text\"</b>"}


def test_names_are_spelled_as_jinja_reads_them(ti: Reviewing) -> None:
    label = 'The "blue" one, 夜 \\ {{ x }}'
    assert f"### {label}\n" in ti.render(review_body("edit", candidates=[label]))


def test_review_leaves_time_to_wait_and_to_land() -> None:
    edit = WanVideoEditOperator(task_id="edit", video_url="https://example.com/a.mp4", prompt="Clay")
    assert REVIEW_TIME + 2 * edit.timeout <= RESULT_LIFE - timedelta(hours=1)
