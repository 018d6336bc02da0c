"""Who may see what: the answer that Airflow's own API gives for the same task's XComs. And what ids may do: nothing."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from airflow_provider_wan.dashscope.tls import ssl_context
from airflow_provider_wan.ui.headers import HEADERS
from airflow_provider_wan.ui.instance import Place
from tests.ui.auth import SEALED, SECRET
from tests.ui.conftest import MP4, Laid
from tests.ui.laid import edited, lay, lay_dag, lay_run
from tests.ui.serving import Served

PAGES = ("edit", "edit/data", "run", "run/data", "media")


def link(place: Place, page: str) -> str:
    return place.link(page, **({"of": "result"} if page == "media" else {}))


@pytest.fixture(scope="module")
def hidden(served: Served) -> dict[str, Place]:
    """An edit in a DAG that `bob` may not see, one in a DAG of which he may not see XComs, and one he may see."""
    (served.roots / "hidden.mp4").write_bytes(MP4)
    places = {}
    for dag_id in (SECRET, SEALED, "open"):
        place = Place(dag_id, "r1", "edit")
        lay_dag(dag_id)
        places[dag_id] = lay(lay_run(dag_id, "r1"), place, edited(f"file://{served.roots}/hidden.mp4"))
    return places


@pytest.mark.parametrize("page", PAGES)
def test_who_is_not_signed_in_gets_401(served: Served, hidden: dict[str, Place], page: str) -> None:
    for place in hidden.values():
        answer = served.get(link(place, page), user=None)
        assert answer.status_code == 401
    assert served.get(page, user=None).status_code == 401
    wrong = served.get(link(hidden["open"], page), user=None, Authorization="Bearer not-a-token")
    assert wrong.status_code in (401, 403)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("dag_id", [SECRET, SEALED, "open"])
@pytest.mark.parametrize("user", ["ann", "bob"])
def test_the_answer_is_that_of_airflows_api(
    served: Served, hidden: dict[str, Place], page: str, dag_id: str, user: str
) -> None:
    own = served.api(f"dags/{dag_id}/dagRuns/r1/taskInstances/edit/xcomEntries/return_value", user)
    assert own == (403 if user == "bob" and dag_id != "open" else 200)
    assert served.get(link(hidden[dag_id], page), user=user).status_code == own


@pytest.mark.parametrize("page", PAGES)
def test_a_dag_that_is_hidden_cannot_be_named_beside_one_that_is_not(
    served: Served, hidden: dict[str, Place], page: str
) -> None:
    asked = link(hidden["open"], page)
    for twice in (f"{asked}&dag_id={SECRET}", f"{page}?dag_id={SECRET}&{asked.partition('?')[2]}"):
        assert served.get(twice, user="bob").status_code == 422
    for several in ("~", ""):
        answer = served.get(link(Place(several, "r1", "edit"), page), user="bob")
        assert answer.status_code in (403, 422)


@pytest.mark.parametrize("page", PAGES)
def test_only_reading_is_possible(served: Served, hidden: dict[str, Place], page: str) -> None:
    import httpx

    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = httpx.request(
            method,
            served.url + link(hidden["open"], page),
            cookies={"_token": served.tokens["ann"]},
            verify=ssl_context(),
        )
        assert answer.status_code == 405
        assert answer.headers["content-security-policy"] == HEADERS["Content-Security-Policy"]


WICKED = [
    "../../etc/passwd",
    "..%2F..%2Fetc",
    "a/b",
    "a\\b",
    "'; DROP TABLE xcom; --",
    '" OR "1"="1',
    "<script>alert(1)</script>",
    "%",
    "{{ 7*7 }}",
    "~",
    "\N{SNOWMAN}\N{GRINNING FACE}",
    "x" * 250,
]


@pytest.mark.parametrize("wicked", WICKED)
def test_ids_name_and_do_nothing_else(served: Served, wicked: str) -> None:
    (served.roots / "wicked.mp4").write_bytes(MP4)
    number = lay_run(f"wicked {WICKED.index(wicked)}", wicked)
    place = Place(f"wicked {WICKED.index(wicked)}", wicked, wicked)
    lay(number, place, edited(f"file://{served.roots}/wicked.mp4"))
    data = served.get(place.link("edit/data"))
    assert data.status_code == 200
    assert data.headers["content-type"] == "application/json"
    got = data.json()
    assert (got["run_id"], got["task_id"], got["phase"]) == (wicked, wicked, "succeeded")
    assert served.get(got["result"]["media"]).content == MP4
    run = served.get(place.link("run/data")).json()
    assert served.get("edit/data" + run["edits"][0]["page"].removeprefix("edit")).json()["task_id"] == wicked
    page = served.get(place.link("edit"))
    assert wicked not in page.text or wicked in "%~"  # it holds nothing of what is asked for


@pytest.mark.parametrize("name", ["dag_id", "run_id", "task_id"])
@pytest.mark.parametrize("wicked", [*WICKED, "\0", "a\0b", "a\nb", "x" * 251, "x" * 5000, ""])
@pytest.mark.parametrize("page", ["edit/data", "media"])
def test_ids_that_name_nothing_find_nothing(
    served: Served, hidden: dict[str, Place], name: str, wicked: str, page: str
) -> None:
    names = {"dag_id": "open", "run_id": "r1", "task_id": "edit", "of": "result", name: wicked}
    answer = served.get(
        f"{page}?" + "&".join(f"{key}={quote(value, safe='')}" for key, value in names.items())
    )
    assert answer.status_code == (422 if len(wicked) > 250 or not wicked.isprintable() or not wicked else 404)
    assert "<script>" not in answer.text
    assert isinstance(answer.json()["detail"], str)


@pytest.mark.parametrize(
    "of", ["../x", "result/../../x", "file:///etc/passwd", "http://127.0.0.1/", "<b>", "\0", ""]
)
def test_what_is_asked_for_is_never_an_address(served: Served, hidden: dict[str, Place], of: str) -> None:
    answer = served.get(hidden["open"].link("media", of=of))
    assert answer.status_code in (404, 422)


@pytest.mark.parametrize(
    "name",
    ["../app.py", "..%2fapp.py", "%2e%2e/app.py", "....//app.py", "/etc/passwd", "%2fetc%2fpasswd", "app.py", ".", "",
     "edit.html%00.js", "edit.html/", "EDIT.HTML", "a" * 3000 + ".js"],
)  # fmt: skip
def test_static_files_are_those_of_the_folder_alone(served: Served, name: str) -> None:
    answer = served.get(f"static/{name}", user=None)
    assert answer.status_code in (401, 404, 422)
    assert "FastAPI" not in answer.text


def test_static_files_need_no_login_and_are_not_sent_twice(served: Served) -> None:
    first = served.get("static/edit.js", user=None)
    assert (first.status_code, first.headers["content-type"]) == (200, "text/javascript; charset=utf-8")
    again = served.get("static/edit.js", user=None, **{"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_every_answer_has_the_headers(served: Served, hidden: dict[str, Place], laid: Laid) -> None:
    place = hidden["open"]
    bad = laid({"wan_request": {}}, "bad")
    asked = [link(place, page) for page in PAGES]
    asked += [
        "static/edit.js",
        "static/none.js",
        "none",
        "edit/",
        "edit",
        "docs",
        "openapi.json",
        link(bad, "media"),
        Place("open", "none", "edit").link("edit/data"),
    ]
    for path in asked:
        for user in ("ann", None):
            answer = served.get(path, user=user)
            assert not answer.is_redirect, path
            for name, value in HEADERS.items():
                assert answer.headers[name] == value, path
            assert "no-store" in answer.headers["cache-control"] or "etag" in answer.headers
            assert "set-cookie" not in answer.headers
