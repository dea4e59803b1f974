"""What the root's two files are called, at home and on their way."""

ROOT_CERTIFICATE, ROOT_KEY = "tanium.pub", "tanium.pvk"
