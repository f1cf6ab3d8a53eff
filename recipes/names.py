"""Train the two shipped checkpoints of names and print the figures that their cards give.

    python -m recipes.names ../shared models

reads `wjazzd/wjazzd.db` (tune titles) and `names/dinos.txt` (dinosaur names) in the first folder and writes
`names-tunes.safetensors` and `names-dinosaurs.safetensors` to the second.
"""

from __future__ import annotations

import argparse
import re
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import numpy as np

from jazzgen.by_hand import char_model, minibatch, name_text, names

SEED = 0
COUNT = 1000  # names to judge a model by


def tidy(title: str) -> str:
    """A title as printed on a record: the database has = for a hyphen, and takes after an underscore."""
    title = title.split("_")[0].replace("=", "-")
    return re.sub(r"(?<=\b[A-Z]\.) (?=[A-Z]\.)", "", title)  # D. B. Blues -> D.B. Blues


def read_titles(database: Path) -> list[str]:
    """The distinct titles, less the few with figures or signs in them: too few to learn those from."""
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("SELECT DISTINCT title FROM solo_info").fetchall()
    titles = sorted({name_text.fold_text(tidy(title)) for (title,) in rows})
    return [title for title in titles if re.fullmatch(r"[A-Za-z' .-]+", title)]


def judge(model: char_model.NameModel, temperature: float) -> str:
    """What 1,000 draws are like."""
    drawn = names.invent(model, np.random.default_rng(SEED), COUNT, temperature)
    new = [name for name, known in drawn if not known]
    lengths = sorted(len(name) for name, _ in drawn)
    said = [
        f"temperature {temperature}: {100 * len(new) / COUNT:.1f} % not in the list",
        f"{len(set(new))} of these distinct",
        f"{lengths[0]} to {lengths[-1]} characters (median {lengths[COUNT // 2]})",
    ]
    if model.words:
        made = sum(model.is_made_of_words(name) for name in new)
        said.append(f"{100 * made / len(new):.1f} % of the new ones made of the list's words")
        said.append(f"one draw in {COUNT / made:.1f} both new and made of them")
    return ", ".join(said)


def train_dinosaurs(path: Path, out: Path) -> None:
    """The exercise's RNN and today's networks, a tenth of the list held out; the LSTM is shipped."""
    data = name_text.read_names(path, ["case"])
    print(f"{len(data)} names, {len(set(data))} of them distinct")
    start = time.perf_counter()
    record = dict(char_model.model(data, np.random.default_rng(SEED)).record)
    print(f"the exercise's RNN, whole list: {record} in {time.perf_counter() - start:.0f} s")
    early = char_model.model(data, np.random.default_rng(SEED), num_iterations=2000)
    print(f"its smoothed loss after 2,000 steps: {early.record['smoothed_loss']}")
    held, own = name_text.hold_out(data, 0.1, np.random.default_rng(SEED))  # as `train` does with this seed
    rnn = char_model.model(own, np.random.default_rng(SEED))
    nats = minibatch.nats_per_character(rnn.parameters, held, rnn.char_to_ix)
    print(f"the exercise's RNN, a tenth held out: {nats:.4f} nats a letter")
    for cell in ("rnn", "gru", "lstm"):
        start = time.perf_counter()
        model = minibatch.train(data, np.random.default_rng(SEED), cell=cell, fold=["case"])
        print(f"{cell}: {dict(model.record)} in {time.perf_counter() - start:.0f} s")
    names.save_names(model, out)
    print(judge(model, 1.0), judge(model, 0.8), sep="\n")


def train_tunes(database: Path, out: Path) -> None:
    """A larger LSTM on all titles and on crossings of them."""
    titles = read_titles(database)
    start = time.perf_counter()
    model = minibatch.train(
        titles, np.random.default_rng(SEED), n_a=128, epochs=40, batch=32, dropout=0.2, crossed=4, held_out=0
    )
    print(f"tunes: {dict(model.record)} in {time.perf_counter() - start:.0f} s")
    names.save_names(model, out)
    print(judge(model, 1.0), judge(model, 0.8), sep="\n")
    rng = np.random.default_rng(SEED)
    made = [names.title(rng, model) for _ in range(COUNT)]
    good = sum(model.is_made_of_words(title) and not model.knows(title) for title in made)
    print(f"of {COUNT} titles {good} new and made of the list's words: {', '.join(made[:20])}")


def main() -> None:
    """Train both."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("shared", type=Path, help="the folder with wjazzd/ and names/")
    parser.add_argument("models", type=Path, help="the folder to write the checkpoints to")
    parser.add_argument("--only", choices=names.KINDS)
    arguments = parser.parse_args()
    if arguments.only != "tunes":
        train_dinosaurs(
            arguments.shared / "names" / "dinos.txt", arguments.models / "names-dinosaurs.safetensors"
        )
    if arguments.only != "dinosaurs":
        train_tunes(arguments.shared / "wjazzd" / "wjazzd.db", arguments.models / "names-tunes.safetensors")


if __name__ == "__main__":
    main()
