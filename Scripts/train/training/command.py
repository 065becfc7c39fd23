"""Runs a command of Scripts/train."""


def run(main):
    """What is wrong with a file is told in a line."""
    try:
        main()
    except OSError as error:
        if error.filename is None:
            raise
        raise SystemExit(f"{error.filename}: {error.strerror}") from None
