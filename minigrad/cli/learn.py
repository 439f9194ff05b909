"""``minigrad learn``: a course in backpropagation, one file an exercise, graded by the gradient checker."""

import json
from collections.abc import Sequence
from pathlib import Path
from textwrap import indent

import click

from minigrad.learn import COURSE, Exercise

NAMES = [exercise.name for exercise in COURSE]


@click.command()
@click.argument("name", required=False, type=click.Choice(NAMES), metavar="[EXERCISE]")
@click.option("--hint", is_flag=True, help="Show the hints so far, and one more.")
@click.option("--restart", is_flag=True, help="Start afresh; what you have is kept beside it.")
@click.option(
    "--folder", type=click.Path(file_okay=False, path_type=Path), default="learn", show_default=True, metavar="FOLDER"
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.pass_context
def learn(context, name: str | None, hint: bool, restart: bool, folder: Path, as_json: bool) -> None:
    """List the exercises of the course; begin EXERCISE, or grade what you have written.

    The first time, `minigrad learn tanh` writes learn/tanh.py, which says what to do. From then on it grades that
    file. The files are yours: they are run as they are.
    """
    if name is None:
        if hint or restart:
            raise click.UsageError(f"name the exercise too, as in: minigrad learn {NAMES[0]} --hint")
        return _list(folder, as_json)
    exercise = COURSE[NAMES.index(name)]
    path = folder / f"{name}.py"
    if hint:
        return _hint(exercise, folder, as_json)
    if restart or not path.exists():
        return _begin(exercise, path, as_json)
    grade = exercise.grade(path)
    if as_json:
        click.echo(json.dumps({"exercise": name, "file": str(path), "passed": grade.passed, "text": grade.text}))
    elif grade:
        following = next((other for other in NAMES[NAMES.index(name) + 1 :]), None)
        click.echo(f"right: {exercise.title}\n  {grade.text}")
        click.echo(f"next: minigrad learn {following}" if following else "that was the last one")
    else:
        click.echo(f"not yet: {exercise.title}\n{indent(grade.text, '  ')}\n  stuck? minigrad learn {name} --hint")
    context.exit(0 if grade else 1)


def _list(folder: Path, as_json: bool) -> None:
    """Every exercise, and how far it has come: the files that are there are graded."""
    rows = [(exercise, _state(exercise, folder)) for exercise in COURSE]
    if as_json:
        click.echo(json.dumps([{"exercise": e.name, "title": e.title, "state": state} for e, state in rows]))
        return
    width = max(map(len, NAMES))
    for exercise, state in rows:
        click.echo(f"{state:<8}  {exercise.name:<{width}}  {exercise.title}")
    following = next((e.name for e, state in rows if state != "right"), None)
    done = sum(state == "right" for _, state in rows)
    click.echo(f"\n{done} of {len(rows)} right" + (f"      next: minigrad learn {following}" if following else ""))


def _state(exercise: Exercise, folder: Path) -> str:
    path = folder / f"{exercise.name}.py"
    return "" if not path.exists() else "right" if exercise.grade(path) else "not yet"


def _begin(exercise: Exercise, path: Path, as_json: bool) -> None:
    """Write the file to start from; one that is there already is renamed, not lost."""
    kept = _moved_away(path) if path.exists() else None
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(exercise.starter, encoding="utf-8")
    if as_json:
        click.echo(json.dumps({"exercise": exercise.name, "file": str(path), "kept": kept and str(kept)}))
        return
    click.echo(f"wrote {path}" + (f"      what was there is now {kept}" if kept else ""))
    click.echo(f"\n{exercise.starter}")
    click.echo(f"Edit {path}, then: minigrad learn {exercise.name}")


def _moved_away(path: Path) -> Path:
    number = 1
    while (kept := path.with_name(f"{path.stem}.{number}{path.suffix}")).exists():
        number += 1
    return path.rename(kept)


def _hint(exercise: Exercise, folder: Path, as_json: bool) -> None:
    """Show one hint more than the last time; how many were shown is noted in the folder."""
    note = folder / "hints.json"
    seen = _noted(note)
    seen[exercise.name] = count = min(seen.get(exercise.name, 0) + 1, len(exercise.hints))
    folder.mkdir(parents=True, exist_ok=True)
    note.write_text(json.dumps(seen, indent=1) + "\n", encoding="utf-8")
    shown: Sequence[str] = exercise.hints[:count]
    if as_json:
        click.echo(json.dumps({"exercise": exercise.name, "hints": shown, "of": len(exercise.hints)}))
        return
    for i, text in enumerate(shown, start=1):
        click.echo(f"hint {i} of {len(exercise.hints)}: {text}")


def _noted(note: Path) -> dict[str, int]:
    """How many hints each exercise has given; none if the note cannot be read."""
    try:
        found = json.loads(note.read_text(encoding="utf-8"))
        return {name: count for name, count in found.items() if name in NAMES and isinstance(count, int) and count > 0}
    except (OSError, ValueError, AttributeError):
        return {}
