"""What media files are, and tools for them. Needs the `media` extra (PyAV) where a module says so."""
