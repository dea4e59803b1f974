"""The jobs of KeyUtility: keys, requests and certificates as files, on any machine and without an appliance."""
