"""What an attempt begins with, by what is on record. No service is needed for that."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import pytest

from airflow_provider_wan.jobs import Job
from airflow_provider_wan.ledger import KEY, RETENTION, Entry, Ledger, Step, decide, fingerprint, read_entry
from tests.conftest import FakeStore

JOB = Job("j", "r", "wan2.1-vace-plus", "video_outpainting", "ap-southeast-1", 1000.0, 9000.0)
INTENT = Entry("this", 1, intent_at=1000.0)
SUBMITTED = replace(INTENT, job=JOB)
DONE = replace(SUBMITTED, done=True)
ASKED = replace(INTENT, asked=True)


@pytest.mark.parametrize(
    ("entry", "retry", "clear"),
    [
        (None, Step.SUBMIT, Step.SUBMIT),
        (INTENT, Step.ASK, Step.ASK),
        (ASKED, Step.ASK, Step.SUBMIT),
        (SUBMITTED, Step.ATTACH, Step.ATTACH),
        (DONE, Step.COLLECT, Step.SUBMIT),
    ],
)
@pytest.mark.parametrize("steady", [False, True])
def test_same_request(entry: Entry | None, retry: Step, clear: Step, steady: bool) -> None:
    assert decide(entry, fingerprint="this", generation=1, steady=steady) is retry
    assert decide(entry, fingerprint="this", generation=2, steady=steady) is clear


@pytest.mark.parametrize(
    ("entry", "retry"),
    [
        (None, Step.SUBMIT),
        (INTENT, Step.ASK),
        (ASKED, Step.ASK),
        (SUBMITTED, Step.ATTACH),
        (DONE, Step.COLLECT),
    ],
)
def test_another_request_is_another_edit_but_for_a_retry_of_a_steady_one(
    entry: Entry | None, retry: Step
) -> None:
    assert decide(entry, fingerprint="other", generation=1, steady=True) is retry
    assert decide(entry, fingerprint="other", generation=1) is Step.SUBMIT
    for steady in (False, True):
        assert decide(entry, fingerprint="other", generation=2, steady=steady) is Step.SUBMIT


def test_record_that_a_steady_edit_takes_up_stays_about_what_was_submitted() -> None:
    """So that a person's clear is compared with the request that the job was made of."""
    store = FakeStore()
    Ledger(store, fingerprint="this", generation=1, steady=True).intend(1000.0)
    retry = Ledger(store, fingerprint="other", generation=1, steady=True)
    assert not retry.as_recorded
    for keep in (retry.submitted, retry.done):
        keep(JOB)
        entry = read_entry(store.get(KEY))
        assert entry is not None
        assert (entry.fingerprint, entry.intent_at, entry.job) == ("this", 1000.0, JOB)
    assert Ledger(store, fingerprint="this", generation=2, steady=True).as_recorded


def test_new_intent_is_of_the_request_at_hand() -> None:
    store = FakeStore()
    Ledger(store, fingerprint="this", generation=1, steady=True).submitted(JOB)
    retry = Ledger(store, fingerprint="other", generation=1, steady=True)
    retry.withdraw()
    retry.intend(2000.0, model="wan2.7-videoedit", function="video_edit")
    retry.submitted(JOB)
    entry = read_entry(store.get(KEY))
    assert entry is not None
    assert entry.fingerprint == "other"


def test_record_says_which_model_an_intent_is_for() -> None:
    store = FakeStore()
    Ledger(store, fingerprint="this", generation=1).intend(
        1.0, model="wan2.7-videoedit", function="video_edit"
    )
    entry = read_entry(store.get(KEY))
    assert entry == Entry("this", 1, 1.0, model="wan2.7-videoedit", function="video_edit")


def test_each_thing_that_happens_is_written_whole_and_kept_for_a_week() -> None:
    store = FakeStore()
    ledger = Ledger(store, fingerprint="this", generation=3, key="wan_edit.this.1")

    def written() -> Entry | None:
        assert list(store.values) == ["wan_edit.this.1"]
        assert store.kept_for["wan_edit.this.1"] == RETENTION
        entry = read_entry(store.get("wan_edit.this.1"))
        assert entry == ledger.entry
        return entry

    assert ledger.entry is None
    ledger.intend(990.0, model="wan2.7-videoedit", function="video_edit")
    intent = Entry("this", 3, 990.0, model="wan2.7-videoedit", function="video_edit")
    assert written() == intent
    ledger.unanswered("")  # there is nothing to keep
    assert written() == intent
    ledger.unanswered("r")
    assert written() == replace(intent, request_id="r")
    ledger.asked()
    assert written() == replace(intent, request_id="r", asked=True)
    ledger.submitted(JOB)
    assert written() == Entry("this", 3, 990.0, JOB)
    ledger.done(JOB)
    assert written() == Entry("this", 3, 990.0, JOB, done=True)
    ledger.withdraw()
    assert store.values == {}
    assert ledger.entry is None


def test_job_that_was_found_without_a_record_counts_from_its_submission() -> None:
    for keep in (Ledger.submitted, Ledger.done):
        ledger = Ledger(FakeStore(), fingerprint="this", generation=1)
        keep(ledger, JOB)
        assert ledger.entry is not None
        assert ledger.entry.intent_at == JOB.submitted_at


def test_nothing_is_asked_or_answered_where_nothing_was_intended(caplog: pytest.LogCaptureFixture) -> None:
    store = FakeStore()
    ledger = Ledger(store, fingerprint="this", generation=1)
    assert not caplog.records  # a store without a record is nothing to warn of
    ledger.asked()
    ledger.unanswered("r")
    assert (ledger.entry, store.values) == (None, {})


def test_who_is_told_of_a_clear_s_question_has_decided_by_the_next_clear() -> None:
    store = FakeStore()
    Ledger(store, fingerprint="this", generation=1).intend(1000.0)
    after_a_clear = Ledger(store, fingerprint="this", generation=2)
    assert (after_a_clear.first_step(), after_a_clear.cleared) == (Step.ASK, True)
    after_a_clear.asked()
    assert not after_a_clear.cleared  # a retry of that same attempt asks again
    assert Ledger(store, fingerprint="this", generation=2).first_step() is Step.ASK
    assert Ledger(store, fingerprint="this", generation=3).first_step() is Step.SUBMIT


def test_first_step_is_decided_for_the_request_at_hand() -> None:
    store = FakeStore()
    Ledger(store, fingerprint="this", generation=1).submitted(JOB)
    assert Ledger(store, fingerprint="this", generation=1).first_step() is Step.ATTACH
    assert Ledger(store, fingerprint="other", generation=1).first_step() is Step.SUBMIT
    assert Ledger(store, fingerprint="other", generation=1, steady=True).first_step() is Step.ATTACH


def test_without_a_store_an_attempt_knows_what_it_did_and_the_next_one_nothing() -> None:
    ledger = Ledger(None, fingerprint="this", generation=1)
    ledger.intend(1000.0)
    assert ledger.entry == INTENT
    ledger.withdraw()
    assert ledger.entry is None
    ledger.submitted(JOB)
    assert not ledger.remembers
    assert not ledger.cleared
    assert Ledger(None, fingerprint="this", generation=1).first_step() is Step.SUBMIT
    assert Ledger(FakeStore(), fingerprint="this", generation=1).remembers


BODY: dict[str, Any] = {
    "model": "wan2.1-vace-plus",
    "input": {
        "prompt": "Weiß 兔",
        "ref": ["https://b.example.com/a.png?X-Amz-Signature=1&X-Amz-Date=2&v=3"],
        "n": None,
    },
    "parameters": {"left_scale": 1.5, "on": True},
}


def test_fingerprint_is_the_one_that_records_of_earlier_versions_hold() -> None:
    """Another one would have a retry that runs into an upgrade of this package pay again."""
    assert fingerprint(BODY, "ap-southeast-1") == "201faa208c39d5549557fa8267aa5572"


def test_fingerprint_is_of_all_that_makes_an_edit_and_of_nothing_else() -> None:
    this = fingerprint(BODY, "ap-southeast-1")
    signed_anew = {
        **BODY["input"],
        "ref": ("https://b.example.com/a.png?X-Amz-Signature=5&X-Amz-Date=6&v=3",),
    }
    turned_round = dict(reversed(list((BODY | {"input": signed_anew}).items())))
    assert fingerprint(turned_round, "ap-southeast-1") == this
    others = [
        fingerprint(BODY, "cn-beijing"),
        fingerprint(BODY | {"parameters": {"left_scale": 1.5, "on": False}}, "ap-southeast-1"),
        fingerprint(
            BODY | {"input": BODY["input"] | {"ref": ["https://b.example.com/b.png"]}}, "ap-southeast-1"
        ),
    ]
    assert len({this, *others}) == 4


@pytest.mark.parametrize(
    "found", ["text", [], {}, {"fingerprint": "x"}, {"fingerprint": "x", "job": {"a": 1}}]
)
def test_what_is_no_record_is_left_out_of_account_with_a_warning(
    found: object, caplog: pytest.LogCaptureFixture
) -> None:
    assert read_entry(found) is None
    assert [(record.levelname, record.message[:13]) for record in caplog.records] == [
        ("WARNING", "A task state ")
    ]


@pytest.mark.parametrize("missing", ["fingerprint", "generation", "intent_at"])
def test_record_that_lacks_what_counts_is_none(missing: str) -> None:
    stored = asdict(SUBMITTED)
    del stored[missing]
    assert read_entry(stored) is None


@pytest.mark.parametrize(
    "entry", [INTENT, ASKED, SUBMITTED, DONE, replace(INTENT, request_id="r", model="m", function="f")]
)
def test_record_is_read_as_it_was_written(entry: Entry) -> None:
    assert read_entry(asdict(entry)) == entry


def test_record_of_an_earlier_version_is_read() -> None:
    old: dict[str, Any] = {"fingerprint": "this", "generation": 1, "intent_at": 1000.0}
    assert read_entry(old) == INTENT
    assert read_entry(old | {"job": JOB.as_dict()}) == SUBMITTED
    assert read_entry(old | {"request_id": None, "model": None, "function": None}) == INTENT
