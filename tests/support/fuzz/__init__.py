"""Fuzzing of everything that reads what others wrote: containers, policies, tokens, proofs, request bodies.

`targets` names what is fed and with which seeds; `mutations` changes a seed with knowledge of its structure; `running`
feeds it, each input under a limit of processor time and of memory; only relto's own errors may come out. A new target
is one function with `@target` in `targets`. `tamper` is the tamper test of whole containers.
"""
