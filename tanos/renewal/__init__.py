"""Certificates in use: how long they last, who presents them, and how the next one comes."""
