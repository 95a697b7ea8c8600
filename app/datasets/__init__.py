"""Dialogs about data sets: a look into a file of one's own, and the download of a known set."""

from app.datasets.download_dialog import DownloadDialog
from app.datasets.preview_dialog import PreviewDialog

__all__ = ["DownloadDialog", "PreviewDialog"]
