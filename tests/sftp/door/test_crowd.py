"""A burst of strangers takes no more room than is theirs."""

from sftp.house import MOST_STRANGERS, MOST_STRANGERS_OF_ONE, House


class Stranger:
    """Stands for a connection that has not signed in."""

    def __init__(self, network: str) -> None:
        self.network = network
        self.guest = None
        self.has_guessed = False
        self.turned_out = 0

    def turn_out(self) -> None:
        self.turned_out += 1


def arrive(house: House, network: str) -> Stranger:
    stranger = Stranger(network)
    house.guests[stranger] = None  # type: ignore[index]  # stands for a connection
    house.make_room()
    return stranger


def test_each_of_a_burst_turns_another_out() -> None:
    house = House(None, None, None, None)  # type: ignore[arg-type]  # the crowd needs no appliance
    crowd = [arrive(house, "10.0.0.1") for _ in range(1000)]
    assert len(house.guests) == MOST_STRANGERS_OF_ONE
    assert [stranger.turned_out for stranger in crowd[:-MOST_STRANGERS_OF_ONE]] == [1] * (
        1000 - MOST_STRANGERS_OF_ONE
    )


def test_the_largest_crowd_makes_room_for_others() -> None:
    house = House(None, None, None, None)  # type: ignore[arg-type]  # the crowd needs no appliance
    crowd = [arrive(house, "10.0.0.1") for _ in range(MOST_STRANGERS_OF_ONE)]
    others = [arrive(house, f"10.0.{number // 250}.{number % 250}") for number in range(2, MOST_STRANGERS + 2)]
    assert len(house.guests) <= MOST_STRANGERS
    assert others[-1].turned_out == 0
    assert sum(stranger.turned_out for stranger in crowd) > 0
