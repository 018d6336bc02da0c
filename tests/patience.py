"""How long tests wait for what should come by itself, which is never to find out how quick it is."""

from __future__ import annotations

HANGS = 300.0
"""Seconds after which a process, a server or a page hangs. Where much else is going on, a start may take a minute."""
