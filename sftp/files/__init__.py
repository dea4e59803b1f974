"""The drop box over SFTP: the library speaks the protocol, every path and every byte on disk is ours."""
