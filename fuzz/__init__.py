"""Fuzzes what reads input from elsewhere: the service's answers, requests, files, addresses, the pages' parameters.

`make fuzz` runs each target in a process of its own, guided by coverage. A target is a module with a function `one`,
which takes bytes, makes of them what it tests, and lets through only what is a fault. It needs nothing to run, so
tests give the same functions a few hundred inputs.
"""
