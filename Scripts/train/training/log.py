"""The log of a run as a table and as curves."""

import csv

from matplotlib.figure import Figure

from training import checkpoint


class Log:
    """Rows of numbers in a CSV file, which a resumed run continues."""

    def __init__(self, path, clips):
        """Forgets rows after `clips`: of steps that a killed run took and a resumed one repeats."""
        self.path, self.rows = path, []
        if path.exists():
            with open(path, newline="") as file:
                rows = [{k: float(v) for k, v in row.items() if v} for row in csv.DictReader(file)]
            self.rows = [row for row in rows if row["clips"] <= clips]

    def add(self, row):
        self.rows.append(row)
        checkpoint.replace(self.path, self.write)
        print("  ".join(f"{name} {value:.4g}" for name, value in row.items()), flush=True)

    def write(self, path):
        names = list(dict.fromkeys(name for row in self.rows for name in row))
        with open(path, "w", newline="") as file:
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(self.rows)

    def plot(self, path):
        figure = Figure(figsize=(12, 4.5))
        left, right = figure.subplots(1, 2)
        for name in dict.fromkeys(name for row in self.rows for name in row):
            axes = {"loss": left}.get(name, right if name[0] in "JF" else None)
            points = [(row["clips"], row[name]) for row in self.rows if name in row]
            if axes and points:
                axes.plot(*zip(*points), label=name, marker="." if axes is right else "")
        for axes, title in ((left, "loss"), (right, "J and F, held out")):
            axes.set(title=title, xlabel="clips")
            axes.grid(alpha=0.3)
        right.legend(fontsize="small")
        figure.savefig(path, dpi=100, bbox_inches="tight")
