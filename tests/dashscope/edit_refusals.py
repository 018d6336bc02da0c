"""For each model that edits a video or sets one image in motion: what is refused, and in which words."""

from __future__ import annotations

from airflow_provider_wan.dashscope.requests import (
    ImageReference,
    ImageToVideo,
    LocalEdit,
    VideoEdit,
    VideoExtension,
    VideoOutpainting,
    VideoRepainting,
    WanRequest,
)
from tests.dashscope.arguments import IMAGE, INLINE, SOUND, VIDEO
from tests.dashscope.generate_bodies import CAT, DOG, JSON

I2V: JSON = {"img_url": IMAGE, "prompt": "It wakes"}
FIXED = "must be 5 seconds"

# Of each model: what is right, and for one change to it how the message begins and ends.
REFUSED: dict[str, tuple[type[WanRequest], JSON, list[tuple[JSON, str, str]]]] = {
    "wan2.7-videoedit": (
        VideoEdit,
        {"video_url": VIDEO},
        [
            ({"video_url": None}, "video_url: is required.", ""),
            ({"video_url": INLINE}, "video_url=data:image/png;base64,...", "clip.mp4."),
            ({"duration": 1}, "duration=1: must be 0 or 2 to 10 seconds for wan2.7-videoedit.", ""),
            ({"reference_image_urls": [CAT] * 5}, "reference_image_urls=[https://", "Keep 4."),
            ({"audio_setting": "mute"}, "audio_setting=mute: must be auto or origin.", ""),
            ({"resolution": "480P"}, "resolution=480P: must be 720P or 1080P for wan2.7-videoedit.", ""),
        ],
    ),
    "wan2.7-i2v": (
        ImageToVideo,
        {"first_frame_url": IMAGE},
        [
            (
                {"first_clip_url": VIDEO},
                "first_clip_url=https://media.example.com/clip.mp4:",
                "Leave one of them out.",
            ),
            ({"shot_type": "multi"}, "shot_type=multi: is not taken by wan2.7-i2v.", "wan2.6-i2v-us."),
            ({"duration": 16}, "duration=16: must be 2 to 15 seconds for wan2.7-i2v.", ""),
            ({"prompt": "a" * 5001}, "prompt=aaa", "Shorten it to 5000."),
        ],
    ),
    "wan2.6-i2v-flash": (
        ImageToVideo,
        I2V,
        [
            ({"duration": 1}, "duration=1: must be 2 to 15 seconds for wan2.6-i2v-flash.", ""),
            ({"audio": False, "audio_url": SOUND}, "audio_url=https://", "Leave one of them out."),
            ({"resolution": "480P"}, "resolution=480P: must be 720P or 1080P for wan2.6-i2v-flash.", ""),
            ({"prompt": "a" * 1501}, "prompt=aaa", "Shorten it to 1500."),
        ],
    ),
    "wan2.6-i2v": (
        ImageToVideo,
        I2V,
        [
            ({"audio": False}, "audio=False: is not taken by wan2.6-i2v.", "or use wan2.6-i2v-flash."),
            ({"template": "squish"}, "template=squish: is not taken by wan2.6-i2v.", "wan2.1-i2v-plus."),
            (
                {"shot_type": "multi", "prompt_extend": False},
                "shot_type=multi: works only while",
                "Leave prompt_extend out or true.",
            ),
        ],
    ),
    "wan2.6-i2v-us": (
        ImageToVideo,
        I2V,
        [
            ({"duration": 7}, "duration=7: must be 5, 10 or 15 seconds for wan2.6-i2v-us.", ""),
            ({"audio": True}, "audio=True: is not taken by wan2.6-i2v-us.", "or use wan2.6-i2v-flash."),
            ({"resolution": "480P"}, "resolution=480P: must be 720P or 1080P", ""),
        ],
    ),
    "wan2.5-i2v-preview": (
        ImageToVideo,
        I2V,
        [
            ({"duration": 6}, "duration=6: must be 5 or 10 seconds for wan2.5-i2v-preview.", ""),
            ({"shot_type": "multi"}, "shot_type=multi: is not taken by wan2.5-i2v-preview.", ""),
            ({"resolution": "2K"}, "resolution=2K: must be 480P, 720P or 1080P", ""),
        ],
    ),
    "wan2.2-i2v-flash": (
        ImageToVideo,
        I2V,
        [
            ({"duration": 10}, f"duration=10: {FIXED} for wan2.2-i2v-flash.", ""),
            ({"audio_url": SOUND}, "audio_url=https://", "wan2.5-i2v-preview."),
            ({"prompt": "a" * 801}, "prompt=aaa", "Shorten it to 800."),
        ],
    ),
    "wan2.2-i2v-plus": (
        ImageToVideo,
        I2V,
        [
            ({"resolution": "720P"}, "resolution=720P: must be 480P or 1080P for wan2.2-i2v-plus.", ""),
            ({"duration": 3}, f"duration=3: {FIXED} for wan2.2-i2v-plus.", ""),
            ({"template": "squish"}, "template=squish: is not taken by wan2.2-i2v-plus.", ""),
        ],
    ),
    "wan2.1-i2v-turbo": (
        ImageToVideo,
        I2V,
        [
            ({"duration": 6}, "duration=6: must be 3 to 5 seconds for wan2.1-i2v-turbo.", ""),
            ({"resolution": "1080P"}, "resolution=1080P: must be 480P or 720P", ""),
            (
                {"prompt": None, "template": "mermaid"},
                "template=mermaid: is no effect of wan2.1-i2v-turbo",
                "Use wan2.1-i2v-plus.",
            ),
        ],
    ),
    "wan2.1-i2v-plus": (
        ImageToVideo,
        I2V,
        [
            ({"resolution": "480P"}, "resolution=480P: must be 720P for wan2.1-i2v-plus.", ""),
            ({"duration": 3}, f"duration=3: {FIXED} for wan2.1-i2v-plus.", ""),
            ({"template": "hug"}, "prompt=It wakes: would be silently dropped", "Leave one of them out."),
        ],
    ),
}

# VACE: of each function.
VACE: dict[type[WanRequest], tuple[JSON, list[tuple[JSON, str, str]]]] = {
    ImageReference: (
        {"prompt": "A walk", "ref_images_url": [IMAGE]},
        [
            ({"ref_images_url": [CAT, DOG]}, "obj_or_bg: is required", ""),
            ({"ref_images_url": [CAT] * 4}, "ref_images_url=[https://", "Keep 3."),
            ({"obj_or_bg": ["obj", "bg"]}, "obj_or_bg=[obj, bg]: must", ""),
            ({"size": "720P"}, "size=720P: must be 1280*720,", ""),
        ],
    ),
    VideoRepainting: (
        {"prompt": "A car", "video_url": VIDEO, "control_condition": "depth"},
        [
            ({"control_condition": None}, "control_condition: is required.", ""),
            ({"strength": 1.5}, "strength=1.5: must be a number between 0.0 and 1.0.", ""),
            ({"duration": 5}, "duration: is no field of VideoRepainting.", ""),
        ],
    ),
    LocalEdit: (
        {"prompt": "A lion", "video_url": VIDEO, "mask_image_url": IMAGE},
        [
            ({"mask_image_url": None}, "mask_image_url: is required", ""),
            ({"mask_video_url": VIDEO}, "mask_video_url=https://", ""),
            ({"control_condition": "scribble"}, "control_condition=scribble: must be", ""),
            ({"mask_type": "fixed", "expand_ratio": 0.1}, "expand_ratio=0.1: ", ""),
        ],
    ),
    VideoExtension: (
        {"prompt": "A dog", "first_clip_url": VIDEO},
        [
            ({"first_clip_url": None}, "first_clip_url: is required, or another of", "one of the four."),
            ({"video_url": VIDEO}, "control_condition: is required", ""),
            ({"first_frame_url": INLINE}, "first_frame_url=data:image/png;base64,...", "clip.mp4."),
        ],
    ),
    VideoOutpainting: (
        {"prompt": "A hall", "video_url": VIDEO},
        [
            ({"left_scale": 2.5}, "left_scale=2.5: must be a number between 1.0 and 2.0.", ""),
            ({"size": "1280*720"}, "size: is no field of VideoOutpainting.", ""),
            ({"prompt": "a" * 801}, "prompt=aaa", "Shorten it to 800."),
        ],
    ),
}
