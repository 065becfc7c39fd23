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
    config = tomllib.loads(arguments.config.read_text())
    for assignment in arguments.set:
        change(config, tomllib.loads(assignment), assignment)
    return config


def change(config, values, assignment):
    for name, value in values.items():
        if name not in config:
            raise SystemExit(f"--set {assignment}: there is no setting of this name")
        if isinstance(value, dict) and isinstance(config[name], dict):
            change(config[name], value, assignment)
        else:
            config[name] = value
