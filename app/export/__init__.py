"""Views as files and on the clipboard: pictures of any size, and the numbers behind them."""
