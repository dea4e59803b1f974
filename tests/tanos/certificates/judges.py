"""Other people's programs, asked for their opinion: openssl, certtool, pkilint."""

import contextlib
import io
import shutil
import subprocess
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path


def _ask(*words: str | Path) -> str:
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    return f"{done.returncode}\n{done.stdout}{done.stderr}"


def assert_request_is_good(csr: Path) -> None:
    """Both families of parsers verify the request's own signature."""
    assert _ask("openssl", "req", "-verify", "-noout", "-in", csr).startswith("0")
    if shutil.which("certtool"):
        assert "Self signature: verified" in _ask("certtool", "--crq-info", "--infile", csr)


def assert_certificate_is_good(leaf: Path, root: Path, name: str) -> None:
    """The strictest chain check, for both purposes; a second library; and a linter without a word above INFO."""
    for purpose in ("sslserver", "sslclient"):
        words = ("openssl", "verify", "-x509_strict", "-CAfile", str(root), "-purpose", purpose)
        verdict = _ask(*words, "-verify_ip" if _is_address(name) else "-verify_hostname", name, leaf)
        assert verdict.startswith("0"), verdict
    if shutil.which("certtool"):
        trust = ("--load-ca-certificate", str(root), "--verify-hostname", name)
        assert "Verified. The certificate is trusted." in _ask("certtool", "--verify", *trust, "--infile", leaf)
    assert_lints_clean(leaf)


def _is_address(name: str) -> bool:
    return ":" in name or name.replace(".", "").isdigit()


def assert_lints_clean(certificate: Path) -> None:
    """The RFC 5280 linter finds no warning and no error."""
    code, said = linted(certificate)
    assert code == 0, said


def linted(file: Path, linter: str = "lint_pkix_cert", *words: str) -> tuple[int, str]:
    """Have a linter read a file; return how it ended and what it said of warnings and errors.

    In this process: nearly all the time of one of its own would go into its start.
    """
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()) as said:
        warnings.simplefilter("ignore")
        code = import_module(f"pkilint.bin.{linter}").main(["lint", *words, "-s", "WARNING", str(file)])
    return int(code), said.getvalue()


def linted_list(file: Path) -> tuple[int, str]:
    """The same of a revocation list."""
    return linted(file, "lint_crl", "-t", "CRL", "-p", "PKIX")


@dataclass(frozen=True)
class Judged:
    """A certificate, and by what it is to be believed."""

    certificate: str
    root: str
    between: str = ""
    """What signed it, where that is no root."""
    crl: bytes = b""
    """The list of the root, DER; empty where the root signed none."""
    is_here: bool = False
    """It names `localhost`, as the documents demand, in which the linter misses a dot; that is all it may say."""


def assert_every_one_is_good(told: Mapping[str, Judged], lists: Sequence[tuple[bytes, str]], place: Path) -> None:
    """Openssl believes each by its strictest check, with the list of its root; linters find no warning in any.

    `lists` are revocation lists, DER, each with its root.
    """
    files: list[Path] = []
    expected: list[int] = []
    for number, (name, each) in enumerate(told.items()):
        verdict = _verified(each, place)
        assert verdict.startswith("0"), f"{name}: {verdict}"
        files.append(place / f"{number}.crt")
        files[-1].write_text(each.certificate)
        expected.append(int(each.is_here))
    for number, (der, root) in enumerate(lists):
        files.append(place / f"{number}.crl")
        files[-1].write_bytes(der)
        expected.append(0)
        (place / "root").write_text(root)
        verdict = _ask("openssl", "crl", "-in", files[-1], "-CAfile", place / "root", "-noout", "-verify")
        assert "verify OK" in verdict, verdict
    for file, wanted in zip(files, expected, strict=True):
        code, said = linted_list(file) if file.suffix == ".crl" else linted(file)
        assert code == wanted, said
        assert said.count("(ERROR)") + said.count("(WARNING)") == said.count('name syntax: "localhost"'), said


def _verified(each: Judged, place: Path) -> str:
    (place / "leaf").write_text(each.certificate)
    (place / "root").write_text(each.root)
    words: list[str | Path] = ["openssl", "verify", "-x509_strict", "-CAfile", place / "root"]
    if each.between:
        (place / "between").write_text(each.between)
        words += ["-untrusted", place / "between"]
    if each.crl:
        (place / "crl").write_bytes(each.crl)
        words += ["-crl_check", "-CRLfile", place / "crl"]
    return _ask(*words, place / "leaf")
