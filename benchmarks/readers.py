"""CPU time and peak memory of the readers, against named rivals on the same files.

    python -m benchmarks.readers FOLDER [--messages 100000] [--rounds 3] [--rivals PYTHON]

``--rivals`` is the python of an environment of its own with ``pip install whatstk chat-miner``
(whatstk is GPL and both pull in much; they are measured, never imported by the app). Rivals that
are not there are skipped, and the table says so. Every measurement is a fresh process; rounds of
all contenders alternate and the least counts. CPU time is that of the call alone, after a first
call with 500 messages; memory is the peak of the process above what it held before the call.
"""

from __future__ import annotations

import argparse
import csv
import gc
import json
import mmap
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

# --- contenders: each returns what it read, so that nothing is thrown away early --------------


def ours(path: Path) -> Any:
    """``read_archive`` with its frame."""
    from core.readers import read_archive

    return read_archive(path).frame()


def bytes_split_android(path: Path) -> Any:
    """The near limit: split bytes at one exact header, decode each body."""
    return _bytes_split(path, rb"\n(\d\d/\d\d/\d{4}), (\d\d:\d\d) - (?:([^:\n]+): )?")


def bytes_split_ios(path: Path) -> Any:
    """The same for the iOS layout."""
    return _bytes_split(
        path, rb"\n(?:\xe2\x80\x8e)?\[(\d\d/\d\d/\d\d), (\d\d:\d\d:\d\d)\] (?:([^:\n]+): )?"
    )


def _bytes_split(path: Path, pattern: bytes) -> Any:
    parts = re.split(pattern, b"\n" + path.read_bytes())
    return parts[1::4], parts[2::4], parts[3::4], [body.decode() for body in parts[4::4]]


def whatstk(path: Path) -> Any:
    """whatstk with its automatic header."""
    from whatstk import WhatsAppChat

    return WhatsAppChat.from_source(str(path), max_size=None).df


def chat_miner(path: Path) -> Any:
    """chat-miner's WhatsApp parser."""
    from chatminer.chatparsers import WhatsAppParser

    parser = WhatsAppParser(str(path))
    parser.parse_file()
    return parser.parsed_messages.get_df()


def json_per_object(path: Path) -> Any:
    """stdlib ``json.loads`` of each object, cut from an mmap."""
    with path.open("rb") as stream:
        data = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        start = data.find(b"[") + 1
        texts = []
        for found in re.compile(rb"\}\s*,\s*(?=\{\s*\"tweet\"\s*:)").finditer(data, start):
            texts.append(json.loads(data[start : found.start() + 1])["tweet"]["full_text"])
            start = found.end()
        texts.append(json.loads(data[start : data.rfind(b"]")])["tweet"]["full_text"])
        return texts


def csv_module(path: Path) -> Any:
    """stdlib ``csv`` alone, rows kept."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.reader(stream, delimiter=";"))


def json_whole(path: Path) -> Any:
    """stdlib ``json.loads`` of the whole file."""
    return json.loads(path.read_bytes())


CONTENDERS: dict[str, Callable[[Path], Any]] = {
    f.__name__: f
    for f in (
        ours,
        bytes_split_android,
        bytes_split_ios,
        whatstk,
        chat_miner,
        json_per_object,
        csv_module,
        json_whole,
    )
}
RIVALS = ("whatstk", "chat_miner")
#: Input -> contenders; the goals stand in benchmarks/README.md.
RACES: dict[str, tuple[str, ...]] = {
    "whatsapp_android": ("ours", "bytes_split_android", "whatstk", "chat_miner"),
    "whatsapp_ios": ("ours", "bytes_split_ios", "whatstk", "chat_miner"),
    "tweets": ("ours", "json_per_object"),
    "conversation_csv": ("ours", "csv_module"),
    "telegram": ("ours", "json_whole"),
    "discord": ("ours", "json_whole"),
    "messenger": ("ours", "json_whole"),
}


def work(name: str, path: Path, small: Path) -> None:
    """In a process of its own: run once and print CPU seconds, MB before and at the peak."""
    contender = CONTENDERS[name]
    _import_for(name)
    contender(small)  # libraries load parts of themselves on first use
    gc.collect()
    before = _memory("VmRSS")
    start = time.process_time()
    result = contender(path)
    seconds = time.process_time() - start
    peak = _memory("VmHWM")
    print(
        json.dumps(
            {"cpu_s": seconds, "before_mb": before, "peak_mb": peak, "kind": str(type(result))}
        )
    )


def _import_for(name: str) -> None:
    if name == "ours":
        import core.readers  # noqa: F401
    elif name == "whatstk":
        import whatstk  # noqa: F401
    elif name == "chat_miner":
        import chatminer.chatparsers  # noqa: F401


def _memory(field: str) -> float:
    """MB of ``VmRSS`` (now) or ``VmHWM`` (the most so far, since this process began)."""
    try:
        status = Path("/proc/self/status").read_text()
        return int(re.findall(rf"{field}:\s+(\d+) kB", status)[0]) / 1024
    except OSError:  # not Linux: the peak stands in for both
        unit = 2**20 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def measure(name: str, path: Path, small: Path, python: str) -> dict[str, Any] | None:
    """One run in a fresh process, or None when it fails (its last line of error is printed)."""
    command = [python, str(Path(__file__)), "--worker", name, str(path), str(small)]
    root = str(Path(__file__).parent.parent)
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": root, "PATH": "/usr/bin:/bin"},
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not lines:
        print(
            f"    {name}: failed: {(done.stderr.strip().splitlines() or ['no output'])[-1][:150]}"
        )
        return None
    return json.loads(lines[-1])


def race(name: str, path: Path, small: Path, rounds: int, rivals: str | None) -> None:
    """Print one table: least CPU seconds, its ratio to ours, and peak memory."""
    contenders = [c for c in RACES[name] if rivals or c not in RIVALS]
    skipped = [c for c in RACES[name] if c not in contenders]
    best: dict[str, dict[str, Any]] = {}
    for _ in range(rounds):
        for contender in list(contenders):
            python = rivals if contender in RIVALS and rivals else sys.executable
            run = measure(contender, path, small, python)
            if run is None:
                contenders.remove(contender)
                skipped.append(contender)
            elif contender not in best or run["cpu_s"] < best[contender]["cpu_s"]:
                best[contender] = run
    print(f"\n{name}, {path.stat().st_size / 1e6:.1f} MB\n")
    print("| contender | CPU s | times ours | peak MB above start | start MB |")
    print("|---|---|---|---|---|")
    for contender, run in sorted(best.items(), key=lambda item: item[1]["cpu_s"]):
        ratio = run["cpu_s"] / best["ours"]["cpu_s"] if "ours" in best else float("nan")
        above = run["peak_mb"] - run["before_mb"]
        print(
            f"| {contender} | {run['cpu_s']:.3f} | {ratio:.2f} | {above:.0f} | {run['before_mb']:.0f} |"
        )
    if skipped:
        print(f"\nskipped (give --rivals, or it failed): {', '.join(skipped)}")
    sys.stdout.flush()


def main() -> None:
    if len(sys.argv) == 5 and sys.argv[1] == "--worker":
        work(sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
        return
    from benchmarks.generate_inputs import write_input

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rivals", help="python of an environment with whatstk and chat-miner")
    parser.add_argument("--only", nargs="*", choices=sorted(RACES), default=list(RACES))
    chosen = parser.parse_args()
    for name in chosen.only:
        path = write_input(chosen.folder, name, chosen.messages)
        small = write_input(chosen.folder, name, 500)
        race(name, path, small, chosen.rounds, chosen.rivals)


if __name__ == "__main__":
    main()
