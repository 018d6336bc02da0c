"""What a person who reviews edits is shown and asked, for use with Airflow's own human-in-the-loop operators.

    review = ApprovalOperator(
        task_id="review", subject="Publish it?", body=review_body("edit", "poster"),
        defaults="Reject", response_timeout=REVIEW_TIME)

All of it is templates, rendered by the task that uses them, which must come after the tasks that they name. Take
`HITLOperator` where what was chosen or written matters later: `HITLBranchOperator` doesn't return it where it skips.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from string import Template

REVIEW_TIME = timedelta(hours=12)
"""How long a person may take where the result isn't landed yet.

The service deletes it 24 hours after the edit's submission. By default an edit may take 4 of them, others that are
reviewed with it may wait for room before, and the result must still be landed.
"""

# Addresses are relative to the one at which Airflow is opened, so they hold whatever it is called. What a prompt says
# must not become a picture or a link, so it is shown as code, which Markdown leaves alone.
_BODY = Template("""\
{%- set edit_id, poster_id, labels = $edit, $poster, $candidates %}
{%- set until, said = namespace(first=""), namespace(prompt="") %}
{%- for label in labels or [none] %}
{%- set index = loop.index0 if labels else -1 %}
{%- set edit = ti.xcom_pull(task_ids=edit_id, map_indexes=index) or {} %}
{%- set prompt = (ti.xcom_pull(task_ids=edit_id, map_indexes=index, key="wan_request") or {}).get("prompt") %}
{%- set poster = poster_id and ti.xcom_pull(task_ids=poster_id, map_indexes=index) %}
{%- set tab = "dags/" ~ ti.dag_id | urlencode | replace("/", "%2F") ~ "/runs/" ~
    ti.run_id | urlencode | replace("/", "%2F") ~ "/tasks/" ~ edit_id | urlencode ~
    ("/mapped/" ~ index if labels else "") ~ "/plugin/video" %}
{%- if label %}### {{ label }}

{% endif %}
{%- if poster %}
{%- set of = {"dag_id": ti.dag_id, "run_id": ti.run_id, "task_id": poster_id, "map_index": index, "of": "result"} %}
{#- #}[![Frames of the edit](wan/media?{{ of | urlencode }})]({{ tab }})

{% endif %}
{%- if edit %}
{%- set cost, seconds = edit.get("cost"), edit.get("billed_seconds") %}
{%- set began, ended = edit.get("submitted_at"), edit.get("finished_at") %}
{#- #}**{{ "%.2f %s" | format(cost.amount | float, cost.currency) if cost else "Price unknown" }}**
{%- if seconds %} for {{ "%g" | format(seconds) }} billed seconds{% endif %}
{%- if began and ended %}
{%- set took = (macros.datetime.fromisoformat(ended) - macros.datetime.fromisoformat(began)).total_seconds() %}
{#- #}, made in {{ "%d min %d s" | format(took // 60, took % 60) if took >= 60 else "%d s" | format(took) }}
{%- endif %}. [Watch it]({{ tab }})
{%- set expires = "" if edit.get("output_path") else edit.get("expires_at") or "" %}
{%- if expires and not (until.first and until.first < expires) %}{% set until.first = expires %}{% endif %}
{%- else %}There is no result. [See why]({{ tab }})
{%- endif %}
{%- if prompt and prompt != said.prompt %}{% set said.prompt = prompt %}

{{ prompt | indent(4, first=true) }}
{%- endif %}

{% endfor %}
{%- if until.first %}
{%- set until.first = macros.datetime.fromisoformat(until.first).strftime("%d %B at %H:%M %Z") %}
{#- #}The service deletes {{ "the first of these" if labels else "it" }} on {{ until.first }}; \
until you answer, nothing is landed.
{%- endif %}""")

_NEWEST = Template("{{ ($results) | tojson }}")
_PROMPT = Template('{{ ($choice["params_input"] or {}).get("new_prompt") or $request["prompt"] }}')


def review_body(edit: str, poster: str | None = None, *, candidates: Sequence[str] = ()) -> str:
    """Return a template for the `body` of a review, in Markdown as Airflow's page shows it.

    It shows the poster, what the edit cost and how long it took, its prompt (of several in a row that have the same,
    once), the way to the tab where it plays beside the original, and until when the service keeps a result that isn't
    landed. There is no signed address in it.

    Args:
        edit: Task id of the edit.
        poster: Task id of what makes one picture of it, as `VideoContactSheetOperator` does. Airflow shows pictures
            300 pixels wide. None: no picture.
        candidates: For mapped tasks, what each of their instances is called, in the order of their map indexes.
    """
    named = {"edit": edit, "poster": poster, "candidates": list(candidates)}
    return _BODY.substitute({name: _spelled(value) for name, value in named.items()})


def newest_result(*edits: str) -> str:
    """Return a template for the result of the last of some edits that was made, where later ones were skipped.

    Args:
        edits: Their task ids, in the order of the rounds.
    """
    return _NEWEST.substitute(results=" or ".join(_pulled(edit) for edit in reversed(edits)))


def new_prompt(review: str, edit: str) -> str:
    """Return a template for the prompt of an edit that follows a rejected one.

    Args:
        review: Task id of the review, a `HITLOperator` whose form (`params`) has a field `new_prompt`. Not the name of
            a parameter of the DAG: what a run is given for that, Airflow would put into the form.
        edit: Task id of the rejected edit. Its prompt is used again where the field was left empty.
    """
    return _PROMPT.substitute(choice=_pulled(review), request=_pulled(edit, "wan_request"))


def _pulled(task_id: str, key: str = "return_value") -> str:
    return f"ti.xcom_pull(task_ids={_spelled(task_id)}, key={_spelled(key)}, map_indexes=-1)"


def _spelled(value: str | list[str] | None) -> str:
    """Spell a value as Jinja does."""
    return "none" if value is None else json.dumps(value, ensure_ascii=False)
