"""What a text or file with certificates, requests and keys holds: said of every object, on any machine."""
