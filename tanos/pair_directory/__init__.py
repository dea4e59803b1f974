"""A pair on a machine that is no appliance: the same versions, one link and one rename, in any directory."""
