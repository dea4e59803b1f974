"""What the drop box has to do, said once more in the plainest way: dictionaries, no disk, no descriptors.

Invariant: this is written from the rules of the documents, not from the server; where both agree over millions of
random sequences, neither forgets a case. `None` stands for a refusal, whatever its sentence.
"""

from dataclasses import dataclass, field

WRITE, APPEND, CREATE, TRUNCATE, EXCLUSIVE = 2, 4, 8, 16, 32
LARGEST = 1 << 30


@dataclass(eq=False)
class File:
    """Bytes, wherever they have a name; once they were sent whole they have a receipt."""

    data: bytearray = field(default_factory=bytearray)


@dataclass(eq=False)
class Handle:
    """One open file."""

    file: File
    name: str
    is_upload: bool = False
    appends: bool = False
    failed: bool = False
    size: int = 0


@dataclass
class Connection:
    """What one connection holds."""

    key: str
    ahead: bool = False
    """Whether answers of CLOSE may be ahead of the disk."""
    handles: list[Handle] = field(default_factory=list)
    owed: set[str] = field(default_factory=set)
    """Names whose CLOSE was answered with success and failed later."""


class Model:
    """One drop box."""

    def __init__(self, protected: str) -> None:
        self.protected = protected
        self.files: dict[str, File] = {}
        self.parts: dict[tuple[str, str], File] = {}
        self.refused: set[str] = set()
        """Names of receipts of files that were too large; they stay, whatever happens to their name."""
        self._held: set[File] = set()

    def open(self, who: Connection, name: str, flags: int) -> Handle | None:
        """Open to read or to write."""
        if self._settles_badly(who, name):
            return None
        handle = self._write(who, name, flags) if flags & WRITE else self._read(who, name, flags)
        if handle is not None:
            who.handles.append(handle)
        return handle

    def write(self, handle: Handle, offset: int, data: bytes) -> bool:
        """Write; a failure spoils the upload for good."""
        if not handle.is_upload or handle.failed:
            return False
        if not data:
            return True
        offset = handle.size if handle.appends else offset
        if offset + len(data) > LARGEST:
            handle.failed = True
            return False
        there = handle.file.data
        there.extend(bytes(max(0, offset - len(there))))
        there[offset : offset + len(data)] = data
        handle.size = max(handle.size, offset + len(data))
        return True

    def cut(self, handle: Handle, size: int) -> bool:
        """Set the length by handle; of a file that is read this is answered and not done."""
        if not handle.is_upload:
            return True
        if handle.failed or size > LARGEST:
            handle.failed = True
            return False
        data = handle.file.data
        data[:] = data[:size] + bytes(max(0, size - len(data)))
        handle.size = size
        return True

    def close(self, who: Connection, handle: Handle) -> bool:
        """Close: an upload becomes a file now, or never."""
        who.handles.remove(handle)
        if not handle.is_upload:
            return True
        kept = self._publish(who, handle)
        if not kept and who.ahead:
            who.owed.add(handle.name)
            return True
        return kept

    def size(self, who: Connection, name: str) -> int | None:
        """Return the length that `stat` tells."""
        if self._settles_badly(who, name):
            return None
        file = self.files.get(name) or self.parts.get((who.key, name))
        return None if file is None else len(file.data)

    def names(self, who: Connection) -> set[str]:
        """Return what a listing shows: files of all, parts of one's own."""
        return {*self.files, *(name for key, name in self.parts if key == who.key)}

    def remove(self, who: Connection, name: str) -> bool:
        """Remove a file or, where there is none, one's part."""
        if self._settles_badly(who, name) or self._stays(name):
            return False
        if name in self.files:
            del self.files[name]
            return True
        if (who.key, name) not in self.parts:
            return False
        self.parts.pop((who.key, name)).data.clear()
        return True

    def rename(self, who: Connection, old: str, new: str, *, replace: bool) -> bool:
        """Rename a complete file."""
        if self._settles_badly(who, old) or self._settles_badly(who, new):
            return False
        if old not in self.files or self._stays(old) or (new in self.files and (not replace or self._stays(new))):
            return False
        self.files[new] = self.files.pop(old)
        return True

    def leave(self, who: Connection) -> None:
        """Go without closing: parts stay for the key that began them, unless they can be of no use."""
        for handle in who.handles:
            if handle.is_upload:
                self._held.discard(handle.file)
                if not handle.size or handle.failed or handle.name in self.files:
                    self._forget(who, handle)
        who.handles.clear()

    def _read(self, who: Connection, name: str, flags: int) -> Handle | None:
        file = self.files.get(name) or self.parts.get((who.key, name))
        return Handle(file, name) if file is not None and flags & 1 else None

    def _write(self, who: Connection, name: str, flags: int) -> Handle | None:
        there, part = self.files.get(name), self.parts.get((who.key, name))
        creates = bool(flags & CREATE)
        alone = bool(flags & EXCLUSIVE and creates)
        if (there is not None and alone) or (not creates and there is None and part is None):
            return None
        fresh = there is not None or bool(flags & TRUNCATE) or alone
        if not fresh and part in self._held:
            return None
        if fresh or part is None:
            if part is not None:
                part.data.clear()
            part = File(bytearray(there.data) if there is not None and not flags & TRUNCATE else bytearray())
        self.parts[who.key, name] = part
        self._held.add(part)
        return Handle(part, name, is_upload=True, appends=bool(flags & APPEND), size=len(part.data))

    def _publish(self, who: Connection, handle: Handle) -> bool:
        self._held.discard(handle.file)
        if self._stays(handle.name):
            self._forget(who, handle)
            return handle.file.data == self.files[handle.name].data
        if handle.failed:
            self.refused.add(f"{handle.name}.receipt")
        if handle.failed or self.parts.get((who.key, handle.name)) is not handle.file:
            self._forget(who, handle)
            return False
        self.files[handle.name] = self.parts.pop((who.key, handle.name))
        return True

    def _forget(self, who: Connection, handle: Handle) -> None:
        if self.parts.get((who.key, handle.name)) is handle.file:
            del self.parts[who.key, handle.name]

    def _stays(self, name: str) -> bool:
        return name == self.protected and name in self.files

    def _settles_badly(self, who: Connection, name: str) -> bool:
        if name in who.owed:
            who.owed.remove(name)
            return True
        return False
