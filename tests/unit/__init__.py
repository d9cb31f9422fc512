"""Tests that need no server: they mirror the source tree and touch no file outside tmp_path."""
