"""How weights move: the optimiser, its rate over time, and their average."""

import torch


def optimiser(network, settings):
    """AdamW with a rate for the encoder and one for the rest; biases do not decay."""
    encoder = {id(p) for p in network.encoder_parameters()}
    groups = {}
    for parameter in network.parameters():
        if parameter.requires_grad:
            key = (id(parameter) in encoder, parameter.ndim > 1)
            groups.setdefault(key, []).append(parameter)
    return torch.optim.AdamW(
        {
            "params": parameters,
            "share": settings["encoder_rate"] if is_encoder else 1,
            "weight_decay": settings["weight_decay"] if decays else 0,
        }
        for (is_encoder, decays), parameters in groups.items()
    )


def rate(settings, clips):
    """The rate after so many clips: a rise, a plateau and a straight fall to nothing."""
    total, cool_down = settings["clips"], settings["cool_down"]
    rise = min(1, (clips + 1) / settings["warm_up"])
    fall = min(1, max(0, total - clips) / max(1, total * cool_down))
    return settings["rate"] * rise * fall


class Average:
    """Exponential moving average of weights; young ones are forgotten sooner."""

    def __init__(self, network, decay):
        self.weights = {name: w.detach().clone() for name, w in network.state_dict().items()}
        self.decay = decay

    @torch.no_grad()
    def update(self, network, step):
        decay = min(self.decay, (step + 1) / (step + 20))
        for name, weight in network.state_dict().items():
            self.weights[name].lerp_(weight, 1 - decay)
