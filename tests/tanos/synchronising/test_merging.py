"""Two servers that take each other's state are alike, whatever becomes of the messages between them."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from tanos.synchronising.merging import MOST_NUMBER, Place, Stamp, State, Stood, changed, merged, noted

NAMES = ("ts1.lab.test", "ts2.lab.test", "ts3.lab.test")
PLACES: tuple[Place, ...] = (("global", "a"), ("clients", "a"), ("global", "b"))
STAMPS = st.builds(Stamp, st.integers(1, 3), st.sampled_from(NAMES))
STOOD = st.builds(Stood, STAMPS, st.sampled_from(("", "number", "string")), st.sampled_from((None, "0", "1")))
STATES = st.dictionaries(st.sampled_from(PLACES), STOOD)


@given(STATES, STATES, STATES)
def test_states_are_taken_in_any_order_and_as_often_as_one_likes(one: State, two: State, three: State) -> None:
    assert merged(one, two) == merged(two, one)
    assert merged(merged(one, two), three) == merged(one, merged(two, three))
    assert merged(one, one) == one
    assert merged(merged(one, two), two) == merged(one, two)


@dataclass
class Server:
    """One server: what is written there, and what it knows of when that was."""

    name: str
    values: dict[Place, tuple[str, str]] = field(default_factory=dict)
    known: dict[Place, Stood] = field(default_factory=dict)

    def says(self) -> dict[Place, Stood]:
        """Return its state."""
        self.known = noted(self.known, self.values, self.name)
        return dict(self.known)

    def takes(self, said: State) -> None:
        """Take a state, whenever it was said."""
        own = self.says()
        self.known = merged(own, said)
        for place in changed(own, self.known):
            stood = self.known[place]
            if stood.value is None:
                self.values.pop(place, None)
            else:
                self.values[place] = stood.kind, stood.value


WRITES = st.tuples(
    st.just("write"), st.sampled_from((0, 1)), st.sampled_from(PLACES), st.sampled_from((None, "0", "1"))
)
SAYS = st.tuples(st.just("say"), st.sampled_from((0, 1)))
ARRIVES = st.tuples(st.just("arrive"), st.sampled_from((0, 1)), st.integers(0, 50))
"""Any message that was ever said, again or for the first time; what never arrives is lost."""


@given(st.lists(WRITES | SAYS | ARRIVES, max_size=40))
def test_after_one_exchange_both_are_alike_whatever_was_lost_repeated_or_late(steps: list[tuple[str, ...]]) -> None:
    servers = Server(NAMES[0]), Server(NAMES[1])
    said: tuple[list[State], list[State]] = ([], [])
    for step in steps:
        act(servers, said, step)
    first, second = servers
    second.takes(first.says())
    first.takes(second.says())
    assert first.values == second.values
    assert first.known == second.known


def act(servers: tuple[Server, Server], said: tuple[list[State], list[State]], step: tuple[object, ...]) -> None:
    """Do one step."""
    who = 0 if step[1] == 0 else 1
    match step:
        case ("write", _, (str(component), str(name)), None):
            servers[who].values.pop((component, name), None)
        case ("write", _, (str(component), str(name)), str(value)):
            servers[who].values[component, name] = "string", value
        case ("say", _):
            said[who].append(servers[who].says())
        case ("arrive", _, int(which)) if said[1 - who]:
            servers[who].takes(said[1 - who][which % len(said[1 - who])])


def test_the_last_who_wrote_wins_and_what_was_removed_stays_so() -> None:
    first, second = Server(NAMES[0]), Server(NAMES[1])
    place = PLACES[0]
    first.values[place] = "string", "old"
    second.takes(first.says())
    assert second.values == {place: ("string", "old")}
    del second.values[place]
    first.takes(second.says())
    assert not first.values
    second.takes(first.says())
    assert not second.values
    first.values[place] = "string", "new"
    second.takes(first.says())
    assert second.values == {place: ("string", "new")}


def test_a_change_of_both_at_once_is_decided_alike_at_both() -> None:
    first, second = Server(NAMES[0], {PLACES[0]: ("string", "1")}), Server(NAMES[1], {PLACES[0]: ("string", "0")})
    one, two = first.says(), second.says()
    first.takes(two)
    second.takes(one)
    assert first.values == second.values == {PLACES[0]: ("string", "0")}


def test_a_number_that_cannot_grow_stays_one_that_can_be_told() -> None:
    known = {PLACES[0]: Stood(Stamp(MOST_NUMBER, NAMES[1]), "string", "1")}
    assert noted(known, {}, NAMES[0])[PLACES[0]].stamp.number == MOST_NUMBER
