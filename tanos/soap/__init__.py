"""The certificate of console and API: what it must be, how it is installed, put back, published, asked for."""
