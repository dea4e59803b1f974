"""Requests, certificates and pairs, judged by other programs."""
