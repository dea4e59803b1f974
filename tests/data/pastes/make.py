"""The corpus of mangled pastes, made from the fixed files in `source` by `python -m tests.data.pastes.make`.

Deterministic: the same sources give the same bytes, and a test compares what lies here with what this makes. Each
form says who awaits it, whether it comes by paste or by file, and either what it gives and which repairs are told, or
the id that refuses it. Repairs are the beginnings of the words told, all of them, in order.
"""

import json

from tests.data.pastes.damaged import damaged, foreign
from tests.data.pastes.kinds import certificates, files, private_keys
from tests.data.pastes.mended import characters, surroundings, white_space
from tests.data.pastes.parts import HERE

SHELVES = (white_space, surroundings, characters, damaged, foreign, private_keys, certificates, files)


def corpus() -> dict[str, bytes]:
    """Return every file of the corpus by name, the index among them."""
    made: dict[str, bytes] = {}
    index = []
    for form in (form for shelf in SHELVES for form in shelf()):
        file = form.name + ".bin"
        assert file not in made, form.name
        made[file] = form.data
        entry: dict[str, object] = {"file": file, "about": form.about, "awaited": form.awaited, "by": form.by}
        if form.refused:
            entry["refused"] = form.refused
        else:
            entry |= {"gives": form.gives, "repairs": form.repairs}
        index.append(entry)
    made["index.json"] = (json.dumps(index, indent=1, ensure_ascii=True) + "\n").encode()
    return made


def main() -> None:
    """Write the corpus anew."""
    target = HERE / "forms"
    target.mkdir(exist_ok=True)
    made = corpus()
    for path in target.iterdir():
        if path.name not in made:
            path.unlink()
    for name, data in made.items():
        (target / name).write_bytes(data)


if __name__ == "__main__":
    main()
