"""The lab: a learner's own chat server, seen while it runs.

    person --> lab --> program        the lab stands between each person and the program
           <--     <--

`proxy.py` passes the bytes on, as `controls.py` says: in pieces, late, or not at all. `program.py`
runs the program; `inside.py` reports the reads and writes of a Python program; `../kernel.py` tells
what waits in the queues of the kernel. All of them report events to one `trace.py`, and `web.py`
shows it on a page of the browser (`web/js/glass/`).

Everything is on loopback, needs the standard library alone, and ends with the lab.
"""
