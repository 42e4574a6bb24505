"""The book on paper: one PDF, put together from the built pages and printed by Chromium."""
