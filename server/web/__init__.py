"""The HTTP interface: one blueprint per resource; views parse, make one domain call and reply.

May import `submissions`, `services` and their dependencies; never `pipeline`. Quart is used only
here and in `server/serving/app.py`, which registers the blueprints. Start reading at
`routes/submissions.py`.
"""
