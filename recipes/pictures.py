"""Draw the pictures of docs/by-hand.md: gradients with and without clipping, an LSTM's gates over a title.

    python -m recipes.pictures docs

Needs matplotlib: `pip install 'jazzgen[plot]'`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib as mpl
import numpy as np

from jazzgen.by_hand import char_model, names, recurrent

mpl.use("agg")
from matplotlib import pyplot as plt  # after the backend is chosen: there may be no screen

LETTERS = 27
TITLE = "Dancing In The Moon"


def largest_gradient(steps: int, scale: float) -> tuple[float, float]:
    """The largest entry of dWaa, as it is and clipped, where only the last state is asked: as on the page."""
    rng = np.random.default_rng(0)
    parameters = {
        "Wax": rng.standard_normal((50, LETTERS)) / 5,
        "Waa": scale * rng.standard_normal((50, 50)) / np.sqrt(50),
        "ba": np.zeros((50, 1)),
        "Wya": np.zeros((LETTERS, 50)),
        "by": np.zeros((LETTERS, 1)),
    }
    x = 0.1 * np.eye(LETTERS)[:, rng.integers(LETTERS, size=steps)][:, None, :]  # (27, 1, steps)
    a, _, caches = recurrent.rnn_forward(x, np.zeros((50, 1)), parameters)
    da = np.zeros_like(a)
    da[:, :, -1] = 1
    gradients = {"dWaa": recurrent.rnn_backward(da, caches)["dWaa"]}
    before = np.abs(gradients["dWaa"]).max()
    return before, np.abs(char_model.clip(gradients, 5)["dWaa"]).max()


def draw_gradients(path: Path) -> None:
    """The largest entry of dWaa against the length of the sequence, for three sizes of `Waa`."""
    figure, axes = plt.subplots(figsize=(6.5, 3.2), layout="constrained")
    lengths = range(2, 61, 2)
    for scale, color in ((1.0, "tab:blue"), (2.0, "tab:orange"), (3.0, "tab:red")):
        largest, clipped = zip(*(largest_gradient(steps, scale) for steps in lengths), strict=True)
        axes.semilogy(lengths, largest, color=color, label=f"Waa × {scale:g}")
        axes.semilogy(lengths, clipped, color=color, linestyle=":", linewidth=2.5)
    axes.axhline(5, color="gray", linewidth=0.6)
    axes.set(xlabel="time steps", ylabel="largest entry of dWaa")
    axes.legend(title="dotted: clipped at 5", frameon=False)
    figure.savefig(path, dpi=110)


def draw_gates(path: Path) -> None:
    """Forget, input and output gates of the shipped LSTM, as it reads a title."""
    model = names.shipped("tunes")
    x = np.zeros((len(model.char_to_ix), 1, len(TITLE) + 1), np.float32)
    for t, letter in enumerate(TITLE, 1):
        x[model.char_to_ix[letter], 0, t] = 1
    a0 = np.zeros((model.n_a, 1), np.float32)
    _, _, _, (steps, _) = recurrent.lstm_forward(x, a0, model.parameters)
    gates = {"forget": 4, "input": 5, "output": 7}  # where they stand in a cell's cache
    figure, rows = plt.subplots(
        2, 1, figsize=(6.5, 4.6), height_ratios=(3, 1.4), sharex=True, layout="constrained"
    )
    forget = np.concatenate([step[gates["forget"]] for step in steps], axis=1)  # (n_a, letters)
    starts = [t for t, letter in enumerate(" " + TITLE) if letter == " "]
    order = np.argsort(forget[:, starts].mean(axis=1) - forget.mean(axis=1))
    image = rows[0].imshow(forget[order], aspect="auto", cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    rows[0].set(ylabel="128 units, forget gate")
    figure.colorbar(image, ax=rows[0], label="1 keeps, 0 forgets")
    for name, place in gates.items():
        rows[1].plot([step[place].mean() for step in steps], label=name, marker=".")
    rows[1].set(
        ylabel="mean", ylim=(0, 1), xticks=range(len(TITLE) + 1), xticklabels=["·", *TITLE.replace(" ", "␣")]
    )
    rows[1].legend(frameon=False, ncols=3, loc="lower center")
    figure.savefig(path, dpi=110)


def main() -> None:
    """Write both pictures into a folder."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    draw_gradients(folder / "by-hand-gradients.png")
    draw_gates(folder / "by-hand-gates.png")


if __name__ == "__main__":
    main()
