"""Services of others that present a certificate of this appliance: given it, and seen to serve it, or put back."""
