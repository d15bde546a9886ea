"""Detectors: one small file each, with its sentence, example and checks."""
