"""Real systems as data: one TOML file each, with a source for every value.

A file holds keys of an experiment file, as they stand there, for what the system defines by its
documented defaults, and beside them

- ``title``, ``system`` and ``version``: whose behaviour it is;
- ``means``: what an acknowledgement to the producer means there, in one sentence;
- ``cannot``: what the system does, or can do, and this preset does not express;
- ``[sources]``: for every key that is set, where its value was read. A source that begins with
  ``inferred:`` is concluded from what was read; one that begins with ``ours:`` is our choice, where
  the system defines nothing or something that cannot be expressed.

What a system does not define (how long a disk takes, how far away a broker is) is left to the
experiment. `sim.config.presets` reads these files.
"""
