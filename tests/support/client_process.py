"""Subscribers as processes of their own, so that one can be stopped."""
import os

import zmq

from support import partner as client


def follow_until(number, address, target, results):
    """Subscribes, and when the picture has reached target.value (not 0) puts (number, cells) and ends."""
    _directory, endpoint, server_public, secret = address
    messages = client.Messages(os.path.join(os.environ["QF_SOURCE"], "proto"))
    subscriber = client.Subscriber(messages, zmq.Context(), endpoint, server_public, secret,
                                   every_ms=0 if number % 2 else 100)
    while True:
        subscriber.turn(0.2)
        picture = subscriber.picture
        if target.value and picture.complete and not picture.changes and picture.version >= target.value:
            break
    cells = {key: [values[measure] for measure in sorted(values)] for key, values in picture.cells.items()}
    results.put((number, {key: values for key, values in cells.items() if any(values)}))
