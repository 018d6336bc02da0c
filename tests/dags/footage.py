"""Footage that is cut, worked on piece by piece, joined and checked, as a run's parameters say."""

from __future__ import annotations

from airflow.sdk import DAG, Param

from airflow_provider_wan.operators import (
    VideoCheckOperator,
    VideoConcatenateOperator,
    VideoFramesOperator,
    VideoMaskOperator,
    VideoProbeOperator,
    VideoRestoreSoundOperator,
    VideoSplitOperator,
    VideoStripSoundOperator,
)

CHOICES = {
    "source": Param("", type="string"),
    "folder": Param("", type="string"),
    "longest": Param(5, type="number"),
}

for natively in (True, False):
    with DAG(
        "footage_native" if natively else "footage_text",
        params=CHOICES,
        render_template_as_native_obj=natively,
    ):
        probe = VideoProbeOperator(task_id="probe", video_url="{{ params.source }}")
        split = VideoSplitOperator(
            task_id="split",
            video_url="{{ params.source }}",
            output_path="{{ params.folder }}pieces/",
            longest="{{ params.longest }}",
            shortest=1,
            sound="{{ ti.xcom_pull(task_ids='probe')['sound'] }}",
        )
        strip = VideoStripSoundOperator.partial(
            task_id="strip", output_path="{{ params.folder }}silent/"
        ).expand_kwargs(split.output.map(lambda piece: {"video_url": piece["output_path"]}))
        join = VideoConcatenateOperator(
            task_id="join",
            video_urls="{{ ti.xcom_pull(task_ids='strip', key='output_path') | list | tojson }}",
            output_path="{{ params.folder }}joined.mp4",
        )
        aloud = VideoRestoreSoundOperator(
            task_id="aloud",
            video_url=join.output["output_path"],
            sound_url="{{ params.source }}",
            output_path="{{ params.folder }}aloud.mp4",
        )
        frames = VideoFramesOperator(
            task_id="frames",
            video_url=aloud.output["output_path"],
            output_path="{{ params.folder }}frames/",
            which="{{ ['first', 50] | tojson }}",
        )
        VideoProbeOperator(task_id="look", video_url=frames.output["first"])
        VideoMaskOperator(
            task_id="mask",
            video_url=join.output["output_path"],
            shape="{{ dict(kind='rectangle', left=8, top=8, width=99, height=99) | tojson }}",
            output_path="{{ params.folder }}mask.png",
        )
        check = VideoCheckOperator(
            task_id="check",
            video_url=aloud.output["output_path"],
            expect={"frames": "{{ ti.xcom_pull(task_ids='join')['frames'] }}", "sound": True},
        )
        probe >> split
        strip >> join
