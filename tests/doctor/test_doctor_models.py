"""What the doctor finds of models, upload policies and limits."""

from __future__ import annotations

from airflow_provider_wan.doctor.models import INVENTED
from tests.doctor.bending import Bent
from tests.doctor.conftest import Examine, Start, levels, seen_by, sentence, told, worst


def test_model_that_the_service_does_not_know_or_the_key_may_not_use_is_named(bent: Examine) -> None:
    def refuse(call: Bent) -> None:
        name = call.query.get("model", "")
        if call.path == "/uploads" and name == "wan2.7-t2v":
            call.says({"code": "InvalidParameter", "message": "Model not exist.", "request_id": "r"}, 400)
        if call.path == "/uploads" and name == "wan3.0-video":
            call.says(
                {"code": "Model.AccessDenied", "message": "Model access denied.", "request_id": "r"}, 403
            )
        if call.path == "/models":
            output = call.json["output"]
            output["models"] = [row for row in output["models"] if row["model"] != "wan2.7-t2v"]
            call.says({"output": output})

    report = bent(refuse)
    assert sentence(
        report, "models", "names 31 of the catalogue's 32 in this region; it doesn't name wan2.7-t2v"
    )
    assert sentence(report, "models", "30 of 32 models asked for give an upload policy")
    assert 'The service doesn\'t know wan2.7-t2v: HTTP 400 InvalidParameter ("Model not exist.")' in sentence(
        report, "models", "doesn't know"
    )
    assert "The key may not use wan3.0-video: HTTP 403 Model.AccessDenied" in sentence(
        report, "models", "may not use"
    )
    assert not report.troubled


def test_region_that_knows_none_of_the_models_is_trouble(bent: Examine) -> None:
    def refuse(call: Bent) -> None:
        if call.path == "/uploads":
            call.says({"code": "InvalidParameter", "message": "Model not exist.", "request_id": "r"}, 400)

    assert "trouble models" in worst(bent(refuse))


def test_policy_for_a_model_that_does_not_exist_proves_nothing_of_those_that_do(bent: Examine) -> None:
    def ask_for_another(call: Bent) -> None:
        if call.query.get("model") in (INVENTED, "wanx2.1-vace-plus"):
            call.query["model"] = "wan2.7-t2v"

    report = bent(before=ask_for_another)
    said = [text for _, text in told(report, "models")]
    assert any(
        "asked for a model that doesn't exist: one was given; expected: a refusal" in text for text in said
    )
    assert not any("the service knows them" in text for text in said)
    assert levels(report, "errors") == ["note"]  # no call was refused then


def test_policy_for_another_regions_spelling_tells_nothing_of_spellings(start: Start) -> None:
    strict, lenient = (
        sentence(seen_by(start(lenient_spelling=lenient).base_url), "models", "wanx2.1-vace-plus")
        for lenient in (False, True)
    )
    assert strict == "wanx2.1-vace-plus, another region's spelling, gets no upload policy here, as expected."
    assert "gives an upload policy here too, so policies don't tell spellings apart" in lenient


def test_policy_that_an_upload_cannot_use_is_trouble(bent: Examine) -> None:
    def lose(call: Bent) -> None:
        if call.path == "/uploads" and call.status == 200:
            body = call.json
            del body["data"]["x_oss_object_acl"]
            call.says(body)

    assert "without 'x_oss_object_acl'" in sentence(bent(lose), "uploads", "can't be used")


def test_model_that_is_going_to_be_taken_away_is_named_with_its_day(bent: Examine) -> None:
    def announce(call: Bent) -> None:
        if call.path == "/models":
            body = call.json
            for row in body["output"]["models"]:
                if row["model"] == "wan2.1-vace-plus":
                    row["inference_offline_info"] = {"offline_time": 1_798_761_600_000}
                if row["model"] == "wan2.6-t2v":
                    row["inference_offline_info"] = [{"offline_time": "2027-02-01 00:00:00"}]
            call.says(body)

    said = sentence(bent(announce), "models", "take these models away")
    assert "wan2.1-vace-plus (2027-01-01)" in said
    assert "wan2.6-t2v (2027-02-01)" in said


def test_list_of_models_that_is_not_served_is_replaced_by_policies(start: Start) -> None:
    report = seen_by(start(model_lists=False).base_url)
    assert sentence(report, "models", "has no list of models here: HTTP 404 NotFound")
    assert sentence(report, "models", "32 of 32 models asked for")
    assert sentence(report, "limits", "doesn't tell the account's limits here: HTTP 404 NotFound")
    assert not report.troubled


def test_list_of_models_in_pages_is_read_to_its_end(bent: Examine) -> None:
    def small(call: Bent) -> None:
        if call.path == "/models":
            call.query["page_size"] = "12"

    assert sentence(bent(before=small), "models", "names 32 of the catalogue's 32")


def test_limits_that_differ_from_the_catalogues_are_named(start: Start) -> None:
    emulator = start(running_slots=8, submit_rps=None)
    said = sentence(seen_by(emulator.base_url), "limits", "which differ from the catalogue's")
    assert "; running 1 -> 8 of wan2.2-animate-mix, wan2.2-animate-move; expected: the same;" in said
    agreeing = start(submit_rps=None)
    assert sentence(seen_by(agreeing.base_url), "limits", "models are the catalogue's")
