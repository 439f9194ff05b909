"""Files that are not what they claim to be, by kinds: each function makes one from a source of chance."""

import json
import string

import numpy as np

ROWS = 12


def table(chance, rows=ROWS):
    """A small table of numbers, texts and a label, as lists of cells, with its header."""
    lines = [["size", "weight", "color", "label"]]
    for i in range(rows):
        numbers = [f"{chance.uniform(-9, 9):.3f}", str(chance.randrange(100))]
        lines.append([*numbers, chance.choice(["red", "blue"]), "ab"[i % 2]])
    return lines


def text(lines, separator=","):
    return "\n".join(separator.join(cells) for cells in lines).encode() + b"\n"


def ragged(chance):
    lines = table(chance)
    row = chance.randrange(1, len(lines))
    lines[row] = lines[row][: chance.randrange(1, 4)] if chance.random() < 0.5 else [*lines[row], "1"]
    return text(lines)


def word_among_numbers(chance):
    lines = table(chance)
    lines[chance.randrange(1, len(lines))][chance.randrange(2)] = (
        chance.choice(["abc", "1,5".replace(",", "."), "1e", "--"]) + "x"
    )
    return text(lines)


def infinite(chance):
    lines = table(chance)
    lines[chance.randrange(1, len(lines))][chance.randrange(2)] = chance.choice(["inf", "-Infinity", "1e999"])
    return text(lines)


def open_quote(chance):
    lines = table(chance)
    row = lines[chance.randrange(1, len(lines))]
    row[2] = '"' + row[2]
    return text(lines)


def text_after_quote(chance):
    lines = table(chance)
    lines[chance.randrange(1, len(lines))][2] = '"red"x'
    return text(lines)


def nul(chance):
    content = bytearray(text(table(chance)))
    content[chance.randrange(len(content))] = 0
    return bytes(content)


def not_utf8(chance):
    content = bytearray(text(table(chance)))
    content.insert(chance.randrange(len(content)), chance.choice([0xFF, 0xC0, 0xFE, 0x80]))
    return b"size" + bytes(content)[4:] if content[:2] in (b"\xff\xfe", b"\xfe\xff") else bytes(content)


def twice_the_same_name(chance):
    lines = table(chance)
    lines[0][chance.randrange(1, 3)] = "size"
    return text(lines)


def no_target(chance):
    lines = table(chance)
    lines[0][3] = "".join(chance.choices(string.ascii_lowercase, k=6))
    return text(lines)


def one_label(chance):
    lines = table(chance)
    return text([[*cells[:3], "label" if i == 0 else "a"] for i, cells in enumerate(lines)])


def no_label(chance):
    lines = table(chance)
    return text([[*cells[:3], "label" if i == 0 else ""] for i, cells in enumerate(lines)])


def no_rows(chance):
    return text(table(chance)[:1]) + b"\n" * chance.randrange(3)


def one_row(chance):
    return text(table(chance)[:2])


def empty(chance):
    return b"\n" * chance.randrange(3)


def binary(chance):
    return chance.choice([b"\x89PNG\r\n", b"PK\x03\x04", b"\x1f\x8b", b"%PDF-1.4", b"\x93NUMPY"]) + chance.randbytes(
        200
    )


def one_long_line(chance):
    return b"size,label\n" + b"7" * (1_000_001 + chance.randrange(1000)) + b",a\n"


def too_many_columns(chance):
    return b"label" + b",x" * (10_001 + chance.randrange(1000)) + b"\n"


def header_of_numbers(chance):
    return (
        text(table(chance)[1:])
        .replace(b"red", b"1")
        .replace(b"blue", b"2")
        .replace(b"a\n", b"3\n")
        .replace(b"b\n", b"4\n")
    )


def endless_quote(chance):
    return b'size,label\n1,a\n"' + b"x\n" * 70_000


TABLES = (
    *(
        ragged,
        word_among_numbers,
        infinite,
        open_quote,
        text_after_quote,
        nul,
        not_utf8,
        twice_the_same_name,
        no_target,
    ),
    *(
        one_label,
        no_label,
        no_rows,
        one_row,
        empty,
        binary,
        header_of_numbers,
        one_long_line,
        too_many_columns,
        endless_quote,
    ),
)
"""Makers of CSV files with nothing to be learnt from, each for its own reason."""

LARGE = (one_long_line, too_many_columns, endless_quote)
"""Those that take longer to write than to refuse."""


def mutated(content, chance):
    """A few random changes: bytes turned, cut, doubled, and pieces of syntax put in."""
    content = bytearray(content)
    for _ in range(chance.randrange(1, 6)):
        place = chance.randrange(len(content) + 1)
        kind = chance.randrange(6)
        if kind == 0 and place < len(content):
            content[place] ^= 1 << chance.randrange(8)
        elif kind == 1:
            del content[place:]
        elif kind == 2:
            del content[place : place + chance.randrange(1, 40)]
        elif kind == 3:
            content[place:place] = content[place : place + chance.randrange(1, 60)]
        elif kind == 4:
            content[place:place] = chance.choice(
                [b",", b";", b'"', b"\n", b"\r", b"\t", b"nan", b"1e999", b"\0", b"\xff", b"{", b"]", b"-1"]
            )
        else:
            content[place : place + 4] = chance.randbytes(4)
    return bytes(content)


def header_too_long(content, chance):
    return chance.choice([2**63, 2**64 - 1, 10**9, len(content)]).to_bytes(8, "little") + content[8:]


def cut_short(content, chance):
    return content[: chance.randrange(len(content))]


def prolonged(content, chance):
    return content + chance.randbytes(chance.randrange(1, 50))


def a_bit_turned(content, chance):
    changed = bytearray(content)
    changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def changed_header(change):
    """A file whose header says something else."""

    def make(content, chance):
        length = int.from_bytes(content[:8], "little")
        header = json.loads(content[8 : 8 + length])
        names = [name for name in header if name != "__metadata__"]
        change(header, names, chance)
        text = json.dumps(header).encode()
        return len(text).to_bytes(8, "little") + text + content[8 + length :]

    return make


def _overlapping(header, names, chance):
    one, other = chance.sample(names, 2)
    header[one]["data_offsets"] = header[other]["data_offsets"]


def _a_gigabyte(header, names, chance):
    name = chance.choice(names)
    header[name]["shape"] = [2**28]
    header[name]["data_offsets"][1] = header[name]["data_offsets"][0] + 2**30


def _wrong_type(header, names, chance):
    header[chance.choice(names)]["dtype"] = chance.choice(["F17", "I32", 3, None, "BOOL"])


def _wrong_shape(header, names, chance):
    header[chance.choice(names)]["shape"] = chance.choice([[-1], [2**62, 4], "x", [1.5], None])


def _nested(header, names, chance):
    value = {}
    for _ in range(chance.randrange(1, 200)):
        value = {"a": value}
    header[chance.choice(names)] = value


def _name_gone(header, names, chance):
    header[f"another{chance.random()}"] = header.pop(chance.choice(names))


def nothing(content, chance):
    return b""


def values_not_finite(content, chance):
    length = int.from_bytes(content[:8], "little")
    body = np.frombuffer(content[8 + length :], np.uint8).copy()
    body[: len(body) // 4 * 4].view(np.float32)[:] = chance.choice([np.nan, np.inf, -np.inf])
    return content[: 8 + length] + body.tobytes()


CHECKPOINTS = (
    *(header_too_long, cut_short, prolonged, nothing),
    *map(changed_header, (_overlapping, _a_gigabyte, _wrong_type, _wrong_shape, _nested, _name_gone)),
)
"""Makers of weights files, from a good one, that are no longer the weights of that model."""
CHECKPOINTS += (a_bit_turned, values_not_finite)  # which only the checksum tells
