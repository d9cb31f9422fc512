"""What stands between the network and the application: listener, limits, ASGI."""
