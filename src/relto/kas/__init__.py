"""The door for key requests and the relay: OpenTDF's key access protocol over HTTP, and the node's token issuer.

One process, three listeners: the key service's origin, the relay's origin (the partner's service, asked by the home
node), and the inner one for the node's other processes. Only this process holds unwrapped shares, and only in its
memory.
"""
