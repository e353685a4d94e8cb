"""Optuna's TPESampler with its default settings. A study begins with a line of JSON; then each trial writes its point as a line and reads its value."""
import json
import sys

import optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)
DISTRIBUTIONS = {
    "real": optuna.distributions.FloatDistribution,
    "integer": optuna.distributions.IntDistribution,
    "categorical": optuna.distributions.CategoricalDistribution,
}

while line := sys.stdin.readline():
    task = json.loads(line)
    space = {name: DISTRIBUTIONS[kind](**domain) for name, (kind, domain) in task["space"].items()}
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=task["seed"]))
    for _ in range(task["trials"]):
        trial = study.ask(space)
        print(json.dumps(trial.params), flush=True)
        study.tell(trial, float(sys.stdin.readline()))
