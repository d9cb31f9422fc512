"""Everything between the network and the application: listener, limits, ASGI."""
