"""Proving rule sets: Cedar's own syntax tree, translated to SMT-LIB, decided by two solvers, replayed in Cedar.

What is proved is about policy text and tables, not about the code that gathers facts (design.md, promise 5). An
operator that the translation does not know is refused; nothing is approximated.
"""
