"""Two nodes in one process whose power is cut at any call, whose disks lie, and whose way to each other is faulty.

`kill -9` of a process says nothing about fsync, because the page cache survives it. Here each node's files and database
are put back to what was asked to be durable when the power went, with any part of the rest: what was not synced may be
there, be there in part, or be lost. One seed gives one life of both nodes; the same seed gives the same faults.

    python -m tests.support.power_cuts --faults 8000 --processes 2 --report power.json
"""
