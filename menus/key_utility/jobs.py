"""What KeyUtility does: each job with the syntax, defaults and file names of the documents (seeds 000, 002).

Invariant: what a job needs is imported when it is run, so that help and a wrong word cost nothing.
"""

from datetime import UTC, datetime
from pathlib import Path

from menus.key_utility.words import HELP, JSON, KNOWN_KEYS, OVERWRITE, Choice, Given, Job, days, needed
from tanos.message import N_
from tanos.operation import Result, Tell

EXPIRATION = Choice("--expiration", N_("How many days the certificate is valid."), "DAYS", "3650")
_NAMES = N_("Names of the server, with commas; the first is the common name. At first this machine's.")
_ALL_NAMES = N_("Names and addresses of the server, with commas; the first is the common name.")

_ROOT_CERTIFICATE = N_("The root's certificate; at first tanium.pub beside the key.")


def _request(given: Given, tell: Tell) -> Result:
    from tanos.keyutility.request import RequestWanted, make_request

    wanted = RequestWanted(
        Path(given["--key"]),
        Path(given["--out"]),
        _split(given.get("--hostname", "")),
        overwrite="--overwrite" in given,
        existing_key="--existing-key" in given,
    )
    return make_request(wanted, tell)


def _issue(given: Given, _: Tell) -> Result:
    from tanos.keyutility.issue import IssueWanted, issue

    certificate = given.get("--root-certificate")
    wanted = IssueWanted(
        Path(given["--csr"]),
        Path(given["--out"]),
        Path(given["--root-key"]),
        Path(certificate) if certificate else None,
        days(given),
        overwrite="--overwrite" in given,
    )
    return issue(wanted, datetime.now(UTC))


def _self_sign(given: Given, tell: Tell) -> Result:
    from tanos.keyutility.self_sign import SelfSignWanted, self_sign

    wanted = SelfSignWanted(
        _split(needed(given, "--hostname")),
        Path(needed(given, "--out")),
        export_csr="--export-csr" in given,
        days=days(given),
        overwrite="--overwrite" in given,
    )
    return self_sign(wanted, datetime.now(UTC), tell)


def _split(names: str) -> list[str]:
    return [name.strip() for name in names.split(",") if name.strip()]


JOBS = {
    job.name: job
    for job in (
        Job(
            "reporting-tls-request",
            "[<reporting.pvk>] [<out>]",
            N_("Make the key of a server for the platform's protocol, and the request for its certificate."),
            _request,
            (
                Choice("--key", N_("Where the key is written."), "PATH", "reporting.pvk"),
                Choice("--out", N_("Where the request is written."), "PATH", "reporting.csr", "-o"),
                Choice("--hostname", _NAMES, "NAMES"),
                Choice("--existing-key", N_("Ask with the key that is there; none is made.")),
                KNOWN_KEYS,
                OVERWRITE,
                JSON,
                HELP,
            ),
            ("--key", "--out"),
        ),
        Job(
            "reporting-tls-issue",
            "<reporting.csr> <out> [<tanium.pvk>]",
            N_("Issue the certificate that a request asks for, signed by the root key."),
            _issue,
            (
                Choice("--root-key", N_("The root's private key: RSA, P-256, P-384 or P-521."), "PATH", "tanium.pvk"),
                Choice("--csr", N_("The request."), "PATH", "reporting.csr"),
                Choice("--out", N_("Where the certificate is written."), "PATH", "reporting.crt", "-o"),
                EXPIRATION,
                Choice(
                    "--root-certificate", N_("The root's certificate; at first tanium.pub beside the key."), "PATH"
                ),
                KNOWN_KEYS,
                OVERWRITE,
                JSON,
                HELP,
            ),
            ("--csr", "--out", "--root-key"),
        ),
        Job(
            "selfsign",
            "[--export-csr] --hostname <names> --out <path>",
            N_("Make a key and a certificate that it signs itself; PATH.key and PATH.crt."),
            _self_sign,
            (
                Choice("--export-csr", N_("Make the request for an authority, too: PATH.csr.")),
                Choice("--hostname", _ALL_NAMES, "NAMES"),
                Choice("--out", N_("Directory and name, to which the suffixes are added."), "PATH", "", "-o"),
                EXPIRATION,
                OVERWRITE,
                JSON,
                HELP,
            ),
        ),
    )
}
