"""Certificates: what is asked for, what is issued, what came back, and the pair that is installed."""
