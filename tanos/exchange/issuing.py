"""Many requests are answered at once: serials first, durably, then all signatures, then all certificates, durably.

Invariant: as for one request, a serial is durable before anything is signed with it, and a certificate before anyone
sees it. A part of at most PART requests is one pair of transactions, whose audit records name every serial; what dies
between the two leaves serials without certificates, which the same requests take up again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from tanos.actor import Call
from tanos.certificates.issue import Draft, draft_certificate
from tanos.certificates.issued import Issued, find_issued, known_keys, note_serials, serial_text, write_certificates
from tanos.certificates.request import Request, pem_of
from tanos.exchange import ledger
from tanos.exchange.examining import Answer, peers_of
from tanos.exchange.held_root import needed_root, root_code
from tanos.exchange.ledger import Side
from tanos.keeper import keeper_of

PART = 100


def issue_all(call: Call, answers: Sequence[Answer]) -> Iterator[list[tuple[Answer, Issued]]]:
    """Answer them, each of which has a draft and no certificate yet; yield a part as soon as it is durable.

    Raises NotYet `stale`, `busy`, `step-missing`, Damaged `root-damaged`.
    """
    for at in range(0, len(answers), PART):
        yield _issue(call, answers[at : at + PART])


def _issue(call: Call, answers: Sequence[Answer]) -> list[tuple[Answer, Issued]]:
    reserved = _reserve(call, answers)
    wanted = [(each, each.draft) for each in reserved if each.draft and not each.already_issued]
    signed = keeper_of(call.appliance).sign_certificates([draft.tbs for _, draft in wanted])
    pems = [pem_of(der, "CERTIFICATE") for der in signed]
    names = peers_of(call.appliance, [each.request for each, _ in wanted])
    with call.appliance.store.change(call, about=_named(reserved)) as change:
        held = write_certificates(change, [(draft, pem) for (_, draft), pem in zip(wanted, pems, strict=True)])
        ledger.begin_all(change, Side.ISSUER, "issued", [
            (each.request.check_code, each.request.subject, peer)
            for (each, _), peer in zip(wanted, names, strict=True)
        ])  # fmt: skip
        done = [(each, _held(each, held)) for each in reserved]
        change.after = ", ".join(f"serial {issued.serial}" for _, issued in done)
    return done


def _held(answer: Answer, held: Mapping[str, Issued]) -> Issued:
    if answer.earlier is not None and answer.already_issued:
        return answer.earlier
    assert answer.draft
    return held[serial_text(answer.draft.serial)]


def _reserve(call: Call, answers: Sequence[Answer]) -> list[Answer]:
    """Make the serials durable; another session may have taken one for the same request, or even signed."""
    appliance, issuer = call.appliance, answers[0].issuer_key
    reserved: list[Answer] = []
    taken: list[tuple[Request, Draft]] = []
    with appliance.store.change(call, about=_named(answers)) as change:
        known = known_keys(appliance, [each.request.check_code for each in answers])
        for each in answers:
            assert each.draft
            code, earlier = each.request.check_code, None
            if code in known:
                note_serials(change, issuer, taken)
                taken.clear()
                earlier = find_issued(appliance, issuer, each.draft, code)
            if earlier is None:
                taken.append((each.request, each.draft))
                known.add(code)
            reserved.append(_taken_up(call, replace(each, earlier=earlier)))
        note_serials(change, issuer, taken)
        change.after = ", ".join(
            f"taken {serial_text(each.draft.serial)}" for each in reserved if each.draft and not each.already_issued
        )
    return reserved


def _taken_up(call: Call, answer: Answer) -> Answer:
    """Return it with the draft of the serial that it has."""
    earlier, draft = answer.earlier, answer.draft
    assert draft
    if earlier is None or earlier.certificate or earlier.serial == serial_text(draft.serial):
        return answer
    root, now = needed_root(call.appliance), call.appliance.clock()
    assert root_code(root) == answer.issuer_key
    return replace(answer, draft=draft_certificate(answer.request, root, now=now, serial=int(earlier.serial, 16)))


def _named(answers: Sequence[Answer]) -> str:
    return ", ".join(each.request.check_code for each in answers)
