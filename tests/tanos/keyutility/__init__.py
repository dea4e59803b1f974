"""KeyUtility, without its words."""
