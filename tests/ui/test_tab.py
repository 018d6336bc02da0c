"""What the page of a task instance gets to show, and which files its records name."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_wan.ui import holdings
from airflow_provider_wan.ui.instance import Instance, Place, Sibling
from airflow_provider_wan.ui.tab import tab
from airflow_provider_wan.ui.tiles import entry_tiles, tile_of
from tests.ui.browser import states
from tests.ui.laid import JOB, NOW, SIGNATURE, ago, edited, entry, failure, progress, request, result
from tests.ui.test_values import JSON

PLACE = Place("d/'\"", "r&1", "edit <b>", 3)
URI = "s3://media-team/edits/a.mp4"


def made(
    state: str | None = "success", operator: str = "WanVideoRepaintingOperator", **values: Any
) -> Instance:
    return Instance(PLACE, state, 1, operator, begun=NOW - timedelta(seconds=210), values=values)


def shown(instance: Instance, **more: Any) -> dict[str, Any]:
    return tab(instance, now=NOW, **more)


@pytest.mark.parametrize(
    "instance",
    [
        made(**edited(URI)),
        made("deferred", wan_progress=progress("ROOM", since=ago(5), queue={"pending": 1, "running": 2})),
        made("failed", wan_failure=failure()),
        made("success", "BashOperator", return_value="x"),
        made("success", "VideoSplitOperator", return_value=["s3://b/1.mp4", "s3://b/2.mp4"]),
        made("success", "WanBatchEditOperator", return_value=[entry(0)]),
    ],
)
def test_the_page_gets_exactly_what_was_agreed_on(instance: Instance) -> None:
    got = shown(
        instance, siblings=(1, [Sibling(3, "success", "x")]), spent={"paid": {"CNY": "3.50"}, "jobs": 1}
    )
    agreed = states.edit()
    assert got.keys() == agreed.keys()
    for name in ("job", "prompt", "result", "cost", "spent", "failure", "waiting"):
        whole = {**agreed, "failure": states.failed()["failure"], "waiting": states.waiting()["waiting"]}
        assert got[name] is None or got[name].keys() == whole[name].keys(), name
    assert all(one.keys() == agreed["inputs"][0].keys() for one in got["inputs"])
    assert all(one.keys() == agreed["timeline"][0].keys() for one in got["timeline"])
    assert all(one.keys() == states.tile(0).keys() for one in got["edits"] or [])
    assert got["siblings"]["items"] == [{"map_index": 3, "state": "success", "label": "x"}]
    assert tile_of(instance, NOW).keys() == states.tile(0).keys()


def test_a_landed_edit_shows_all_that_is_known_of_it() -> None:
    got = shown(made(wan_request=request(), **{k: v for k, v in edited(URI).items() if k != "wan_request"}))
    assert (got["kind"], got["phase"], got["function"]) == ("edit", "succeeded", "video_repainting")
    assert got["job"]["task_id"] == JOB
    assert got["prompt"] == {
        "sent": "A rabbit in ink",
        "rewritten": "A plump rabbit in flowing ink",
        "negative": "text",
    }
    assert got["parameters"] == [["control_condition", "scribble"], ["prompt_extend", True], ["seed", 7]]
    assert (got["result"]["uri"], got["result"]["landed"]) == (URI, True)
    assert got["result"]["media"] == (
        "media?dag_id=d%2F%27%22&run_id=r%261&task_id=edit%20%3Cb%3E&map_index=3&of=result"
    )
    assert got["billed_seconds"] == 5.0
    assert got["refresh_seconds"] is None


@pytest.mark.parametrize(
    ("recorded", "read"),
    [
        ("videoedit", "video edit"),
        ("i2v_media", "image to video"),
        ("video_edit", "video_edit"),
        ("new", "new"),
    ],
)
def test_a_family_of_models_has_a_readable_name_and_a_function_its_own(recorded: str, read: str) -> None:
    instance = made(**edited(URI) | {"wan_request": request(function=recorded)})
    assert shown(instance)["function"] == tile_of(instance, NOW)["function"] == read
    batch = made("success", "WanBatchEditOperator", return_value=[entry(0) | {"function": recorded}])
    assert [one["function"] for one in entry_tiles(batch, NOW)] == [read]


def test_prices_have_their_date() -> None:
    got = shown(made(**edited(URI)), price_date=lambda model, region: f"{model} in {region}")
    assert got["cost"] == {
        "amount": "3.50",
        "currency": "CNY",
        "price_date": "wan2.1-vace-plus in ap-southeast-1",
    }


@pytest.mark.parametrize("path", [None, URI, f"{URI}?X-Amz-Signature={SIGNATURE}"])
def test_no_signature_gets_into_the_page(path: str | None) -> None:
    signed = f"https://h/a.mp4?Expires=1&Signature={SIGNATURE}"
    values = edited(path) | {
        "wan_request": request(
            inputs=[{"name": "video_url", "kind": "video", "uri": signed}], parameters={"callback": signed}
        ),
        "wan_failure": failure(message=f"could not read {signed}"),
    }
    instance = made(**values)
    batch = made("success", "WanBatchEditOperator", return_value=[entry(0, usage={"url": signed})])
    assert SIGNATURE not in json.dumps([shown(instance), tile_of(instance, NOW), shown(batch)])


def test_where_a_file_was_landed_the_signed_address_is_not_used() -> None:
    held = holdings.find(made(**edited(URI)), "result", NOW)
    assert held is not None
    assert held.address == URI
    unlanded = holdings.find(made(**edited(None)), "result", NOW)
    assert unlanded is not None
    assert SIGNATURE in str(unlanded.address)


def test_an_expired_result_has_no_file_and_says_so() -> None:
    gone = made(return_value=result(expires_at=ago(1)))
    got = shown(gone)
    assert got["phase"] == "expired"
    assert (got["result"]["media"], got["result"]["why_not"]) == (None, holdings.GONE)
    held = holdings.find(gone, "result", NOW)
    assert held is not None
    assert (held.address, held.gone) == (None, True)


@pytest.mark.parametrize(
    ("uri", "word"),
    [
        ("data:video/mp4;base64,AAAA... (90000 characters)", "request itself"),
        ("oss://dashscope-instant/abc/a.mp4", "temporary storage"),
        ("https://dashscope-result-sgp.oss-ap-southeast-1.aliyuncs.com/1d/a.mp4", "signatures aren't kept"),
        (None, "no address"),
        (7, "no address"),
    ],
)
def test_inputs_that_cannot_be_shown_say_why(uri: Any, word: str) -> None:
    got = shown(made(wan_request=request(inputs=[{"name": "video_url", "kind": "video", "uri": uri}])))
    [one] = got["inputs"]
    assert one["media"] is None
    assert word in one["why_not"]


def test_what_the_deployment_does_not_show_says_why() -> None:
    got = shown(made(**edited("file:///etc/a.mp4")), why_not=lambda uri: "no" if "etc" in uri else None)
    assert (got["result"]["media"], got["result"]["why_not"]) == (None, "no")
    assert got["inputs"][0]["why_not"] is None


@pytest.mark.parametrize(
    "of", ["", "result:1", "input:1", "input:-1", "input:", "edit:0", "input:00000000", "/etc/a"]
)
def test_a_file_that_the_records_do_not_name_is_none(of: str) -> None:
    assert holdings.find(made(**edited(URI)), of, NOW) is None


def test_a_batch_shows_each_edit_and_the_jobs_that_go_on() -> None:
    wrong = {
        "index": 1,
        "function": "video_edit",
        "status": "FAILED",
        "error": "Job job-1 failed.",
        "code": "DataInspectionFailed",
        "task_id": "job-1",
        "retry": "never",
    }
    entries = [wrong, entry(0, output_path=URI), entry(4, expires_at=ago(1))]
    jobs = [*(f"job-{n}" for n in (0, 1, 4)), "0000-1111-2222"]
    batch = made("deferred", "WanBatchEditOperator", partial_results=entries, wan_task_id=jobs)
    got = shown(batch)
    assert (got["kind"], got["phase"]) == ("batch", "running")
    assert [(one["index"], one["phase"]) for one in got["edits"]] == [
        (0, "succeeded"),
        (1, "failed"),
        (4, "expired"),
        (None, "running"),
    ]
    assert got["edits"][1]["failure"] == {"code": "DataInspectionFailed", "message": "Job job-1 failed."}
    held = holdings.find(batch, "edit:0", NOW)
    assert held is not None
    assert held.address == URI
    assert holdings.find(batch, "edit:1", NOW) is None
    assert [
        one["phase"] for one in entry_tiles(made("failed", "WanBatchEditOperator", **batch.values), NOW)
    ] == [
        "succeeded",
        "failed",
        "expired",
    ]


@pytest.mark.parametrize(
    ("operator", "values", "result", "edits"),
    [
        ("VideoTrimOperator", {"return_value": {"output_path": URI, "frames": 24, "fps": 24.0}}, URI, None),
        ("VideoContactSheetOperator", {"return_value": "s3://b/sheet.png"}, "s3://b/sheet.png", None),
        ("VideoFramesOperator", {"return_value": {"first": "s3://b/f.png", "last": "s3://b/l.png"}}, None, 2),
        ("VideoSplitOperator", {"return_value": [{"output_path": URI}, {"output_path": URI}]}, None, 2),
        ("VideoProbeOperator", {"return_value": {"seconds": 4.0, "codec": "h264"}}, None, None),
        (
            "VideoCheckOperator",
            {"report": {"ok": False, "picture": "s3://b/fault.png"}},
            "s3://b/fault.png",
            None,
        ),
        ("Own", {"return_value": {"output_path": URI}, "output_path": URI}, URI, None),
    ],
)
def test_work_on_footage_shows_what_it_made(
    operator: str, values: dict[str, Any], result: str | None, edits: int | None
) -> None:
    got = shown(made("success", operator, **values))
    assert got["kind"] == "footage"
    assert (got["result"] and got["result"]["uri"]) == result
    assert (got["edits"] and len(got["edits"])) == edits
    assert got["spent"] is None
    if result:
        assert got["result"]["kind"] == ("image" if result.endswith(".png") else "video")


def test_anothers_task_shows_nothing_of_what_it_has() -> None:
    got = shown(
        made("success", "BashOperator", return_value={"task_id": "x", "video_url": "https://h/a.mp4"})
    )
    assert got["kind"] == "none"
    assert (got["result"], got["inputs"], got["parameters"], got["job"]) == (None, [], [], None)


@given(st.dictionaries(st.sampled_from(["wan_request", "wan_progress", "wan_failure", "wan_task_id", "return_value",
       "partial_results", "report", "wan_cost"]), JSON), st.sampled_from([None, "running", "success", "failed"]),
       st.sampled_from(["WanVideoEditOperator", "WanBatchEditOperator", "VideoTrimOperator", "Other"]))  # fmt: skip
def test_records_may_hold_anything(values: dict[str, Any], state: str | None, operator: str) -> None:
    instance = made(state, operator, **values)
    json.dumps([shown(instance, spent=values.get("wan_cost") if isinstance(values.get("wan_cost"), dict) else None),
                tile_of(instance, NOW), entry_tiles(instance, NOW)], allow_nan=False)  # fmt: skip
    for of in ("result", "input:0", "edit:0"):
        holdings.find(instance, of, NOW)


@given(JSON, JSON, JSON)
def test_parts_of_records_may_hold_anything(one: Any, other: Any, third: Any) -> None:
    values: dict[str, Any] = {
        "wan_request": request(inputs=[{"uri": one, "kind": other}, one], parameters=third, attempt=one),
        "wan_progress": progress("RUNNING", at=one, queue=other, submitted_at=third),
        "return_value": result(cost={"amount": one, "currency": other}, usage=third, expires_at=one),
        "wan_failure": failure(message=one, code=other, at=third),
    }
    for state in ("running", "success", "failed"):
        instance = made(state, **values)
        json.dumps([shown(instance), tile_of(instance, NOW)], allow_nan=False)
    batch = made(
        "success", "WanBatchEditOperator", return_value=[{"index": one, "task_id": other, "cost": third}]
    )
    json.dumps(shown(batch), allow_nan=False)
