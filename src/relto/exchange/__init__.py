"""The protocol between two nodes without the wire: messages, receipts, refusals, sequences, versions."""
