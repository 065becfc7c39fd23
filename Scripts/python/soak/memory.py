"""Memory does not grow with the number of frames."""
def add_options(parser): pass
def run(options): pass
