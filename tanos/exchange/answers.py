"""Which file of `/incoming` answers the waiting request: the one whose key matches, whatever its name."""

from collections.abc import Collection, Iterator

from tanos import deeds
from tanos.appliance import Appliance
from tanos.certificates.loaded import certificate_code
from tanos.dropbox import incoming_files, read_incoming
from tanos.errors import AnswerRefused, NotYet
from tanos.message import N_
from tanos.pasting.awaited import Awaited
from tanos.pasting.intake import Intake, read_file

SUFFIXES = (".crt", ".cer", ".p7b")


def choose_answer(appliance: Appliance, wanted: Collection[str]) -> str:
    """Return the name of the newest certificate file for a key whose check code is in `wanted`.

    Raises NotYet `step-missing` where no file can be read as a certificate, AnswerRefused `key-mismatch` where none
    fits.
    """
    seen: list[str] = []
    for name, codes in _read_all(appliance):
        if codes & set(wanted):
            return name
        seen.append(name)
    if not seen:
        raise NotYet(
            "step-missing",
            N_("No certificate lies in /incoming yet."),
            N_(
                "Issue it on the Tanium Server ({import_request:key} there) and send it here by SFTP as tancopy, or "
                "paste it.",
                import_request=deeds.IMPORT_REQUEST,
            ),
        )
    raise AnswerRefused(
        "key-mismatch",
        N_("No certificate in /incoming belongs to a waiting request; there are {files}.", files=", ".join(seen)),
        N_("Send the certificate that has the check code {codes}.", codes=", ".join(wanted)),
    )


def check_codes(intake: Intake) -> set[str]:
    """Return the check codes of all certificates that can be read in an intake."""
    codes = set()
    for der in intake.ders:
        try:
            codes.add(certificate_code(der))
        except AnswerRefused:
            continue
    return codes


def _read_all(appliance: Appliance) -> Iterator[tuple[str, set[str]]]:
    for file in incoming_files(appliance, SUFFIXES):
        try:
            intake = read_file(read_incoming(appliance, file.name), Awaited.CERTIFICATE)
        except AnswerRefused:
            continue
        yield file.name, check_codes(intake)
