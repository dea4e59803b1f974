"""What can be done with SSH keys: the operations behind `ssh-keys …` and `authorized-keys …`."""

from tanos.keys.adding import ADD_AUTHORIZED
from tanos.keys.authorized_operations import REMOVE_AUTHORIZED
from tanos.keys.listed import LIST_AUTHORIZED
from tanos.keys.pair_operations import GENERATE_KEY, SHOW_KEY

__all__ = ["ADD_AUTHORIZED", "GENERATE_KEY", "LIST_AUTHORIZED", "REMOVE_AUTHORIZED", "SHOW_KEY"]
