"""A request is judged by an issuer: what would be issued for it, what was issued before, and why it may be refused.

Invariant: a request for one of the server's own keys or names, or for the name of any of its roots, is refused. What
is the same for every request is read once for a batch.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property

from cryptography import x509

from tanos import deeds
from tanos.appliance import Appliance
from tanos.at_once import at_once
from tanos.certificates.issue import Draft, draft_certificate
from tanos.certificates.issued import Issued, find_issued, is_given_up, known_keys
from tanos.certificates.own_names import examine_own_names, examine_root_name
from tanos.certificates.request import Request, common_name, examine_request
from tanos.errors import AnswerRefused
from tanos.exchange.held_root import root_code
from tanos.exchange.installed import installed_certificate
from tanos.finding import Finding, note, refusals, refuse
from tanos.message import N_
from tanos.peers import peers
from tanos.roots.kept import recorded_roots


@dataclass(frozen=True)
class Answer:
    """A request and what will be signed for it."""

    request: Request
    draft: Draft | None
    """None where a finding refuses."""
    issuer_key: str
    """Check code of the root."""
    earlier: Issued | None
    """What was issued for it before, perhaps without its signature."""
    findings: tuple[Finding, ...]

    @property
    def already_issued(self) -> bool:
        """Whether a certificate exists that is offered again."""
        return self.earlier is not None and bool(self.earlier.certificate)


class Examiner:
    """Of one server, and its root in use."""

    def __init__(self, appliance: Appliance, root: x509.Certificate) -> None:
        self._appliance, self._root = appliance, root
        self._code = root_code(root)

    def examine(self, der: bytes) -> Answer:
        """Judge a request. Raises AnswerRefused as `examine_request`, Damaged."""
        (answer,) = self.examine_all([der])
        if isinstance(answer, AnswerRefused):
            raise answer
        return answer

    def examine_all(self, ders: Sequence[bytes]) -> list[Answer | AnswerRefused]:
        """Judge several; what cannot be read has its reason in its place. Raises Damaged."""
        read = at_once(_read, ders)
        codes = [each[0].check_code for each in read if not isinstance(each, AnswerRefused)]
        known = known_keys(self._appliance, codes)
        return [each if isinstance(each, AnswerRefused) else self._judge(*each, known) for each in read]

    def _judge(self, request: Request, found: tuple[Finding, ...], known: Set[str]) -> Answer:
        appliance, root = self._appliance, self._root
        own = (*self._own_keys(request), *examine_own_names(request, root, appliance.identity))
        is_known = request.check_code in known
        given_up = _given_up(appliance, request) if is_known else ()
        findings = (*found, *own, *self._names_of_roots(request), *given_up)
        if refusals(findings):
            return Answer(request, None, self._code, None, findings)
        now = appliance.clock()
        draft = draft_certificate(request, root, now=now)
        earlier = find_issued(appliance, self._code, draft, request.check_code) if is_known else None
        if earlier and not earlier.certificate:
            draft = draft_certificate(request, root, now=now, serial=int(earlier.serial, 16))
        if earlier and earlier.certificate:
            findings = (*findings, _already(earlier))
        return Answer(request, draft, self._code, earlier, findings)

    @cached_property
    def _own_codes(self) -> frozenset[str]:
        own = installed_certificate(self._appliance)
        return frozenset(root_code(certificate) for certificate in (self._root, own) if certificate)

    @cached_property
    def _others(self) -> tuple[x509.Certificate, ...]:
        found = (each.certificate for each in recorded_roots(self._appliance))
        return tuple(each for each in found if each.subject != self._root.subject)

    def _names_of_roots(self, request: Request) -> tuple[Finding, ...]:
        """Refuse the name of any other root of this server: who trusts it might take the certificate for it."""
        return tuple(found for each in self._others for found in examine_root_name(request, each))

    def _own_keys(self, request: Request) -> tuple[Finding, ...]:
        if request.check_code not in self._own_codes:
            return ()
        return (
            refuse(
                "own-key",
                N_("The request is for a key of this server itself."),
                N_(
                    "Create the CSR on the Zone Server ({create_csr:key} there): its key never leaves it.",
                    create_csr=deeds.CREATE_CSR,
                ),
            ),
        )


def _read(der: bytes) -> tuple[Request, tuple[Finding, ...]] | AnswerRefused:
    try:
        return examine_request(der)
    except AnswerRefused as refused:
        return refused


def peer_of(appliance: Appliance, request: Request) -> str:
    """Return the name of the peer that a request is of, by its names; empty where it is none."""
    return peers_of(appliance, [request])[0]


def peers_of(appliance: Appliance, requests: Sequence[Request]) -> list[str]:
    """Return that of each."""
    known = {peer.host.casefold(): peer.name for peer in peers(appliance)}
    return [_peer_of(known, request) for request in requests]


def _peer_of(known: Mapping[str, str], request: Request) -> str:
    hosts = (common_name(request), *request.names)
    return next((known[host.casefold()] for host in hosts if host.casefold() in known), "")


def _given_up(appliance: Appliance, request: Request) -> tuple[Finding, ...]:
    if not is_given_up(appliance, request.check_code):
        return ()
    return (
        refuse(
            "revoked-key",
            N_("A certificate of this key was revoked, because somebody else may have the key."),
            N_(
                "Create a new CSR on the Zone Server ({create_csr:key} there): it has a new key.",
                create_csr=deeds.CREATE_CSR,
            ),
        ),
    )


def _already(issued: Issued) -> Finding:
    return note(
        "already-issued",
        N_("This request was answered before, with serial {serial}.", serial=issued.serial),
        N_("The same certificate is offered again; no new one is issued."),
    )
