"""The settings of a run."""

import pathlib
import tomllib

LITE = pathlib.Path(__file__).parents[1] / "configs/lite.toml"


def add_options(parser):
    parser.add_argument("--config", type=pathlib.Path, default=LITE, metavar="FILE")
    help = "another value of a setting, such as network.time_kernel=1"
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help=help)


def read(arguments):
    """What the options added above choose."""
    config = parsed(arguments.config.read_text(), arguments.config)
    for assignment in arguments.set:
        change(config, parsed(assignment, f"--set {assignment}"), assignment)
    return config


def parsed(text, source):
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SystemExit(f"{source}: is not TOML: {error}") from None


def change(config, values, assignment):
    for name, value in values.items():
        if name not in config:
            raise SystemExit(f"--set {assignment}: there is no setting of this name")
        if isinstance(value, dict) and isinstance(config[name], dict):
            change(config[name], value, assignment)
        else:
            config[name] = value
