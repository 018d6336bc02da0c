"""What an attempt begins with, by what is on record. No service is needed for that."""

from __future__ import annotations

from dataclasses import replace

import pytest

from airflow_provider_wan.jobs import Job
from airflow_provider_wan.ledger import KEY, Entry, Ledger, Step, decide, read_entry
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


@pytest.mark.parametrize(
    "found", ["text", [], {}, {"fingerprint": "x"}, {"fingerprint": "x", "job": {"a": 1}}]
)
def test_what_is_no_record_is_left_out_of_account(found: object) -> None:
    assert read_entry(found) is None


def test_record_of_an_earlier_version_is_read() -> None:
    old = {"fingerprint": "this", "generation": 1, "intent_at": 1000.0, "job": JOB.as_dict()}
    assert read_entry(old) == SUBMITTED
