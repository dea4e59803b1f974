"""One certificate request goes from a Zone Server to a Tanium Server, and one certificate comes back."""
