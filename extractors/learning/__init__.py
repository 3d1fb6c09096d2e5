"""Selectors learned from answers, so that pages alike need no model."""
