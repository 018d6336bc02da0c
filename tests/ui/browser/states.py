"""What the server says of edits in every state."""

from __future__ import annotations

from typing import Any

Data = dict[str, Any]
NOW = "2026-11-20T15:00:00.000+00:00"


def edit(**changes: Any) -> Data:
    """An edit that succeeded and was landed."""
    return {
        "kind": "edit",
        "dag_id": "d",
        "run_id": "r1",
        "task_id": "ink",
        "map_index": -1,
        "map_label": None,
        "state": "success",
        "phase": "succeeded",
        "attempt": 1,
        "function": "video_repainting",
        "model": "wan2.1-vace-plus",
        "region": "ap-southeast-1",
        "job": {
            "task_id": "0385dc79-5ff8-4d82-bcb6-7f3c1a9e2b44",
            "request_id": "4909100c-7b5a-9f92-bfe5-8d2e1c6f0a17",
            "console_url": "https://modelstudio.console.alibabacloud.com/ap-southeast-1?tab=dashboard#/job",
        },
        "prompt": {
            "sent": "A rabbit drawn in ink on rice paper, on a meadow of brush strokes",
            "rewritten": "A plump rabbit drawn in flowing black ink on textured rice paper, standing on a meadow of "
            "loose brush strokes, soft morning light, gentle camera movement, sumi-e style",
            "negative": "photo, text, watermark",
        },
        "parameters": [
            ["control_condition", "scribble"],
            ["strength", 0.8],
            ["prompt_extend", True],
            ["seed", 1234567],
            ["size", "1280*720"],
        ],
        "inputs": [
            {
                "name": "video_url",
                "kind": "video",
                "uri": "s3://media-team/raw/rabbit.mp4",
                "media": "media?of=before",
                "why_not": None,
            },
            {
                "name": "ref_images_url",
                "kind": "image",
                "uri": "s3://media-team/styles/rice-paper.png",
                "media": "media?of=reference",
                "why_not": None,
            },
            {
                "name": "mask_image_url",
                "kind": "image",
                "uri": "https://example.com/mask.png",
                "media": None,
                "why_not": "It lies at an address that isn't ours to fetch.",
            },
        ],
        "result": {
            "kind": "video",
            "media": "media?of=after",
            "uri": "s3://media-team/edits/rabbit-ink.mp4",
            "landed": True,
            "expires_at": "2026-11-21T14:58:30.000+00:00",
            "why_not": None,
        },
        "timeline": [
            {"name": "submitted", "at": "2026-11-20T14:55:02.154+00:00", "seconds": None},
            {"name": "running", "at": "2026-11-20T14:55:50.154+00:00", "seconds": 48.0},
            {"name": "ended", "at": "2026-11-20T14:58:23.154+00:00", "seconds": 153.0},
            {"name": "landed", "at": "2026-11-20T14:58:29.354+00:00", "seconds": 6.2},
        ],
        "billed_seconds": 5.0,
        "usage": {"video_duration": 5, "video_ratio": "1280*720", "video_count": 1},
        "cost": {"amount": "3.50", "currency": "CNY", "price_date": "2026-10-01"},
        "spent": {"paid": {"CNY": "3.50"}, "open": {}, "unknown": 0, "jobs": 1},
        "failure": None,
        "waiting": None,
        "edits": None,
        "siblings": None,
        "refresh_seconds": None,
        "now": NOW,
        **changes,
    }


def waiting(phase: str = "running", **changes: Any) -> Data:
    """An edit that isn't done."""
    status = {"waiting_for_room": "ROOM", "queued": "PENDING", "running": "RUNNING"}.get(phase, "RUNNING")
    whole: list[Data] = edit()["timeline"]
    return edit(
        **{
            "state": "deferred",
            "phase": phase,
            "result": None,
            "prompt": {"sent": edit()["prompt"]["sent"], "rewritten": None, "negative": None},
            "timeline": {"waiting_for_room": [], "queued": whole[:1]}.get(phase, whole[:2]),
            "billed_seconds": None,
            "usage": {},
            "cost": None,
            "spent": {"paid": {}, "open": {"CNY": "3.50"}, "unknown": 0, "jobs": 1},
            "job": None if phase == "waiting_for_room" else edit()["job"],
            "waiting": {
                "status": status,
                "since": "2026-11-20T14:58:47.000+00:00",
                "age_seconds": 73.0,
                "queue": {"pending": 50, "running": 5} if phase == "waiting_for_room" else None,
                "deadline": "2026-11-20T20:55:02.000+00:00",
            },
            "refresh_seconds": 5,
            "now": NOW,
            **changes,
        }
    )


def failed(**changes: Any) -> Data:
    """An edit whose output was rejected; an earlier attempt was paid."""
    advice = "Change the prompt or the inputs: the service's moderation refused them."
    return edit(
        **{
            "state": "failed",
            "phase": "failed",
            "attempt": 2,
            "result": None,
            "timeline": edit()["timeline"][:3],
            "billed_seconds": None,
            "usage": {},
            "cost": None,
            "spent": {"paid": {"CNY": "3.50"}, "open": {}, "unknown": 0, "jobs": 2},
            "prompt": {"sent": edit()["prompt"]["sent"], "rewritten": None, "negative": None},
            "failure": {
                "error": "ContentRejectedError",
                "code": "DataInspectionFailed",
                "message": "Job 0385dc79-5ff8-4d82-bcb6-7f3c1a9e2b44 failed with DataInspectionFailed: Output data "
                f"may contain inappropriate content. {advice} A failed job isn't billed. It is not retried.",
                "request_id": "4909100c-7b5a-9f92-bfe5-8d2e1c6f0a17",
                "task_id": "0385dc79-5ff8-4d82-bcb6-7f3c1a9e2b44",
                "advice": advice,
                "spent": "A failed job isn't billed.",
                "next": "It is not retried.",
                "retry": "never",
                "at": "2026-11-20T14:58:23.154+00:00",
            },
            **changes,
        }
    )


def expired(**changes: Any) -> Data:
    """An edit that was never landed, a day later."""
    gone = {**edit()["result"], "media": None, "uri": None, "landed": False}
    gone["why_not"] = "The service deletes results after 24 hours."
    return edit(**{"phase": "expired", "result": gone, "timeline": edit()["timeline"][:3], **changes})


def nothing(**changes: Any) -> Data:
    """Another's task."""
    empty = dict.fromkeys(edit())
    return {**empty, "kind": "none", "dag_id": "d", "run_id": "r1", "task_id": "mail", "map_index": -1,
            "phase": "not_started", "parameters": [], "inputs": [], "timeline": [], "now": NOW, **changes}  # fmt: skip


def siblings(total: int, current: int) -> Data:
    """How the instances of a mapped task are."""
    states = {3: "failed", 8: "up_for_retry", 12: "failed"}
    late = {
        total - 1: "scheduled",
        total - 2: "queued",
        total - 3: "running",
        total - 4: "deferred",
        total - 5: "deferred",
    }
    items = [
        {
            "map_index": n,
            "state": states.get(n) or late.get(n) or "success",
            "label": f"clip {n}" if n == current else None,
        }
        for n in range(total)
    ]
    return {"total": total, "items": items}


def mapped(total: int = 40, current: int = 3, **changes: Any) -> Data:
    """One of a mapped task's."""
    label = f"clip {current}"
    return edit(**{"map_index": current, "map_label": label, "siblings": siblings(total, current), **changes})


def tile(number: int, **changes: Any) -> Data:
    """An edit of a run, that succeeded."""
    return {
        "task_id": "repaint",
        "map_index": number,
        "index": None,
        "label": None,
        "phase": "succeeded",
        "state": "success",
        "function": "video_repainting",
        "model": "wan2.1-vace-plus",
        "prompt": "A rabbit drawn in ink on rice paper, on a meadow of brush strokes",
        "cost": {"amount": "3.50", "currency": "CNY"},
        "billed_seconds": 5.0,
        "seconds": 207.0,
        "result": {"kind": "video", "media": f"media?of={'after' if number % 2 else 'before'}"},
        "failure": None,
        "page": f"edit?dag_id=d&run_id=r1&task_id=repaint&map_index={number}",
        **changes,
    }


def unfinished(number: int, phase: str) -> Data:
    """An edit of a run, that isn't done."""
    bare = {"cost": None, "billed_seconds": None, "result": None, "seconds": 73.0}
    return tile(number, phase=phase, state="deferred", **bare)


def refused(number: int) -> Data:
    """An edit of a run, that failed."""
    why = {"code": "DataInspectionFailed", "message": "Output data may contain inappropriate content."}
    return tile(
        number, phase="failed", state="failed", failure=why, cost=None, billed_seconds=None, result=None
    )


def run(edits: list[Data], **changes: Any) -> Data:
    """A run with these edits."""
    done = sum(one["phase"] == "succeeded" for one in edits)
    bad = sum(one["phase"] == "failed" for one in edits)
    return {
        "dag_id": "d",
        "run_id": "r1",
        "state": "running" if done + bad < len(edits) else "success",
        "logical_date": "2026-11-20T14:00:00+00:00",
        "edits": edits,
        "total": len(edits),
        "offset": 0,
        "limit": 100,
        "totals": {
            "edits": len(edits),
            "succeeded": done,
            "failed": bad,
            "waiting": len(edits) - done - bad,
            "cost": {"CNY": f"{done * 3.5:.2f}"},
            "unpriced": 0,
            "billed_seconds": done * 5.0,
            "seconds": 512.0,
        },
        "refresh_seconds": None,
        "now": NOW,
        **changes,
    }


def some_edits() -> list[Data]:
    """Edits as a run has them, in the server's order."""
    return [
        refused(3),
        refused(12),
        unfinished(20, "running"),
        unfinished(21, "queued"),
        unfinished(22, "waiting_for_room"),
        *(tile(n) for n in range(3)),
        tile(
            5, label="a rather long label of a clip from the autumn campaign", task_id="outpaint_everything"
        ),
        tile(6, result={"kind": "image", "media": "media?of=reference"}, function="contact_sheet", cost=None),
    ]
