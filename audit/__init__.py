"""Asks for known holes in what is pinned, and lists what the linter's rules on security pass over."""
