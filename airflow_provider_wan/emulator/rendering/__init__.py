"""Draws the videos that the emulator hands out, one module per concern.

`job` says what is asked and what came out; `attachments` and `input_limits` look at the inputs; `geometry`
and `scenes_*` decide what is to be seen. `frames`, `looks`, `masks`, `sprites`, `borders`, `stage`,
`passages` and `mark` draw it; `clips`, `sound` and `encode` read and write files.
"""
