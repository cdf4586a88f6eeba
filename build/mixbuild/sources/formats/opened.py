"""Open a source's file, here or on the Hub, and take off what it is compressed with."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from types import MappingProxyType, TracebackType
from typing import BinaryIO, cast

import pyarrow as pa

from mixbuild.core import SourceError
from mixbuild.sources.session import bounded

REMOTE = "hf://"
BOM = b"\xef\xbb\xbf"
"""What some programs begin a text file with."""

UTF_8 = "utf-8"
BOMS = {
    codecs.BOM_UTF32_LE: "utf-32",  # begins as that of UTF-16 does
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""What a text begins with -> what it is in."""

CUT_SHORT = ("unexpected end of data", "truncated data")
"""What a decoder says of a text that ends within a character."""

MAGIC_BYTES = 6
"""As many as tell what a file is compressed with."""

REQUESTS = 8
"""How many ranges of a file on the Hub are asked for at a time."""


def is_remote(address: str) -> bool:
    """Whether the file is on the Hub."""
    return address.startswith(REMOTE)


def open_ranges(address: str) -> AbstractContextManager[BinaryIO]:
    """A file for a reader that asks for the ranges that it needs."""
    if not is_remote(address):
        # unlike Python's own, it reads without the interpreter
        return cast("AbstractContextManager[BinaryIO]", pa.OSFile(address, "rb"))
    return _opened(lambda: cast("BinaryIO", _RemoteRanges(address)))


@contextmanager
def _opened(open_file: Callable[[], BinaryIO]) -> Iterator[BinaryIO]:
    """A file on the Hub, and no wait without end as long as it is read."""
    with bounded(), open_file() as file:
        yield file


def fetch_ahead(file: BinaryIO, ranges: Sequence[tuple[int, int]]) -> None:
    """Fetch ranges ``[start, stop)`` of a file on the Hub at once; what is read there is at hand.

    Arrow could do it (``pre_buffer``), but by threads of its own that call Python: one that is
    left when the process ends takes it down by a signal, after all was well.
    """
    if isinstance(file, _RemoteRanges):
        file.fetch(ranges)


class _RemoteRanges(io.RawIOBase):
    """A file on the Hub, each of whose ranges is a request unless it was fetched ahead."""

    def __init__(self, address: str) -> None:
        from huggingface_hub import HfFileSystem

        self._address = address
        # a second read-ahead would only fetch more
        self._file = HfFileSystem().open(address, cache_type="none")
        self._ahead: dict[int, bytes] = {}  # by where it begins

    def fetch(self, ranges: Sequence[tuple[int, int]]) -> None:
        def one(start: int, stop: int) -> bytes:
            size = self._file.size
            with self._file.fs.open(self._address, cache_type="none", size=size) as file:
                file.seek(start)
                return bytes(file.read(stop - start))

        starts = [start for start, _ in ranges]
        threads = ThreadPoolExecutor(REQUESTS, thread_name_prefix="fetch")
        try:
            fetched = threads.map(one, starts, [stop for _, stop in ranges])
            self._ahead.update(zip(starts, fetched, strict=True))
        finally:  # at Ctrl-C nobody waits for what a silent Hub owes
            threads.shutdown(wait=False, cancel_futures=True)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return int(self._file.seek(offset, whence))

    def tell(self) -> int:
        return int(self._file.tell())

    def read(self, size: int = -1) -> bytes:
        start = self.tell()
        for first, held in self._ahead.items():
            if first <= start and 0 <= size <= first + len(held) - start:
                self.seek(start + size)
                return held[start - first : start - first + size]
        return bytes(self._file.read(size))

    def close(self) -> None:
        self._ahead.clear()
        self._file.close()
        super().close()


def _zstd(file: BinaryIO) -> BinaryIO:
    return cast("BinaryIO", io.BufferedReader(pa.CompressedInputStream(file, "zstd")))


COMPRESSED: Mapping[bytes, Callable[[BinaryIO], BinaryIO]] = MappingProxyType(
    {
        b"\x1f\x8b": lambda file: cast("BinaryIO", gzip.GzipFile(fileobj=file)),
        b"BZh": lambda file: cast("BinaryIO", bz2.BZ2File(file)),
        b"\xfd7zXZ\0": lambda file: cast("BinaryIO", lzma.LZMAFile(file)),  # noqa: SIM115 - closed with the rest
        b"\x28\xb5\x2f\xfd": _zstd,
    }
)
"""What a compressed file begins with -> what takes it off."""


class _InUtf8(io.RawIOBase):
    """A text in another encoding, read as if it were in UTF-8."""

    def __init__(self, file: BinaryIO, encoding: str) -> None:
        self._file = file
        self._decode = codecs.getincrementaldecoder(encoding)().decode
        self._held = b""

    def readable(self) -> bool:
        return True

    def readinto(self, room: bytearray | memoryview) -> int:  # type: ignore[override]
        ended = False
        while not self._held and not ended:
            piece = self._file.read(len(room))
            ended = not piece
            self._held = self._decode(piece, final=ended).encode()
        given, self._held = self._held[: len(room)], self._held[len(room) :]
        room[: len(given)] = given
        return len(given)


class OpenedText:
    """A text that is read from beginning to end: a context manager, then a stream of UTF-8.

    What it is compressed with is told by its first bytes, whatever its name says.

    Args:
        address: the file.
        encoding: in which the file is, as its source's card says.
        where: the file, for errors.

    Raises:
        SourceError: where it is left, because the text is in no such encoding.
    """

    def __init__(self, address: str, encoding: str, *, where: str) -> None:
        self._address, self._encoding, self._where = address, encoding, where
        self._held = ExitStack()

    def __enter__(self) -> BinaryIO:
        file = self._held.enter_context(self._open())
        begins = file.read(MAGIC_BYTES)
        file.seek(0)
        for magic, unpack in COMPRESSED.items():
            if begins.startswith(magic):
                file = self._held.enter_context(unpack(file))
                break
        if codecs.lookup(self._encoding).name == UTF_8:
            return file
        recoded = io.BufferedReader(_InUtf8(file, self._encoding))
        return cast("BinaryIO", self._held.enter_context(recoded))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._held.close()
        if isinstance(error, UnicodeError):
            raise self._undecodable(error) from None

    def _undecodable(self, error: UnicodeError) -> SourceError:
        found = error.object if isinstance(error, UnicodeDecodeError) else b""
        reason = error.reason if isinstance(error, UnicodeDecodeError) else str(error)
        expected = f"{self._where}: expected text in {self._encoding}"
        if reason in CUT_SHORT:
            return SourceError(
                f"{expected}, got an end within a character; the file may be damaged, fetch it "
                "again"
            )
        got = f"{expected}, got other bytes"
        likely = next((name for bom, name in BOMS.items() if found.startswith(bom)), "latin-1")
        if self._encoding != UTF_8:
            return SourceError(f"{got}; name the encoding that it has in the source's card")
        return SourceError(
            f"{got}; save it as UTF-8, or name its encoding in the source's card, beside "
            f"data_files, such as encoding: {likely}"
        )

    def _open(self) -> AbstractContextManager[BinaryIO]:
        if not is_remote(self._address):
            return open(self._address, "rb")
        from huggingface_hub import HfFileSystem

        return _opened(lambda: cast("BinaryIO", HfFileSystem().open(self._address)))
