"""The app's screens. With `app.py`, all that knows Gradio."""
