"""The Module Server: takes what registered Tanium Servers ask of modules, and hands it to these on this machine."""
