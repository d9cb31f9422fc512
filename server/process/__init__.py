"""What a process knows of itself: open files, metrics, heartbeat, and failpoints for the tests."""
