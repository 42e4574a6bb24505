"""Chapters and exercises as notebooks for readers, graders and tests."""
