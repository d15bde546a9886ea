"""All that is registered, as one gateway has it on disk: what a message is compared with."""

import threading
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from sealgate_core.parameters import ParameterError, Settings, secret_file
from sealgate_core.seal import KEY_SIZE
from sealgate_milter.registered import container, documents, exact

ROWS = ".rows"
"""Ending of the files of data sets."""
_NO_KEY = b"\0" * KEY_SIZE


class Registered:
    """The indexes in a folder, each loaded when first asked for and again when its file changes; for all threads.

    Without a folder, nothing is registered. What root makes belongs to whom the file `like` belongs.
    """

    def __init__(self, folder: Path | None = None, key_file: Path | None = None, like: Path | None = None) -> None:
        self.folder = folder or Path("/nonexistent")
        self._key_file = key_file
        self._like = like or self.folder
        self._lock = threading.Lock()
        self._rows: dict[str, container.Watched[exact.Index]] = {}
        nothing = documents.empty(_NO_KEY)
        self._documents = container.Watched(
            self._path(documents.FILE), lambda path: documents.load(path, self.key()), nothing
        )

    @classmethod
    def at(cls, values: Settings) -> "Registered":
        """Return what the gateway with these settings has registered."""
        return cls(values["registered"], values["registered_key"], values["tag_key"])

    def key(self) -> bytes:
        """Return the key; raise `ParameterError`."""
        if self._key_file is None:
            raise ParameterError("no registered_key is set")
        return secret_file(self._key_file, KEY_SIZE)

    def alone(self) -> AbstractContextManager[None]:
        """Make the folder when it is not there, and let nobody else change what is in it meanwhile.

        Raises `ParameterError` when there is no place for the key.
        """
        if self._key_file is not None and not self._key_file.parent.is_dir():
            raise ParameterError(
                f"the key belongs into {self._key_file}, and there is no folder {self._key_file.parent}; "
                f"set up the gateway first, or name its gateway.toml with --config"
            )
        return container.alone(self.folder, self._like)

    def key_to_write(self, used: bool) -> bytes:
        """Return the key, made when there is none yet and nothing has `used` one; raise `ParameterError`, `OSError`."""
        if self._key_file is not None and not used and not self._key_file.exists():
            container.new_key_file(self._key_file, self._like if self._like.exists() else self.folder)
        return self.key()

    def documents(self) -> documents.Index:
        """Return the documents registered now; raise `ParameterError` when there is an index that cannot be used."""
        with self._lock:
            return self._documents.now()

    def rows(self, name: str) -> exact.Index:
        """Return the data set `name` as it is now.

        Raises `ParameterError` when it cannot be used, or there is none of that name and was none.
        """
        with self._lock:
            if name not in self._rows:
                path = self._path(name + ROWS)
                if not path.exists():
                    known = ", ".join(self.sets()) or "none yet"
                    raise ParameterError(
                        f"there is no data set {name!r} (there is: {known}); make it with "
                        f"`sealgate-gateway exact-data build`"
                    )
                load = partial(exact.load, key=self.key())
                self._rows[name] = container.Watched(path, load, exact.empty(_NO_KEY))
            return self._rows[name].now()

    def sets(self) -> list[str]:
        """Return the names of all data sets."""
        return sorted(path.stem for path in self._path("").glob(f"*{ROWS}") if not path.name.startswith("."))

    def _path(self, name: str) -> Path:
        return self.folder / name


NOTHING = Registered()
"""Nothing is registered."""
