"""One blueprint per resource: parse the request, make one domain call, reply."""
