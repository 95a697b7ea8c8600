"""Training in a process of its own: what is recorded there is written here as well."""

from core.remote.trainer import RemoteTrainer as RemoteTrainer
