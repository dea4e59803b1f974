"""Whether everybody may fetch a certificate of this appliance, as an operator has said."""

from tanos.appliance import Appliance


def is_published(appliance: Appliance, kind: str) -> bool:
    """Say whether the certificate of a pair may be fetched by everybody."""
    return appliance.store.row("SELECT 1 FROM published WHERE kind = ?", kind) is not None
