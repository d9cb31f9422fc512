"""The state of this process: open files, metrics, heartbeat file, and failpoints for tests."""
