"""Who may do what: the agreement bundle as signed data, and decisions that carry their reasons.

Cedar is the only engine that decides. Everything here is pure: facts, instants and bundle bytes come in as values,
decisions and errors come out; nothing reads a clock, a network, a file or a source of randomness (`builtin` reads the
package's own data and nothing else).
"""
