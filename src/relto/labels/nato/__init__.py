"""STANAG 4774 labels and clearances, STANAG 4778 bindings and SPIF 2.1 policy files, of any policy.

`relto.labels.stanag4774` reads and writes relto's own label as XML; this room reads, writes, checks and renders labels
of every policy that a SPIF describes. Nothing here opens a file or a connection: bytes come in, bytes go out.
"""
