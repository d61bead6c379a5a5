"""What relto needs from outside, as Protocols. Adapters satisfy them; pure rooms and services know only these."""
