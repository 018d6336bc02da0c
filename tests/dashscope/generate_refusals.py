"""For each model that makes a video from text, frames or references: what is refused, and in which words."""

from __future__ import annotations

from airflow_provider_wan.dashscope.requests import (
    FramesToVideo,
    ImageToVideo,
    ReferenceToVideo,
    TextToVideo,
    VideoEdit,
    Wan3Video,
    WanRequest,
)
from tests.dashscope.arguments import IMAGE, INLINE, SOUND, VIDEO
from tests.dashscope.generate_bodies import CAT, JSON

T2V: JSON = {"prompt": "A cat"}
R2V: JSON = {"prompt": "Image 1 walks", "reference_image_urls": [CAT]}
I2V: JSON = {"first_frame_url": IMAGE}
EDIT: JSON = {"prompt": "Snow", "video_url": VIDEO}
T2V_27 = "wan2.7-t2v, happyhorse-1.0-t2v or happyhorse-1.1-t2v"

# Of each model: what is right, and for one change to it how the message begins and ends.
REFUSED: dict[str, tuple[type[WanRequest], JSON, list[tuple[JSON, str, str]]]] = {
    "wan2.7-t2v": (
        TextToVideo,
        T2V,
        [
            ({"prompt": None}, "prompt: is required.", "Give `prompt`."),
            (
                {"prompt": "a" * 5001},
                "prompt=aaa",
                "has 5001 characters, but wan2.7-t2v reads 5000 and would silently drop the rest. "
                "Shorten it to 5000.",
            ),
            (
                {"size": "1280*720"},
                "size=1280*720: is not taken by wan2.7-t2v. Leave it out, or use wan2.6-t2v, wan2.6-t2v-us,",
                "wan2.1-t2v-plus.",
            ),
            (
                {"shot_type": "multi"},
                "shot_type=multi: is not taken by wan2.7-t2v.",
                "Leave it out, or use wan2.6-t2v or wan2.6-t2v-us.",
            ),
            ({"resolution": "480P"}, "resolution=480P: must be 720P or 1080P for wan2.7-t2v.", ""),
            ({"ratio": "9:21"}, "ratio=9:21: must be 16:9, 9:16, 1:1, 4:3 or 3:4 for wan2.7-t2v.", ""),
            ({"duration": 16}, "duration=16: must be 2 to 15 seconds for wan2.7-t2v. Use 15,", ""),
            ({"audio": True}, "audio: is no field of TextToVideo.", "ReferenceToVideo, Wan3Video."),
        ],
    ),
    "wan2.6-t2v": (
        TextToVideo,
        T2V,
        [
            ({"resolution": "720P"}, "resolution=720P: is not taken by wan2.6-t2v.", f"or use {T2V_27}."),
            ({"ratio": "16:9"}, "ratio=16:9: is not taken by wan2.6-t2v.", f"or use {T2V_27}."),
            ({"size": "832*480"}, "size=832*480: must be 1280*720, 720*1280,", ""),
            ({"size": "1280x720"}, "size=1280x720: must be", "Write '1280*720'."),
            ({"size": "720P"}, "size=720P: must be 1280*720,", "Use one of those."),
            (
                {"shot_type": "multi", "prompt_extend": False},
                "shot_type=multi: works only while the service may rewrite the prompt.",
                "Leave prompt_extend out or true.",
            ),
            ({"prompt": "a" * 1501}, "prompt=aaa", "Shorten it to 1500."),
            ({"duration": 1}, "duration=1: must be 2 to 15 seconds for wan2.6-t2v.", ""),
        ],
    ),
    "wan2.6-t2v-us": (
        TextToVideo,
        T2V,
        [
            ({"duration": 15}, "duration=15: must be 5 or 10 seconds for wan2.6-t2v-us. Use 10,", ""),
            ({"size": "624*624"}, "size=624*624: must be 1280*720,", ""),
            ({"resolution": "720P"}, "resolution=720P: is not taken by wan2.6-t2v-us.", f"{T2V_27}."),
            ({"shot_type": "auto"}, "shot_type=auto: must be single or multi.", ""),
        ],
    ),
    "wan2.5-t2v-preview": (
        TextToVideo,
        T2V,
        [
            ({"duration": 15}, "duration=15: must be 5 or 10 seconds for wan2.5-t2v-preview.", ""),
            (
                {"shot_type": "single"},
                "shot_type=single: is not taken by wan2.5-t2v-preview.",
                "or wan2.6-t2v-us.",
            ),
            ({"ratio": "1:1"}, "ratio=1:1: is not taken by wan2.5-t2v-preview.", f"{T2V_27}."),
            ({"audio_url": INLINE}, "audio_url=data:image/png;base64,...", ""),
            ({"negative_prompt": "n" * 501}, "negative_prompt=nnn", "Shorten it to 500."),
        ],
    ),
    "wan2.2-t2v-plus": (
        TextToVideo,
        T2V,
        [
            (
                {"audio_url": SOUND},
                f"audio_url={SOUND}: is not taken by wan2.2-t2v-plus.",
                "or use wan2.7-t2v, wan2.6-t2v, wan2.6-t2v-us or wan2.5-t2v-preview.",
            ),
            ({"size": "1280*720"}, "size=1280*720: must be 832*480, 480*832, 624*624, 1920*1080,", ""),
            ({"duration": 4}, "duration=4: must be 5 seconds for wan2.2-t2v-plus. Use 5,", ""),
            (
                {"prompt": "字" * 801},
                "prompt=字",
                "wan2.2-t2v-plus reads 800 and would silently drop the rest. Shorten it to 800.",
            ),
        ],
    ),
    "wan2.1-t2v-turbo": (
        TextToVideo,
        T2V,
        [
            ({"size": "1920*1080"}, "size=1920*1080: must be 832*480,", ""),
            ({"duration": 10}, "duration=10: must be 5 seconds for wan2.1-t2v-turbo.", ""),
            ({"audio_url": SOUND}, f"audio_url={SOUND}: is not taken by wan2.1-t2v-turbo.", ""),
            ({"seed": -1}, "seed=-1: must be a whole number between 0 and 2147483647.", ""),
        ],
    ),
    "wan2.1-t2v-plus": (
        TextToVideo,
        T2V,
        [
            ({"size": "832*480"}, "size=832*480: must be 1280*720,", ""),
            ({"resolution": "720P"}, "resolution=720P: is not taken by wan2.1-t2v-plus.", f"{T2V_27}."),
            ({"shot_type": "multi"}, "shot_type=multi: is not taken by wan2.1-t2v-plus.", ""),
        ],
    ),
    "wan2.2-kf2v-flash": (
        FramesToVideo,
        I2V,
        [
            ({"first_frame_url": None}, "first_frame_url: is required.", "Give `first_frame_url`."),
            (
                {"template": "magazine"},
                "template=magazine: is not taken by wan2.2-kf2v-flash.",
                "Leave it out, or use wan2.1-kf2v-plus.",
            ),
            ({"duration": 6}, "duration=6: must be 5 seconds for wan2.2-kf2v-flash.", ""),
            ({"prompt": "a" * 801}, "prompt=aaa", "Shorten it to 800."),
            ({"resolution": "4K"}, "resolution=4K: must be 480P, 720P or 1080P for wan2.2-kf2v-flash.", ""),
            ({"size": "1280*720"}, "size: is no field of FramesToVideo.", ""),
        ],
    ),
    "wan2.1-kf2v-plus": (
        FramesToVideo,
        I2V,
        [
            (
                {"template": "squish"},
                "template=squish: is no effect of wan2.1-kf2v-plus, which has hanfu-1, solaron, magazine, mech1 "
                "or mech2.",
                "Use one of those.",
            ),
            ({"template": "Magazin"}, "template=Magazin: is no effect", "Write 'magazine'."),
            (
                {"template": "mech1", "prompt": "It turns"},
                "prompt=It turns: would be silently dropped, since a template is given.",
                "Leave one of them out.",
            ),
            ({"resolution": "1080P"}, "resolution=1080P: must be 720P for wan2.1-kf2v-plus.", ""),
        ],
    ),
    "wan2.7-r2v": (
        ReferenceToVideo,
        R2V,
        [
            ({"prompt": None}, "prompt: is required.", ""),
            (
                {"reference_image_urls": None},
                "reference_image_urls: is required, or reference_video_urls.",
                "Give the picture of a subject.",
            ),
            (
                {"reference_image_urls": [CAT] * 6},
                "reference_image_urls=[https://",
                "has 6, but wan2.7-r2v takes 5. Keep 5.",
            ),
            (
                {"reference_image_urls": [CAT] * 3, "reference_video_urls": [VIDEO] * 3},
                "reference_video_urls=[https://",
                "makes 6 references with reference_image_urls, but wan2.7-r2v takes 5. Leave some out.",
            ),
            (
                {"reference_video_urls": [VIDEO], "duration": 11},
                "duration=11: must be 2 to 10 seconds with a video among the references.",
                "Use 10, or leave it out.",
            ),
            ({"duration": 16}, "duration=16: must be 2 to 15 seconds for wan2.7-r2v.", ""),
            (
                {"first_frame_url": IMAGE, "ratio": "1:1"},
                "ratio=1:1: would be silently ignored, since the video has the first frame's aspect.",
                "Leave one of them out.",
            ),
            (
                {"reference_voice_urls": [SOUND, SOUND]},
                "reference_voice_urls=[https://",
                'has 2, but there is 1 reference. Give one for each, pictures first and then videos; "" for one '
                "without a voice.",
            ),
            (
                {"reference_video_urls": [VIDEO], "reference_voice_urls": [SOUND]},
                "reference_voice_urls=[https://",
                'has 1, but there are 2 references. Give one for each, pictures first and then videos; "" for one '
                "without a voice.",
            ),
            (
                {"size": "1280*720"},
                "size=1280*720: is not taken by wan2.7-r2v.",
                "or use wan2.6-r2v or wan2.6-r2v-flash.",
            ),
            ({"audio": True}, "audio=True: is not taken by wan2.7-r2v.", "or use wan2.6-r2v-flash."),
        ],
    ),
    "wan2.7-r2v-2026-06-12": (
        ReferenceToVideo,
        R2V,
        [
            ({"ratio": "adaptive"}, "ratio=adaptive: must be 16:9, 9:16,", ""),
            ({"resolution": "480P"}, "resolution=480P: must be 720P or 1080P for wan2.7-r2v-2026-06-12.", ""),
            ({"shot_type": "multi"}, "shot_type=multi: is not taken by wan2.7-r2v-2026-06-12.", ""),
            ({"reference_video_urls": ["a.mp4"]}, "reference_video_urls[0]=a.mp4: must be a", ""),
        ],
    ),
    "wan2.6-r2v": (
        ReferenceToVideo,
        R2V,
        [
            (
                {"negative_prompt": "rain"},
                "negative_prompt=rain: is not taken by wan2.6-r2v.",
                "Leave it out, or use wan2.7-r2v or wan2.7-r2v-2026-06-12.",
            ),
            (
                {"shot_type": "multi", "prompt_extend": False},
                "prompt_extend=False: is not taken by wan2.6-r2v.",
                "",
            ),
            ({"resolution": "720P"}, "resolution=720P: is not taken by wan2.6-r2v.", ""),
            ({"audio": False}, "audio=False: is not taken by wan2.6-r2v.", "or use wan2.6-r2v-flash."),
            (
                {"reference_video_urls": [VIDEO] * 4},
                "reference_video_urls=[https://",
                "has 4, but wan2.6-r2v takes 3. Keep 3.",
            ),
            (
                {"reference_image_urls": [CAT] * 3, "reference_video_urls": [VIDEO] * 3},
                "reference_video_urls=[https://",
                "makes 6 references with reference_image_urls, but wan2.6-r2v takes 5. Leave some out.",
            ),
            ({"first_frame_url": IMAGE}, f"first_frame_url={IMAGE}: is not taken by wan2.6-r2v.", ""),
            ({"reference_voice_urls": [SOUND]}, "reference_voice_urls=[", ""),
            ({"duration": 11}, "duration=11: must be 2 to 10 seconds for wan2.6-r2v.", ""),
            ({"prompt": "a" * 1501}, "prompt=aaa", "Shorten it to 1500."),
        ],
    ),
    "wan2.6-r2v-flash": (
        ReferenceToVideo,
        R2V,
        [
            ({"size": "832*480"}, "size=832*480: must be 1280*720,", ""),
            ({"ratio": "16:9"}, "ratio=16:9: is not taken by wan2.6-r2v-flash.", ""),
            ({"audio": "loud"}, "audio=loud: must be true or false.", ""),
        ],
    ),
    "wan3.0-video": (
        Wan3Video,
        T2V,
        [
            (
                {"prompt": None},
                "prompt: is required, or one of first_frame_url, last_frame_url, reference_image_urls,",
                "Say what the video shows.",
            ),
            ({"prompt": "a" * 20001}, "prompt=aaa", "Shorten it to 20000."),
            (
                {"first_frame_url": IMAGE, "reference_image_urls": [CAT]},
                f"reference_image_urls=[{CAT}]: may not be given together with first_frame_url.",
                "Begin with a frame, or go by references.",
            ),
            (
                {"first_frame_url": IMAGE, "last_frame_url": CAT, "link_url": "https://example.com/"},
                "link_url=https://example.com/: may not be given together with first_frame_url and last_frame_url.",
                "",
            ),
            (
                {"last_frame_url": IMAGE},
                "first_frame_url: is required with last_frame_url.",
                "Give the picture to begin with.",
            ),
            (
                {"file_url": "https://example.com/a.pdf", "link_url": "https://example.com/"},
                "link_url=https://example.com/: may not be given together with file_url.",
                "Leave one of them out.",
            ),
            (
                {"reference_image_urls": [CAT] * 11},
                "reference_image_urls=[https://",
                "must be a list of 1 to 10 items, but has 11. Keep 10.",
            ),
            ({"reference_video_urls": [VIDEO] * 6}, "reference_video_urls=[", "has 6. Keep 5."),
            ({"reference_audio_urls": [SOUND] * 6}, "reference_audio_urls=[", "has 6. Keep 5."),
            (
                {"link_url": "oss://dashscope-instant/a/b.html"},
                "link_url=oss://dashscope-instant/a/b.html: must be",
                "",
            ),
            ({"duration": 1}, "duration=1: must be -1 or 2 to 30 seconds for wan3.0-video. Use 2,", ""),
            ({"ratio": "21:9"}, "ratio=21:9: must be adaptive, 16:9, 4:3, 1:1, 3:4 or 9:16", ""),
            ({"negative_prompt": "rain"}, "negative_prompt: is no field of Wan3Video.", ""),
            ({"shot_type": "multi"}, "shot_type: is no field of Wan3Video.", ""),
        ],
    ),
    "wan3.0-video-prime": (
        Wan3Video,
        T2V,
        [
            ({"duration": 31}, "duration=31: must be -1 or 2 to 30 seconds for wan3.0-video-prime.", ""),
            ({"resolution": "4K"}, "resolution=4K: must be 480P, 720P or 1080P", ""),
            (
                {"first_frame_url": IMAGE, "reference_audio_urls": [SOUND]},
                f"reference_audio_urls=[{SOUND}]: may not be given together with first_frame_url.",
                "",
            ),
        ],
    ),
    "happyhorse-1.0-t2v": (
        TextToVideo,
        T2V,
        [
            (
                {"prompt": "字" * 2501},
                "prompt=字",
                "has 2501 characters, but happyhorse-1.0-t2v reads 5000, or 2500 Chinese ones, and would silently drop "
                "the rest. Shorten it to 5000, where each Chinese character counts 2.",
            ),
            ({"resolution": "480P"}, "resolution=480P: must be 720P or 1080P for happyhorse-1.0-t2v.", ""),
            (
                {"negative_prompt": "rain"},
                "negative_prompt=rain: is not taken by happyhorse-1.0-t2v.",
                "wan2.1-t2v-turbo or wan2.1-t2v-plus.",
            ),
            ({"prompt_extend": False}, "prompt_extend=False: is not taken by happyhorse-1.0-t2v.", ""),
            ({"duration": 2}, "duration=2: must be 3 to 15 seconds for happyhorse-1.0-t2v. Use 3,", ""),
            ({"audio_url": SOUND}, f"audio_url={SOUND}: is not taken by happyhorse-1.0-t2v.", ""),
        ],
    ),
    "happyhorse-1.1-t2v": (
        TextToVideo,
        T2V,
        [
            ({"prompt": "a" * 5001}, "prompt=aaa", "where each Chinese character counts 2."),
            ({"prompt": "a" * 4999 + "字"}, "prompt=aaa", "where each Chinese character counts 2."),
            ({"ratio": "adaptive"}, "ratio=adaptive: must be 16:9,", "Use one of those."),
            ({"size": "1280*720"}, "size=1280*720: is not taken by happyhorse-1.1-t2v.", ""),
        ],
    ),
    "happyhorse-1.0-i2v": (
        ImageToVideo,
        I2V,
        [
            ({"first_frame_url": None}, "first_frame_url: is required.", "Give the picture to begin with."),
            (
                {"last_frame_url": IMAGE},
                f"last_frame_url={IMAGE}: is not taken by happyhorse-1.0-i2v.",
                "Leave it out, or use wan2.7-i2v.",
            ),
            ({"driving_audio_url": SOUND}, f"driving_audio_url={SOUND}: is not taken by", "use wan2.7-i2v."),
            ({"first_clip_url": VIDEO}, f"first_clip_url={VIDEO}: is not taken by", "use wan2.7-i2v."),
            ({"img_url": IMAGE}, f"img_url={IMAGE}: is not taken by happyhorse-1.0-i2v.", ""),
            ({"negative_prompt": "rain"}, "negative_prompt=rain: is not taken by happyhorse-1.0-i2v.", ""),
            ({"prompt": "字" * 2501}, "prompt=字", "where each Chinese character counts 2."),
            ({"ratio": "16:9"}, "ratio: is no field of ImageToVideo.", ""),
        ],
    ),
    "happyhorse-1.1-i2v": (
        ImageToVideo,
        I2V,
        [
            ({"prompt_extend": True}, "prompt_extend=True: is not taken by happyhorse-1.1-i2v.", ""),
            ({"duration": 16}, "duration=16: must be 3 to 15 seconds for happyhorse-1.1-i2v.", ""),
            ({"resolution": "4K"}, "resolution=4K: must be 480P, 720P or 1080P for happyhorse-1.1-i2v.", ""),
        ],
    ),
    "happyhorse-1.0-r2v": (
        ReferenceToVideo,
        R2V,
        [
            ({"reference_image_urls": None}, "reference_image_urls: is required.", ""),
            (
                {"reference_image_urls": [CAT] * 10},
                "reference_image_urls=[https://",
                "must be a list of 1 to 9 items, but has 10. Keep 9.",
            ),
            (
                {"reference_video_urls": [VIDEO]},
                f"reference_video_urls=[{VIDEO}]: is not taken by happyhorse-1.0-r2v.",
                "use wan2.7-r2v, wan2.7-r2v-2026-06-12, wan2.6-r2v or wan2.6-r2v-flash.",
            ),
            (
                {"reference_image_urls": [CAT] * 5, "reference_video_urls": [VIDEO]},
                f"reference_video_urls=[{VIDEO}]: is not taken by happyhorse-1.0-r2v.",
                "",
            ),
            ({"first_frame_url": IMAGE}, f"first_frame_url={IMAGE}: is not taken by happyhorse-1.0-r2v.", ""),
            ({"prompt": "字" * 2501}, "prompt=字", "where each Chinese character counts 2."),
        ],
    ),
    "happyhorse-1.1-r2v": (
        ReferenceToVideo,
        R2V,
        [
            ({"duration": 2}, "duration=2: must be 3 to 15 seconds for happyhorse-1.1-r2v.", ""),
            ({"reference_voice_urls": [SOUND]}, "reference_voice_urls=[", ""),
            ({"prompt_extend": True}, "prompt_extend=True: is not taken by happyhorse-1.1-r2v.", ""),
        ],
    ),
    "happyhorse-1.0-video-edit": (
        VideoEdit,
        EDIT,
        [
            ({"prompt": None}, "prompt: is required.", "Say what to change."),
            ({"video_url": None}, "video_url: is required.", ""),
            (
                {"reference_image_urls": [CAT] * 6},
                "reference_image_urls=[https://",
                "must be a list of 1 to 5 items, but has 6. Keep 5.",
            ),
            (
                {"duration": 5},
                "duration=5: is not taken by happyhorse-1.0-video-edit.",
                "Leave it out, or use wan2.7-videoedit.",
            ),
            ({"ratio": "16:9"}, "ratio=16:9: is not taken by", "or use wan2.7-videoedit."),
            ({"prompt_extend": True}, "prompt_extend=True: is not taken by", "or use wan2.7-videoedit."),
            ({"negative_prompt": "rain"}, "negative_prompt=rain: is not taken by", "use wan2.7-videoedit."),
            ({"resolution": "480P"}, "resolution=480P: must be 720P or 1080P", ""),
            ({"prompt": "字" * 2501}, "prompt=字", "where each Chinese character counts 2."),
        ],
    ),
}
