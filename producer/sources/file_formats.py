"""What a file is, told by its first bytes."""

from producer.runtime.exit_status import SluiceError

HEAD = 512
"""Bytes that are looked at."""
TAR_BLOCK = 512
_TAR_AT, _TAR = 257, b"ustar"
_PACKED = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\0": "xz"}
_NOT_READ = {
    b"PK\x03\x04": ("a ZIP file (as every .xlsx is)", "unpack it first (unzip), or save the spreadsheet as CSV"),
    b"PK\x05\x06": ("an empty ZIP file", "there is nothing to load"),
    b"\x28\xb5\x2f\xfd": ("packed by zstd (.zst)", "unpack it first: zstd -d, or zstd -dc FILE | sluice load … -"),
    b"\x04\x22\x4d\x18": ("packed by lz4", "unpack it first: lz4 -d"),
    b"7z\xbc\xaf\x27\x1c": ("a 7-Zip archive", "unpack it first: 7z x"),
    b"Rar!\x1a\x07": ("a RAR archive", "unpack it first: unrar x"),
    b"\x1f\x9d": ("packed by compress (.Z)", "unpack it first: uncompress"),
    b"LZIP": ("packed by lzip", "unpack it first: lzip -d"),
    b"\x5d\0\0": ("packed by lzma", "unpack it first: xz --format=lzma -d"),
    b"\xd0\xcf\x11\xe0": ("a spreadsheet or a document of Microsoft Office", "save it as CSV"),
    b"\xff\xfe\0\0": ("text in UTF-32", "save it as UTF-8: iconv -f UTF-32 -t UTF-8"),
    b"\0\0\xfe\xff": ("text in UTF-32", "save it as UTF-8: iconv -f UTF-32 -t UTF-8"),
    b"\xff\xfe": ("text in UTF-16", "save it as UTF-8: iconv -f UTF-16 -t UTF-8"),
    b"\xfe\xff": ("text in UTF-16", "save it as UTF-8: iconv -f UTF-16 -t UTF-8"),
}
_MARKUP = {b"<": "a page of HTML or XML", b"{": "JSON", b"[": "JSON"}
_BEFORE_TEXT = b"\xef\xbb\xbf \t\r\n"
_CONTROL = bytes({*range(32), 127} - set(b"\t\n\v\f\r\x1b"))
_BINARY_SHARE = 20


def packing(head: bytes) -> str | None:
    """Return by what the content is packed that can be unpacked here: gzip, bzip2 or xz."""
    return next((name for magic, name in _PACKED.items() if head.startswith(magic)), None)


def is_tar(head: bytes) -> bool:
    """Say whether a tar archive begins here."""
    return head[_TAR_AT:].startswith(_TAR)


def is_empty_tar(head: bytes) -> bool:
    """Say whether a tar archive begins here with the mark of its end."""
    return head[:TAR_BLOCK] == bytes(TAR_BLOCK)


def refuse_unreadable(head: bytes, *, name: str) -> None:
    """Raise SluiceError where `name` is packed or encoded in a way that is not read; it says how to change that."""
    for magic, (what, remedy) in _NOT_READ.items():
        if head.startswith(magic):
            raise SluiceError(f"{name} is {what}, which is not read; {remedy}")


def refuse_no_log(head: bytes, *, name: str) -> None:
    """Raise SluiceError where `name`, which begins with `head`, can be no log; it says what it seems to be."""
    text = head.lstrip(_BEFORE_TEXT)
    if not head:
        what = "is empty"
    elif is_empty_tar(head):
        what = "is an empty tar archive"
    elif _alternates_with_zeros(head):
        what = "seems to be text in UTF-16: save it as UTF-8 (iconv -f UTF-16LE -t UTF-8)"
    elif len(head) - len(head.translate(None, _CONTROL)) > len(head) // _BINARY_SHARE:
        what = "is no text but binary data"
    elif text[:1] in _MARKUP:
        shown = text[:60].decode(errors="replace").splitlines()[0]
        what = f"seems to be {_MARKUP[text[:1]]}: it begins with {shown!r}"
    else:
        return
    raise SluiceError(f"{name} is no GPS log: it {what}")


def _alternates_with_zeros(head: bytes) -> bool:
    evens, odds = head[::2], head[1::2]
    return len(head) > 1 and any(
        not any(zeros) and 0 not in letters for zeros, letters in ((odds, evens), (evens, odds))
    )
