"""The door for partner nodes: mutual TLS 1.3, messages, payloads, opening requests, checkpoints to cosign."""
