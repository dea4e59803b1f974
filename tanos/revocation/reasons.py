"""Why a certificate is revoked: the reasons of RFC 5280 section 5.3.1 that mean something for a server's own.

Rule: `unspecified` is said by no extension at all (section 5.3.1); a hold is not offered, since what is revoked here
stays so.
"""

from tanos.message import N_, Message

KEY_COMPROMISE = "key-compromise"
REASONS: dict[str, Message] = {
    KEY_COMPROMISE: N_("somebody else has the key, or may have it"),
    "superseded": N_("another certificate takes its place"),
    "cessation-of-operation": N_("the server is out of service"),
    "affiliation-changed": N_("its names are no longer right"),
    "privilege-withdrawn": N_("it may not serve any longer"),
    "unspecified": N_("no reason is told"),
}
"""By the word of a verb."""
ROOT_REVOKED = "root-revoked"
SAID = {**REASONS, ROOT_REVOKED: N_("the root that signed it is revoked")}
"""Why one is revoked, which is not always by itself."""
CODES = {
    "unspecified": 0,
    KEY_COMPROMISE: 1,
    "affiliation-changed": 3,
    "superseded": 4,
    "cessation-of-operation": 5,
    "privilege-withdrawn": 9,
}
"""Of CRLReason."""
