"""OpenTDF / ZTDF containers: sealing, opening, key shares, assertions, and the JSON of the key access protocol.

Pure: no clock, no network, no files; random bytes for initialisation vectors and shares are arguments. Asymmetric
key pairs, OAEP padding and KEM randomness come from the `cryptography` library's own generator, never from here.
Written form: OpenTDF 4.3.0. Read forms: 4.x from 4.3.0 on, and legacy (4.2.2 rules, no `schemaVersion`).
"""
