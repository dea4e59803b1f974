"""Who signs in to the console in the browser, and to the API: users of the Tanium Server, not of its appliance."""
