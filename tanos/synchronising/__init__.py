"""What two Tanium Servers that trust each other keep alike: settings, who registered, roots and what is revoked."""
