"""Builds the package, checks it, and edits a clip with it in an empty environment, as `make dist` does."""
