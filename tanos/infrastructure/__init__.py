"""What clients, hubs and zone servers are given to know their Tanium Server by: tanium-init.dat and tanium.pub."""
