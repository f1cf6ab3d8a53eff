"""Training settings check themselves."""

from __future__ import annotations

import json
import math

import pytest

from jazzgen.errors import OptionError
from jazzgen.training.settings import IMPROVISER, TrainingSettings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n_a", 0),
        ("Tx", 0),
        ("epochs", 0),
        ("seed", -1),
        ("batch_size", 0),
        ("learning_rate", math.nan),
        ("weight_decay", -0.1),
        ("clip_norm", 0),
        ("dropout", 1.0),
        ("ema_momentum", 1.0),
        ("player_dropout", 1.5),
        ("graph", "other"),
    ],
)
def test_settings_outside_their_range_are_refused(name, value):
    with pytest.raises(OptionError, match=f"received '?{value}"):
        TrainingSettings(**{name: value})


def test_settings_that_do_not_go_together_are_refused():
    with pytest.raises(OptionError, match="recurrent dropout needs the fused graph"):
        TrainingSettings(recurrent_dropout=0.1)
    for features in (("beat", "mood"), ("beat", "beat")):
        with pytest.raises(OptionError, match="features must be different ones of beat, chord"):
            TrainingSettings(features=features)


def test_a_record_is_json_that_makes_the_same_settings():
    record = json.loads(json.dumps(IMPROVISER.record()))
    assert record == IMPROVISER.record()
    assert TrainingSettings(**record | {"features": tuple(record["features"])}) == IMPROVISER
