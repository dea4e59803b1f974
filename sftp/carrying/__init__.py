"""The bodies of the verbs that carry: what `tanos.exchange` knows, joined to what `sftp.client` brings and takes."""
