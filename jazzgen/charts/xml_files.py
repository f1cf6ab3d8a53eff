"""XML from strangers: out of a file or a zip, as an element tree without namespaces.

An XML file can name other files, define itself larger than memory, or lie about its encoding; a zip can hold
a thousand times its size. So a document type may name a DTD, which is never fetched, but define nothing
itself, and sizes are bounded before anything is parsed. Errors are `ProgressionError`s that name the file.
"""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
import zipfile
import zlib
from fractions import Fraction
from functools import lru_cache

from jazzgen.errors import ProgressionError

MAX_ZIP = 8_000_000  # bytes of a zip as it lies there; scores of an orchestra have 1 MB
MAX_MEMBERS = 2_000  # files in a zip
MAX_BYTES = 5_000_000  # of one XML file, unzipped; the largest of 1,467 scores with chords has 2 MB
MAX_TAGS = 400_000  # signs < in it: about 60 MB of elements
MAX_ATTRIBUTES = 200_000
MAX_WORDS = 4_000  # characters of one text
MAX_NUMBER = 40  # characters of a number

ZIP = b"PK\x03\x04"
_UTF_16 = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"<\0", "utf-16-le"), (b"\0<", "utf-16-be"))
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
# Encodings that are tables; others that Python knows (punycode, unicode_escape) are slow or do too much.
_TABLES = re.compile(
    r"utf-?8|us-ascii|ascii|iso-?8859-\d+|latin-?1|windows-125\d|cp\d+|mac-?roman|macintosh"
    r"|shift_jis|euc-\w+|gb\w+|big5|koi8-\w"
)
_LONG_TAG = re.compile(r"<[^!<>][^<>]{10000}")  # a thousand attributes take expat very long
_DOCTYPE = re.compile(r"<!DOCTYPE(?:[^\[\]>\"']|\"[^\"]*\"|'[^']*')*>")


def parse_xml(data: bytes, name: str) -> ET.Element:
    """The root element of the XML text `data`; every tag without its namespace."""
    text = decode_xml(data, name)
    if "\0" in text:
        raise ProgressionError(f"{name}: it has null characters, so it is no XML; export the score again")
    too_many = text.count("<") > MAX_TAGS or text.count("=") > MAX_ATTRIBUTES
    if len(text) > MAX_BYTES or too_many or _LONG_TAG.search(text):
        raise ProgressionError(
            f"{name}: a score of {len(text):,} characters and {text.count('<'):,} tags is too large; at most "
            f"{MAX_BYTES:,} and {MAX_TAGS:,} are read; export a lead sheet alone"
        )
    start = text.find("<!DOCTYPE")
    if "<!ENTITY" in text or (start >= 0 and not _DOCTYPE.match(text, start)):
        raise ProgressionError(
            f"{name}: its document type defines entities or is not closed; a score needs no such definitions"
        )
    try:
        root = ET.fromstring(text)  # noqa: S314  # bounded, and without definitions, as checked above
    except (ET.ParseError, ValueError) as error:
        raise ProgressionError(f"{name}: it is no well-formed XML: {error}; export the score again") from None
    if "xmlns" in text:
        for element in root.iter():
            element.tag = element.tag.rpartition("}")[2]
    return root


def decode_xml(data: bytes, name: str) -> str:
    """The text of `data`: by its byte order mark, else by what it declares, else UTF-8, else Windows-1252."""
    if len(data) > 2 * MAX_BYTES:
        raise ProgressionError(
            f"{name}: {len(data):,} bytes are too many; at most {2 * MAX_BYTES:,} are read"
        )
    encodings = [encoding for mark, encoding in _UTF_16 if data.startswith(mark)]
    declared = _DECLARED.search(data[:300])
    if declared and _TABLES.fullmatch(label := declared[1].decode("ascii").lower()):
        encodings.append(label)
    for encoding in (*encodings, "utf-8-sig"):
        try:
            return data.decode(encoding).lstrip("\ufeff \t\r\n")
        except (UnicodeDecodeError, LookupError):
            continue
    return data.decode("cp1252", "replace").lstrip()


def open_zip(data: bytes, name: str) -> zipfile.ZipFile:
    """The zip in `data`, its table of contents bounded."""
    if len(data) > MAX_ZIP or data.count(b"PK\x01\x02") > MAX_MEMBERS:
        raise ProgressionError(
            f"{name}: a zip of {len(data):,} bytes is too large; at most {MAX_ZIP:,} bytes and "
            f"{MAX_MEMBERS:,} files are read"
        )
    try:
        return zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise ProgressionError(f"{name}: it is a damaged zip: {error}; export the score again") from None


def read_member(archive: zipfile.ZipFile, member: str, name: str) -> bytes:
    """The bytes of one file in a zip, at most `2 * MAX_BYTES`."""
    try:
        info = archive.getinfo(member)
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise NotImplementedError("its compression is not the usual one")
        with archive.open(info) as file:
            content = file.read(2 * MAX_BYTES + 1)
    except (
        zipfile.BadZipFile, zlib.error, KeyError, EOFError, OSError, RuntimeError, ValueError, UnicodeError
    ) as error:  # fmt: skip
        raise ProgressionError(
            f"{name}: {member[:80]!r} in it cannot be unzipped: {error}; export the score again"
        ) from None
    if len(content) > 2 * MAX_BYTES:
        raise ProgressionError(
            f"{name}: {member[:80]!r} in it has more than {2 * MAX_BYTES:,} bytes unzipped; no score has that"
        )
    return content


@lru_cache(maxsize=4096)
def number(text: str | None, default: Fraction = Fraction(0)) -> Fraction:
    """The number that an element or attribute holds, decimal comma or point; `default` for anything else."""
    digits = (text or "").strip().replace(",", ".")
    if not re.fullmatch(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)", digits) or len(digits) > MAX_NUMBER:
        return default
    return Fraction(digits)


def text_of(element: ET.Element | None) -> str:
    """All text in an element, its marks of layout left out and blanks put together."""
    return "" if element is None else " ".join("".join(element.itertext())[:MAX_WORDS].split())
