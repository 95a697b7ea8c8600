"""Work that takes longer than a picture, on a thread of its own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from PySide6.QtCore import QObject, QTimer, Signal, Slot

_POLL = 30  # ms


class Background(QObject):
    """Does one thing at a time; of what is asked for meanwhile, only the newest is answered.

    Signals
    -------
    answered(object, object)
        What was asked for, and the future with its answer, in the window's thread.
    """

    answered = Signal(object, object)

    def __init__(self, name: str, parent: QObject) -> None:
        super().__init__(parent)
        self._name = name
        self._asked: tuple[object, Future[object]] | None = None
        self._timer = QTimer(self, interval=_POLL)
        self._timer.timeout.connect(self._poll)

    @property
    def is_busy(self) -> bool:
        """Whether an answer is to come."""
        return self._asked is not None

    @property
    def asked(self) -> object:
        """What the answer to come is of; None if none is."""
        return None if self._asked is None else self._asked[0]

    def ask(self, what: object, work: Callable[[], object]) -> None:
        """Begin to work; what was asked for before is not answered any more.

        Parameters
        ----------
        what : object
            Comes back with the answer.
        work : callable
            Must not touch a widget.
        """
        executor = ThreadPoolExecutor(1, thread_name_prefix=self._name)
        self._asked = what, executor.submit(work)
        executor.shutdown(wait=False)  # the thread ends with its work
        self._timer.start()

    def forget(self) -> None:
        """Ask for nothing any more; what is being done ends by itself."""
        self._timer.stop()
        self._asked = None

    @Slot()
    def _poll(self) -> None:
        if self._asked is not None and self._asked[1].done():
            (what, answer), self._asked = self._asked, None
            self._timer.stop()
            self.answered.emit(what, answer)
