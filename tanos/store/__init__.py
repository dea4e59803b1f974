"""The appliance's database: what several processes may change, with its audit."""
