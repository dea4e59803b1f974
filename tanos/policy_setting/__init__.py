"""Setting a policy of the console, on trial where it can keep people out; what holds is read in `tanos/policy`."""
