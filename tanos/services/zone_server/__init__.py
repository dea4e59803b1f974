"""The Zone Server: clients that cannot reach the Tanium Server register here, and a hub carries it there."""
