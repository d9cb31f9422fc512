"""One blueprint for each resource: parse the request, make one domain call, reply."""
