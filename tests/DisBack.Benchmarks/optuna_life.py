"""Trials of Optuna with its journal file, each created, reported to once and completed. Prints how many a second."""
import sys
import time

import optuna

path, trials, jobs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
optuna.logging.set_verbosity(optuna.logging.ERROR)
storage = optuna.storages.JournalStorage(optuna.storages.JournalFileStorage(path))
study = optuna.create_study(storage=storage, sampler=optuna.samplers.RandomSampler(seed=0))


def train(trial):
    value = trial.suggest_float("rate", 1e-4, 1e-2, log=True)
    trial.report(value, 1)
    return value


started = time.perf_counter()
study.optimize(train, n_trials=trials, n_jobs=jobs)
print(trials / (time.perf_counter() - started))
