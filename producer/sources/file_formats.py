"""Detects the format of a file by its first bytes: compression, tar archive, text or something unsupported."""

from producer.runtime.exit_status import SluiceError

HEAD_BYTES = 512
"""Length of the head, the first bytes of a file, that the functions here take."""
_TAR_BLOCK = 512
_TAR_MAGIC_OFFSET, _TAR_MAGIC = 257, b"ustar"
_COMPRESSIONS = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\0": "xz"}
_UNSUPPORTED = {
    b"PK\x03\x04": ("a ZIP file (as every .xlsx is)", "unpack it first (unzip), or save the spreadsheet as CSV"),
    b"PK\x05\x06": ("an empty ZIP file", "there is nothing to load"),
    b"\x28\xb5\x2f\xfd": (
        "compressed with zstd (.zst)",
        "decompress it first: zstd -d, or zstd -dc FILE | sluice load … -",
    ),
    b"\x04\x22\x4d\x18": ("compressed with lz4", "decompress it first: lz4 -d"),
    b"7z\xbc\xaf\x27\x1c": ("a 7-Zip archive", "unpack it first: 7z x"),
    b"Rar!\x1a\x07": ("a RAR archive", "unpack it first: unrar x"),
    b"\x1f\x9d": ("compressed with compress (.Z)", "decompress it first: uncompress"),
    b"LZIP": ("compressed with lzip", "decompress it first: lzip -d"),
    b"\x5d\0\0": ("compressed with lzma", "decompress it first: xz --format=lzma -d"),
    b"\xd0\xcf\x11\xe0": ("a spreadsheet or a document of Microsoft Office", "save it as CSV"),
    b"\xff\xfe\0\0": ("text in UTF-32", "save it as UTF-8: iconv -f UTF-32 -t UTF-8"),
    b"\0\0\xfe\xff": ("text in UTF-32", "save it as UTF-8: iconv -f UTF-32 -t UTF-8"),
    b"\xff\xfe": ("text in UTF-16", "save it as UTF-8: iconv -f UTF-16 -t UTF-8"),
    b"\xfe\xff": ("text in UTF-16", "save it as UTF-8: iconv -f UTF-16 -t UTF-8"),
}
"""For each magic number: the format, and how to convert it."""
_MARKUP = {b"<": "a page of HTML or XML", b"{": "JSON", b"[": "JSON"}
_BOM_AND_BLANKS = b"\xef\xbb\xbf \t\r\n"
_CONTROL_CHARACTERS = bytes({*range(32), 127} - set(b"\t\n\v\f\r\x1b"))
_BINARY_SHARE = 20
"""A head in which more than one byte in so many is a control character is binary."""


def detect_compression(head: bytes) -> str | None:
    """Return the compression: gzip, bzip2 or xz; None for any other content."""
    return next((name for magic, name in _COMPRESSIONS.items() if head.startswith(magic)), None)


def is_tar(head: bytes) -> bool:
    """Return whether `head` is of a tar archive with at least one member."""
    return head[_TAR_MAGIC_OFFSET:].startswith(_TAR_MAGIC)


def is_empty_tar(head: bytes) -> bool:
    """Return whether `head` is of a tar archive without members: it begins with the end-of-archive block of zeros."""
    return head[:_TAR_BLOCK] == bytes(_TAR_BLOCK)


def check_supported(head: bytes, *, name: str) -> None:
    """Raise SluiceError, with how to convert it, if source `name` has an unsupported compression or encoding."""
    for magic, (file_format, remedy) in _UNSUPPORTED.items():
        if head.startswith(magic):
            raise SluiceError(f"{name} is {file_format}, which is not read; {remedy}")


def check_is_log(head: bytes, *, name: str) -> None:
    """Raise SluiceError if source `name` cannot be a GPS log; the message says what it seems to be."""
    text = head.lstrip(_BOM_AND_BLANKS)
    if not head:
        finding = "is empty"
    elif is_empty_tar(head):
        finding = "is an empty tar archive"
    elif _alternates_with_zeros(head):
        finding = "seems to be text in UTF-16: save it as UTF-8 (iconv -f UTF-16LE -t UTF-8)"
    elif len(head) - len(head.translate(None, _CONTROL_CHARACTERS)) > len(head) // _BINARY_SHARE:
        finding = "is no text but binary data"
    elif text[:1] in _MARKUP:
        shown = text[:60].decode(errors="replace").splitlines()[0]
        finding = f"seems to be {_MARKUP[text[:1]]}: it begins with {shown!r}"
    else:
        return
    raise SluiceError(f"{name} is no GPS log: it {finding}")


def _alternates_with_zeros(head: bytes) -> bool:
    """Return whether every other byte is zero, as in UTF-16 without a byte order mark."""
    evens, odds = head[::2], head[1::2]
    return len(head) > 1 and any(
        not any(zeros) and 0 not in letters for zeros, letters in ((odds, evens), (evens, odds))
    )
