"""Help on the settings of an experiment, by subject.

Keys name a kind (``Relu``) or a field of a model (``Adam.beta1``); several models that share a
field, or are alike, stand before it with blanks between: ``Adam AdamW.beta1``.
"""
