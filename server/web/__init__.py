"""The HTTP interface: one blueprint per resource, each view being parse, one domain call, reply.

May import `submissions`, `services` and what lies below; never `pipeline`. The one home of Quart,
with `server/serving/app.py`, which puts the blueprints together. Start reading at `submissions.py`.
"""
