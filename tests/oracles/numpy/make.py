"""Writes the files of this folder with NumPy and SciPy: python3 make.py"""
import json
import numpy as np
import scipy.linalg

rng = np.random.default_rng(0)


def statistics(count, width):
    features = rng.normal(size=(count, width)) @ rng.normal(size=(width, width)) + rng.normal(size=width)
    return features.mean(0), np.cov(features, rowvar=False)


mu, sigma = statistics(50, 6)
np.savez("statistics.npz", mu=mu, sigma=sigma)

mu2, sigma2 = statistics(50, 6)
# As ADM's evaluation writes it, with arrays that are nobody's business here; float32, compressed, the covariance in Fortran's order.
np.savez_compressed(
    "statistics-float32.npz", mu=mu2.astype("f4"), sigma=np.asfortranarray(sigma2.astype("f4")), mu_s=mu2, sigma_s=sigma2, arr_0=np.zeros((2, 3), "u1"))
other = np.load("statistics-float32.npz")
root = scipy.linalg.sqrtm(sigma @ other["sigma"].astype("f8")).real
fid = np.square(mu - other["mu"]).sum() + np.trace(sigma + other["sigma"] - 2 * root)

np.savez("objects.npz", mu=np.array([{}], dtype=object), sigma=sigma)
np.savez("big-endian.npz", mu=mu.astype(">f8"), sigma=sigma)
np.savez("integers.npz", mu=np.arange(6), sigma=sigma)
np.savez("not-square.npz", mu=mu, sigma=sigma[:5])
np.savez("not-symmetric.npz", mu=mu, sigma=np.triu(sigma))
np.savez("not-finite.npz", mu=np.full(6, np.nan), sigma=sigma)
np.savez("no-covariance.npz", mu=mu, cov=sigma)
np.savez("column-major.npz", x=np.asfortranarray(np.arange(6, dtype="f8").reshape(2, 3)), one=np.float64(7))

with open("answers.json", "w") as answers:
    json.dump({"mu": mu.tolist(), "sigma": sigma.ravel().tolist(), "fid": float(fid)}, answers)
