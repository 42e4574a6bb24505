"""Recipes for what is computed beforehand: weights, sweeps, maps."""
