"""The Zone Server Hub: connects out to each zone server and to the Tanium Server, and carries between them."""
