"""Reject reasons of the files of a source of images."""

from producer.shared.rejects import RejectReason


class ImageReason(RejectReason):
    """Why a file is not loaded."""

    NOT_A_FILE = "not-a-file", "it is a link, a device or something else that is no regular file"
    PATH = "path", "its path is no plain text (not UTF-8, or with control characters), or far too long for a key"
    NAME = "name", "its name is not a utime: digits, then an ending such as .tiff"
    DUPLICATE = "duplicate", "an earlier image of this source has the same key"
    TOO_LARGE = "too-large", "it is larger than a record of the topic may be"
    UNREADABLE = "unreadable", "it cannot be read"
    EMPTY = "empty", "it has no bytes"
    NOT_AN_IMAGE = "not-an-image", "it is not a TIFF, PNG or JPEG that can be understood"
    TOO_MANY_PIXELS = "too-many-pixels", "it claims more pixels than any camera's image has: a decompression bomb"
    TRUNCATED = "truncated", "the end of the image is missing"
