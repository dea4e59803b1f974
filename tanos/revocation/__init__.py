"""What this server's root issued, what of it is revoked, and the signed list that tells others."""
