"""The pairs served by HTTPS, of console and API (soap) and of a Module Server (ssl).

What each must be, how it is asked for, installed, put back, published.
"""
