"""The five functions of Wan VACE (2.1): one operator each. Output: MP4, 30 fps, no sound, at most 5 s, 720P.

Fields are the service's own; what is left out is not sent. Source: Model Studio's page
`legacy-wanx-vace-api-reference` (2026-04-24). Ranges and rules are checked by `dashscope.requests.vace`,
where each field is described.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from airflow_provider_wan.dashscope.requests import (
    ImageReference,
    LocalEdit,
    VideoExtension,
    VideoOutpainting,
    VideoRepainting,
    WanRequest,
)
from airflow_provider_wan.operators.base import Flag, Number, Text, Texts, WanOperator, Whole


class WanImageReferenceOperator(WanOperator):
    """Makes a 5 s video in which up to three reference images appear: subjects, and a background.

    Args:
        prompt: What happens in the video, up to 800 characters.
        ref_images_url: 1 to 3 images.
        obj_or_bg: For each image `obj` (a subject) or `bg` (the background, at most one); needed with
            more than one image.
        size: Output size as `W*H`: 1280*720 (the service's default), 720*1280, 960*960, 832*1088, 1088*832.
        duration: Seconds; only 5.
        prompt_extend: Let the service rewrite the prompt; its default is true.
        seed: 0 to 2147483647.
        watermark: Add the service's mark; its default is false.
        kwargs: As for `WanOperator`.
    """

    request_class: ClassVar[type[WanRequest]] = ImageReference
    template_fields: Sequence[str] = (
        *WanOperator.template_fields,
        *("prompt", "ref_images_url", "obj_or_bg", "size", "duration", "prompt_extend", "seed", "watermark"),
    )

    def __init__(
        self,
        *,
        prompt: Text,
        ref_images_url: Texts,
        obj_or_bg: Texts | None = None,
        size: Text | None = None,
        duration: Whole | None = None,
        prompt_extend: Flag | None = None,
        seed: Whole | None = None,
        watermark: Flag | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.prompt = prompt
        self.ref_images_url = ref_images_url
        self.obj_or_bg = obj_or_bg
        self.size = size
        self.duration = duration
        self.prompt_extend = prompt_extend
        self.seed = seed
        self.watermark = watermark
        self.check_literals()


class WanVideoRepaintingOperator(WanOperator):
    """Gives a video another look while its motion, poses or outlines stay.

    Args:
        prompt: The new look, up to 800 characters.
        video_url: MP4, at least 16 fps, at most 50 MB; the service uses its first 5 s.
        control_condition: What stays: `posebodyface`, `posebody`, `depth` or `scribble`.
        ref_images_url: At most one image, of a subject to put in.
        strength: 0.0 to 1.0, how firmly it stays; the service's default is 1.0.
        prompt_extend: Let the service rewrite the prompt; its default is true, its advice false.
        seed: 0 to 2147483647.
        watermark: Add the service's mark; its default is false.
        kwargs: As for `WanOperator`.
    """

    request_class: ClassVar[type[WanRequest]] = VideoRepainting
    template_fields: Sequence[str] = (
        *WanOperator.template_fields,
        *("prompt", "video_url", "control_condition", "ref_images_url", "strength"),
        *("prompt_extend", "seed", "watermark"),
    )

    def __init__(
        self,
        *,
        prompt: Text,
        video_url: Text,
        control_condition: Text,
        ref_images_url: Texts | None = None,
        strength: Number | None = None,
        prompt_extend: Flag | None = None,
        seed: Whole | None = None,
        watermark: Flag | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.prompt = prompt
        self.video_url = video_url
        self.control_condition = control_condition
        self.ref_images_url = ref_images_url
        self.strength = strength
        self.prompt_extend = prompt_extend
        self.seed = seed
        self.watermark = watermark
        self.check_literals()


class WanLocalEditOperator(WanOperator):
    """Changes only a masked area of a video: adds, replaces or removes something there.

    Args:
        prompt: What should be in the area, up to 800 characters.
        video_url: MP4, at least 16 fps, at most 50 MB; the service uses its first 5 s.
        mask_image_url: Image of exactly the video's resolution, white where to edit, black elsewhere.
            This or `mask_video_url`.
        mask_video_url: Video of the same format, rate, resolution and length, in the same colours.
        mask_frame_id: Frame the mask image belongs to, from 1; the service's default is 1.
        mask_type: `tracking` (the area follows its object; the service's default) or `fixed`.
        expand_ratio: 0.0 to 1.0, how far a tracked area grows outwards; the service's default is 0.05.
        expand_mode: `hull` (the service's default), `bbox` or `original`, the shape a tracked area takes.
        control_condition: What of the video guides the new part: `posebodyface`, `depth`, or "" for nothing.
        ref_images_url: At most one image, of the subject or background to put in.
        size: Output size as `W*H`: 1280*720, 720*1280, 960*960, 832*1088, 1088*832.
        duration: Seconds; only 5.
        prompt_extend: Let the service rewrite the prompt; its default is true, its advice false.
        seed: 0 to 2147483647.
        watermark: Add the service's mark; its default is false.
        kwargs: As for `WanOperator`.
    """

    request_class: ClassVar[type[WanRequest]] = LocalEdit
    template_fields: Sequence[str] = (
        *WanOperator.template_fields,
        *("prompt", "video_url", "mask_image_url", "mask_video_url", "mask_frame_id", "mask_type"),
        *("expand_ratio", "expand_mode", "control_condition", "ref_images_url", "size", "duration"),
        *("prompt_extend", "seed", "watermark"),
    )

    def __init__(
        self,
        *,
        prompt: Text,
        video_url: Text,
        mask_image_url: Text | None = None,
        mask_video_url: Text | None = None,
        mask_frame_id: Whole | None = None,
        mask_type: Text | None = None,
        expand_ratio: Number | None = None,
        expand_mode: Text | None = None,
        control_condition: Text | None = None,
        ref_images_url: Texts | None = None,
        size: Text | None = None,
        duration: Whole | None = None,
        prompt_extend: Flag | None = None,
        seed: Whole | None = None,
        watermark: Flag | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.prompt = prompt
        self.video_url = video_url
        self.mask_image_url = mask_image_url
        self.mask_video_url = mask_video_url
        self.mask_frame_id = mask_frame_id
        self.mask_type = mask_type
        self.expand_ratio = expand_ratio
        self.expand_mode = expand_mode
        self.control_condition = control_condition
        self.ref_images_url = ref_images_url
        self.size = size
        self.duration = duration
        self.prompt_extend = prompt_extend
        self.seed = seed
        self.watermark = watermark
        self.check_literals()


class WanVideoExtensionOperator(WanOperator):
    """Makes a video of 5 s in all that begins or ends with a given frame or clip.

    At least one of `first_frame_url`, `last_frame_url`, `first_clip_url`, `last_clip_url` is needed.

    Args:
        prompt: What happens in the video, up to 800 characters.
        first_frame_url: Image it begins with.
        last_frame_url: Image it ends with.
        first_clip_url: MP4 it begins with; clips together at most 3 s, which count into the 5.
        last_clip_url: MP4 it ends with.
        video_url: MP4 whose motion guides the new part, at most 5 s; needs `control_condition`.
        control_condition: What of `video_url` guides: `posebodyface`, `depth`, or "".
        duration: Seconds; only 5.
        prompt_extend: Let the service rewrite the prompt; its default is true, its advice false.
        seed: 0 to 2147483647.
        watermark: Add the service's mark; its default is false.
        kwargs: As for `WanOperator`.
    """

    request_class: ClassVar[type[WanRequest]] = VideoExtension
    template_fields: Sequence[str] = (
        *WanOperator.template_fields,
        *("prompt", "first_frame_url", "last_frame_url", "first_clip_url", "last_clip_url"),
        *("video_url", "control_condition", "duration", "prompt_extend", "seed", "watermark"),
    )

    def __init__(
        self,
        *,
        prompt: Text,
        first_frame_url: Text | None = None,
        last_frame_url: Text | None = None,
        first_clip_url: Text | None = None,
        last_clip_url: Text | None = None,
        video_url: Text | None = None,
        control_condition: Text | None = None,
        duration: Whole | None = None,
        prompt_extend: Flag | None = None,
        seed: Whole | None = None,
        watermark: Flag | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.prompt = prompt
        self.first_frame_url = first_frame_url
        self.last_frame_url = last_frame_url
        self.first_clip_url = first_clip_url
        self.last_clip_url = last_clip_url
        self.video_url = video_url
        self.control_condition = control_condition
        self.duration = duration
        self.prompt_extend = prompt_extend
        self.seed = seed
        self.watermark = watermark
        self.check_literals()


class WanVideoOutpaintingOperator(WanOperator):
    """Widens a video's frame and paints what lies around it.

    Args:
        prompt: The whole scene, up to 800 characters.
        video_url: MP4, at least 16 fps, at most 50 MB; the service uses its first 5 s.
        top_scale: 1.0 to 2.0, how far the frame grows upwards; the service's default is 1.0, not at all.
        bottom_scale: As `top_scale`, downwards.
        left_scale: As `top_scale`, to the left.
        right_scale: As `top_scale`, to the right.
        duration: Seconds; only 5.
        prompt_extend: Let the service rewrite the prompt; its default is true, its advice false.
        seed: 0 to 2147483647.
        watermark: Add the service's mark; its default is false.
        kwargs: As for `WanOperator`.
    """

    request_class: ClassVar[type[WanRequest]] = VideoOutpainting
    template_fields: Sequence[str] = (
        *WanOperator.template_fields,
        *("prompt", "video_url", "top_scale", "bottom_scale", "left_scale", "right_scale"),
        *("duration", "prompt_extend", "seed", "watermark"),
    )

    def __init__(
        self,
        *,
        prompt: Text,
        video_url: Text,
        top_scale: Number | None = None,
        bottom_scale: Number | None = None,
        left_scale: Number | None = None,
        right_scale: Number | None = None,
        duration: Whole | None = None,
        prompt_extend: Flag | None = None,
        seed: Whole | None = None,
        watermark: Flag | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.prompt = prompt
        self.video_url = video_url
        self.top_scale = top_scale
        self.bottom_scale = bottom_scale
        self.left_scale = left_scale
        self.right_scale = right_scale
        self.duration = duration
        self.prompt_extend = prompt_extend
        self.seed = seed
        self.watermark = watermark
        self.check_literals()
