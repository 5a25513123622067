"""Logging a training while it runs: every epoch, into Trainer's ModelRun and to the mirrors that are asked for.

A version gets its identity only after its training, from VersionTagger, which takes the file that is written here
into the registry. TensorFlow, Keras and the clients of the mirrors are imported where they are used.

!!! Example
    ``` python
    from tfx_hallmark.training_log import epoch_callback

    def run_fn(fn_args):
        ...
        model.fit(..., callbacks=[epoch_callback(fn_args)])
    ```
"""

from tfx_hallmark.training_log.callback import epoch_callback
from tfx_hallmark.training_log.epoch_log import EpochLog

__all__ = ["EpochLog", "epoch_callback"]
