"""How the app looks: its theme, style sheet and the small scripts of its parts."""

from __future__ import annotations

from importlib.resources import files

import gradio as gr

__all__ = ["asset", "samples", "theme"]


def asset(name: str) -> str:
    """The text of a file of this package, such as "grid.js"."""
    return files("ui").joinpath(name).read_text("utf-8")


def samples() -> dict[str, str]:
    """The sample pages that come with the app: file name to HTML, by name."""
    folder = files("ui").joinpath("samples")
    pages = sorted(folder.iterdir(), key=lambda entry: entry.name)
    return {page.name: page.read_text("utf-8") for page in pages if page.name.endswith(".html")}


def theme() -> gr.themes.Base:
    """Calm, and of system fonts only: the page asks nothing of any other machine."""
    faces = ("Segoe UI", "Roboto", "Helvetica Neue", "Noto Sans", "Arial", "sans-serif")
    plain = {
        f"block_{part}_{what}{mode}": value
        for part in ("label", "title")
        for mode in ("", "_dark")
        for what, value in (
            ("background_fill", "transparent"),
            ("text_color", "*body_text_color"),
        )
    }
    made = gr.themes.Soft(
        primary_hue="teal",
        neutral_hue="slate",
        font=[gr.themes.Font(name) for name in faces],
        font_mono=[gr.themes.Font(name) for name in ("Consolas", "Liberation Mono", "monospace")],
        radius_size="sm",
        spacing_size="sm",
    )
    return made.set(
        link_text_color="*primary_700",
        link_text_color_dark="*primary_300",
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_700",
        button_primary_background_fill_hover_dark="*primary_800",
        button_primary_text_color="white",
        checkbox_label_background_fill_selected="*primary_700",
        checkbox_label_background_fill_selected_dark="*primary_700",
        checkbox_label_text_color_selected="white",
        checkbox_background_color_selected="*primary_800",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_300",
        block_background_fill="*body_background_fill",
        block_background_fill_dark="*body_background_fill",
        block_padding="0px",
        block_shadow="none",
        input_placeholder_color="*neutral_500",
        input_placeholder_color_dark="*neutral_300",
        input_border_width="1px",
        input_border_color="*neutral_400",
        input_border_color_dark="*neutral_500",
        input_shadow="none",
        checkbox_border_color="*neutral_500",
        checkbox_border_color_dark="*neutral_400",
        button_border_width="1px",
        button_secondary_border_color="*neutral_400",
        button_secondary_border_color_dark="*neutral_500",
        button_secondary_background_fill_hover_dark="*neutral_600",
        button_secondary_shadow="none",
        button_primary_shadow="none",
        **plain,
    )
