"""Trusted Tanium Servers: a tile for each other server, what became of it, and what an operator has to compare."""

import json
from collections.abc import Iterable
from typing import Any

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.errors import TanosError
from tanos.inert import inert
from tanos.message import N_, Message
from tanos.operation import Inquiry, Result
from tanos.report import Fact, Facts, Mark, Say, Section, Table
from tanos.trust.exchange import own_roots
from tanos.trust.glance import approval_findings
from tanos.trust.kept import Other, find_other, others
from tanos.trust.machine import State

MOST_HISTORY = 200
_SHORT = 8
"""Characters of a fingerprint where a table has no room for all: three bytes."""
_MARKS = {State.TRUSTED: Mark.OK, State.PENDING: Mark.WAIT, State.UNKNOWN: Mark.DUE, State.DENIED: Mark.FAIL}
_HISTORY = (
    "SELECT at, fqdn, address, key, before, after, by, times FROM trust_history"
    " WHERE ? = '[]' OR key IN (SELECT value FROM json_each(?)) ORDER BY id DESC LIMIT ?"
)
_NONE = N_("No other Tanium Server is known here.")


async def _list(call: Call) -> Result:
    """Raises NotYet `step-missing`."""
    found, own = others(call.appliance), own_roots(call.appliance)
    tiles = tuple(section for each in found for section in tile(each))
    data = {
        "servers": [each.as_data() for each in found],
        "own": [{"server_value": each.server_value, "fingerprint": each.fingerprint} for each in own],
    }
    rows = tuple((each.server_value, each.check_code) for each in own)
    mine = Table((N_("this server's root key"), N_("check code")), rows, empty=N_("None."))
    return Result(
        N_("Trusted Tanium Servers"),
        (*(tiles or (Say(_NONE),)), mine),
        approval_findings(call.appliance),
        data,
    )


async def _show(call: Call, *, name: str) -> Result:
    """Raises AnswerRefused `no-such-server`."""
    other = find_other(call.appliance, name)
    sections = (*tile(other), _history_table(_history_rows(call.appliance, other.every_key)))
    return Result(N_("Tanium Server {name}", name=other.fqdn), sections, data=other.as_data())


async def _history(call: Call) -> Result:
    rows = _history_rows(call.appliance)
    return Result(N_("Trust History"), (_history_table(rows),), data={"history": rows})


def tile(other: Other) -> tuple[Section, ...]:
    """Return what an operator sees of it."""
    facts = Facts(
        (
            Fact(N_("server"), other.fqdn),
            Fact(N_("trust status"), status_of(other), _MARKS.get(other.state)),
            *((Fact(N_("six digits"), shown_code(other)),) if _is_compared(other) else ()),
            Fact(N_("check code"), other.check_code),
            Fact(N_("root key fingerprint"), other.key),
            Fact(N_("address"), _address(other)),
            Fact(N_("release"), other.release),
            Fact(N_("heard"), N_("{time}, first {first}", time=other.heard_at, first=other.first_heard_at)),
        )
    )
    return (facts, Say(ONLY_ANEW, Mark.FAIL)) if other.state is State.DENIED else (facts,)


def _address(other: Other) -> Message | str:
    return inert(other.address) or N_("not known")


def _is_compared(other: Other) -> bool:
    return other.state not in {State.TRUSTED, State.DENIED}


def shown_code(other: Other) -> Message | str:
    """Return the six digits, or why there are none."""
    if not _is_compared(other):
        return ""
    if other.code:
        return f"{other.code[:3]} {other.code[3:]}"
    if other.its_nonce:
        return N_("none: compare the fingerprints")
    return N_("not yet: the two servers have not spoken twice")


def status_of(other: Other) -> Message:
    """Return the trust status, and whose turn it is."""
    standing = other.standing
    if other.state is State.PENDING and standing.i_accepted:
        return N_("pending: accepted here, and not there yet")
    if other.state is State.PENDING:
        return N_("pending: accepted there, trust approval required here")
    if other.state is State.DENIED:
        return N_("denied here") if standing.mine.is_denial else N_("denied there")
    return other.state.label


ONLY_ANEW = N_(
    "A denial is final for this root key: it is trusted again only once that server is installed anew, with another"
    " root key."
)


def page_state(appliance: Appliance) -> tuple[Section, ...]:
    """Return what stands above the page's lines."""
    try:
        found = others(appliance)
        rows = tuple((each.fqdn, _address(each), shown_code(each), status_of(each)) for each in found)
        columns = (N_("server"), N_("address"), N_("six digits"), N_("trust status"))
        waiting = [each for each in found if each.waits_for_us]
        compare = Say(N_("Compare the six digits with those on the other server's screen, or the fingerprints."))
        return (Table(columns, rows, _NONE), *((compare,) if waiting else ()))
    except TanosError as error:
        return (Say(error.message, Mark.FAIL),)


def _history_rows(appliance: Appliance, keys: Iterable[str] = ()) -> list[dict[str, Any]]:
    """Return the latest lines, of one server where its keys are given."""
    its = json.dumps(sorted(keys))
    return [dict(row) for row in appliance.store.rows(_HISTORY, its, its, MOST_HISTORY)]


def _history_table(rows: list[dict[str, Any]]) -> Table:
    columns = (N_("time"), N_("server"), N_("root key"), N_("status"), N_("by"))
    shown = tuple(
        (
            each["at"],
            each["fqdn"],
            each["key"][:_SHORT] + "…",
            _became(each),
            inert(each["by"]) or N_("that server"),
        )
        for each in rows
    )
    return Table(columns, shown, N_("Nothing was decided yet."))


def _became(line: dict[str, Any]) -> Message:
    status = N_("heard of") if line["after"] == State.UNKNOWN else State(line["after"]).label
    if line["times"] == 1:
        return status
    return N_("{status}, {count} time", "{status}, {count} times", status=status, count=line["times"])


LIST_SERVERS = Inquiry(_list)
SHOW_SERVER = Inquiry(_show)
SHOW_HISTORY = Inquiry(_history)
