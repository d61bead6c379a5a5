"""Faults between and inside two real nodes: a faulty way between their link doors, processes that die, a full disk.

Every fault that hit a request or a process is counted with its seed and place; the seed gives the plan again.
"""
