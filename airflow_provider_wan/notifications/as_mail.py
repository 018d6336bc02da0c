"""Puts a message into HTML that mail programs show. Pure.

Mail programs leave out scripts and foreign files, and some the style sheet too. So the layout is a table, everything
that matters has its style in its own tag, and the style sheet only adds what dark programs and phones need.
"""

from __future__ import annotations

from html import escape

from airflow_provider_wan.notifications.message import Message, Tone

# Foreground and background of the badge, in light and in dark programs.
_COLOURS = {
    Tone.DONE: ("#0f5132", "#d6f0e0", "#a6e3bd", "#123524"),
    Tone.FAILED: ("#842029", "#f9dcde", "#f5b5ba", "#43181c"),
    Tone.PARTLY: ("#664d03", "#fdf0c4", "#f2d98a", "#3a2f0b"),
    Tone.AGAIN: ("#664d03", "#fdf0c4", "#f2d98a", "#3a2f0b"),
    Tone.NOTHING: ("#41464b", "#e2e5e9", "#c6ccd3", "#2d3339"),
}
_FONT = "font-family:-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,'PingFang SC','Microsoft YaHei',sans-serif"
_BREAK = "word-break:break-word;overflow-wrap:anywhere"

_STYLE = """
:root { color-scheme: light dark; supported-color-schemes: light dark; }
@media (max-width: 480px) {
  .wan-page { padding: 0 !important; }
  .wan-card { border-radius: 0 !important; border-left: 0 !important; border-right: 0 !important; }
  .wan-pad { padding-left: 20px !important; padding-right: 20px !important; }
}
@media (prefers-color-scheme: dark) {
  .wan-page { background: #14171a !important; }
  .wan-card { background: #1d2125 !important; border-color: #343a40 !important; }
  .wan-text { color: #e9ecef !important; }
  .wan-soft { color: #a0a8b0 !important; }
  .wan-rule { border-color: #343a40 !important; }
  .wan-bad { color: #f5b5ba !important; }
  .wan-good { color: #a6e3bd !important; }
  .wan-button { background: #6ea8fe !important; color: #0b1a30 !important; }
  .wan-badge { color: %s !important; background: %s !important; }
}
"""


def html(message: Message, *, picture: str | None = None) -> str:
    """Return the mail's body, a whole HTML document.

    Args:
        message: What it says.
        picture: Address of the poster within the mail, e.g. `cid:poster.png`; None: it has none.
    """
    colour, ground, *dark = _COLOURS[message.tone]
    parts = [
        f'<span class="wan-badge" style="display:inline-block;padding:3px 10px;border-radius:10px;font-size:12px;'
        f'line-height:18px;font-weight:600;color:{colour};background:{ground}">{escape(message.tone)}</span>',
        f'<h1 class="wan-text" style="margin:12px 0 0;font-size:20px;line-height:28px;font-weight:600;color:#1c2024;'
        f'{_BREAK}">{_title(message)}</h1>',
        f'<p class="wan-text" style="margin:8px 0 0;font-size:15px;line-height:22px;color:#1c2024;{_BREAK}">'
        f"{_lines(message.lead)}</p>",
    ]
    if picture:
        image = (
            f'<img src="{escape(picture)}" width="520" alt="Frames of the edit" style="display:block;width:100%;'
            'max-width:520px;height:auto;border:0;border-radius:6px">'
        )
        linked = f'<a href="{escape(message.link)}">{image}</a>' if message.link else image
        parts.append(f'<div style="margin:20px 0 0">{linked}</div>')
    parts += [_table(message), _button(message)]
    style = _STYLE % tuple(dark)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">'
        f"<title>{escape(message.title)}</title><style>{style}</style></head>"
        f'<body class="wan-page" style="margin:0;padding:0;background:#f3f4f6">{_preview(message)}'
        f'<div class="wan-page" style="background:#f3f4f6;padding:24px 12px;{_FONT}">'
        '<table role="presentation" class="wan-card" width="100%" cellspacing="0" cellpadding="0" '
        'style="max-width:580px;margin:0 auto;background:#ffffff;border:1px solid #e2e5e9;'
        'border-radius:10px;border-collapse:separate">'
        f'<tr><td class="wan-pad" style="padding:28px 30px 24px">{"".join(parts)}</td></tr>'
        f'<tr><td class="wan-pad wan-rule wan-soft" style="padding:14px 30px 18px;border-top:1px solid #e2e5e9;'
        f'font-size:12px;line-height:18px;color:#61686f;{_BREAK}">{_place(message)}</td></tr>'
        "</table></div></body></html>"
    )


def _title(message: Message) -> str:
    names = dict(message.place)
    return f"{escape(names['Task'])} of {escape(names['DAG'])}"


def _preview(message: Message) -> str:
    """What a mailbox shows beside the subject; hidden in the mail itself."""
    hidden = "display:none;max-height:0;overflow:hidden;mso-hide:all"
    return f'<div style="{hidden}">{escape(message.lead[:140])}</div>'


def _table(message: Message) -> str:
    rows = [_row(name, _lines(text)) for name, text in message.lines]
    for number, item in enumerate(message.items):
        bad = number < message.failures
        name = Tone.FAILED if bad else Tone.DONE
        rows.append(_row(name, escape(item), colour=_COLOURS[name][0], css="wan-bad" if bad else "wan-good"))
    if message.more:
        rows.append(_row("", escape(message.more)))
    return (
        '<table width="100%" cellspacing="0" cellpadding="0" style="margin:20px 0 0;border-collapse:collapse">'
        f"{''.join(rows)}</table>"
        if rows
        else ""
    )


def _row(name: str, text: str, *, colour: str = "#61686f", css: str = "wan-soft") -> str:
    """Return a row of the table. `text` is markup."""
    cell = "padding:8px 0;font-size:14px;line-height:20px;vertical-align:top;border-top:1px solid #e2e5e9"
    return (
        f'<tr><th scope="row" class="{css} wan-rule" align="left" width="84" style="{cell};width:84px;'
        f'padding-right:12px;font-weight:400;color:{colour}">{escape(name)}</th>'
        f'<td class="wan-text wan-rule" style="{cell};color:#1c2024;{_BREAK}">{text}</td></tr>'
    )


def _button(message: Message) -> str:
    if not message.link:
        return ""
    return (
        f'<p style="margin:24px 0 0"><a class="wan-button" href="{escape(message.link)}" style="display:inline-block;'
        "padding:11px 20px;border-radius:6px;background:#1f5fd1;color:#ffffff;font-size:15px;line-height:20px;"
        f'font-weight:600;text-decoration:none">{escape(message.link_text)}</a></p>'
    )


def _place(message: Message) -> str:
    return "<br>".join(f"{escape(name)} {escape(text)}" for name, text in message.place)


def _lines(text: str) -> str:
    return "<br>".join(escape(text).splitlines())
