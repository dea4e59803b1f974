"""The Tanium Server: clients and hubs at one port, console and API at another."""
