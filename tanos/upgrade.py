"""An appliance behaves as a later release from its next start on; offline, because its description is not to change
under who reads it.

Invariants: the release is written last, by one rename; until then the appliance is what it was, and whoever died is
followed by doing the same again. No pair and no key is replaced. Nothing goes back to an earlier release.

Rules (seeds 000, 001): a server of 7.4 begins with `Root 0` beside `legacy-root`; TLS between servers cannot be off.
"""

from dataclasses import dataclass, replace

from tanos.actor import system_call
from tanos.appliance import Appliance, write_description
from tanos.errors import AnswerRefused
from tanos.exchange.ledger import Side, exchanges
from tanos.exchange.offers import EITHER
from tanos.files import disk_trouble
from tanos.finding import Finding, warn
from tanos.inside import DESCRIPTION
from tanos.message import N_
from tanos.operation import NOTHING_TO_DO, YES, Plan, Result
from tanos.platform import RELEASES, Identity, Release
from tanos.report import Fact, Facts, Say, Section
from tanos.roots.create import make_first_root
from tanos.roots.kept import rotating
from tanos.roots.offers import ROTATED_HERE
from tanos.roots.steps import STEPS
from tanos.serving_alone import only_one
from tanos.settings.catalogue import SETTINGS
from tanos.settings.values import Written, written
from tanos.store.begun import settle


@dataclass(frozen=True)
class Upgrade:
    """What an appliance becomes."""

    appliance: Appliance
    release: Release

    @property
    def identity(self) -> Identity:
        """Who it is then."""
        return replace(self.appliance.identity, release=self.release)


def plan_upgrade(appliance: Appliance, release: str) -> Plan[Upgrade]:
    """Say what changes. Raises AnswerRefused `earlier-release`."""
    present, upgrade = appliance.identity.release, Upgrade(appliance, RELEASES[release])
    order = list(RELEASES)
    if order.index(release) < order.index(present.name):
        raise AnswerRefused(
            "earlier-release",
            N_("This appliance is of release {present}; none goes back to {release}.", present=present.name,
               release=release),
            N_("Make another appliance of that release, or go on with this one."),
        )  # fmt: skip
    is_same = upgrade.release == present
    facts = Facts((Fact(N_("release"), N_("{before}, then {after}", before=present.name, after=release)),))
    return Plan(
        N_("Upgrade {name} to release {release}", name=appliance.identity.name, release=release),
        upgrade,
        (facts,) if is_same else (facts, *_changes(upgrade)),
        () if is_same else _open_exchanges(upgrade),
        {"before": present.name, "after": release},
        NOTHING_TO_DO if is_same else YES,
    )


def apply_upgrade(upgrade: Upgrade) -> Result:
    """Do it. Raises NotYet `already-serving`, Damaged `pki-damaged`, `disk-failed`."""
    appliance, before = upgrade.appliance, upgrade.appliance.identity.release.name
    if upgrade.release.name != before:
        _change(upgrade)
    told = N_("{name} is of release {release}", name=appliance.identity.name, release=upgrade.release.name)
    facts = Facts((Fact(N_("release"), upgrade.release.name),))
    proceed = Say(N_("It behaves so from its next start on (`tanos serve`)."))
    return Result(told, (facts, proceed), data={"before": before, "after": upgrade.release.name})


def _change(upgrade: Upgrade) -> None:
    appliance, before = upgrade.appliance, upgrade.appliance.identity.release.name
    then = Appliance(appliance.home, upgrade.identity, appliance.clock)
    with only_one(appliance):
        with then.store.change(system_call(then, "recover"), about=then.identity.name) as change:
            change.quiet = not settle(change, then, STEPS)
        if _makes_root(upgrade):
            make_first_root(system_call(then, "upgrade"))
        with then.store.change(system_call(then, "upgrade"), about=then.identity.name) as change:
            for each in _gone(upgrade):
                change.execute(
                    "DELETE FROM component_settings WHERE component = ? AND name = ?", each.component, each.name
                )
            change.before, change.after = before, upgrade.release.name
        try:
            write_description(appliance.home, upgrade.identity)
        except OSError as error:
            raise disk_trouble(error, DESCRIPTION) from error
        finally:
            then.store.close()


def _changes(upgrade: Upgrade) -> tuple[Section, ...]:
    said = []
    if _makes_root(upgrade):
        said.append(N_("Another root key is made, Root 0, beside legacy-root, which 7.2 clients know."))
    if upgrade.release.automatic_tls and not upgrade.appliance.identity.release.automatic_tls:
        said.append(N_("TLS between servers is required from then on, and cannot be turned off."))
        said.append(N_("The pairs in use stay until they are replaced."))
    gone = ", ".join(f"{each.component} {each.name}" for each in _gone(upgrade))
    if gone:
        said.append(N_("Settings that mean nothing there are removed: {names}.", names=gone))
    return tuple(map(Say, said))


def _makes_root(upgrade: Upgrade) -> bool:
    return ROTATED_HERE.holds_for(upgrade.identity) and not rotating(upgrade.appliance)


def _gone(upgrade: Upgrade) -> list[Written]:
    """Return what is written of settings that the release does not have."""
    known = {(each.component.value, each.name): each.releases for each in SETTINGS}
    there = upgrade.release.name
    return [each for key, each in written(upgrade.appliance).items() if there not in known.get(key, {there})]


def _open_exchanges(upgrade: Upgrade) -> tuple[Finding, ...]:
    """Warn of exchanges that cannot be ended there, since nobody does by hand there what they are for."""
    if EITHER.holds_for(upgrade.identity) or not EITHER.holds_for(upgrade.appliance.identity):
        return ()
    left = [each for each in exchanges(upgrade.appliance) if each.is_open and each.side is Side.REQUESTER]
    if not left:
        return ()
    return (
        warn(
            "exchange-open",
            N_("A certificate is awaited here; from then on it cannot be installed by hand."),
            N_("Install it first, or go on with the pair that is in use."),
        ),
    )
