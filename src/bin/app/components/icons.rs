//! Icons, 16 by 16, drawn in the text's colour; all of them decorate a labelled control.

use leptos::prelude::*;

fn icon(path: &'static str) -> impl IntoView {
    view! {
        <svg class="glyph" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
            <path d=path fill="none" stroke="currentColor" stroke-width="1.4" stroke-linecap="round" stroke-linejoin="round" />
        </svg>
    }
}

/// Two sheets.
pub fn copy() -> impl IntoView {
    icon("M6 5.5h6.5v8H6zM10 5.5v-3H3.5v8H6")
}

/// A pencil.
pub fn pencil() -> impl IntoView {
    icon(
        "M3 13l.7-2.900 7-7a1.200 1.200 0 0 1 1.700 0l.5.5a1.200 1.200 0 0 1 0 1.700l-7 7L3 13zM9.500 4.300l2.200 2.200",
    )
}

/// A cross.
pub fn close() -> impl IntoView {
    icon("M4.5 4.5l7 7m0-7l-7 7")
}

/// A plus.
pub fn plus() -> impl IntoView {
    icon("M8 3.5v9M3.5 8h9")
}

/// An arrow head: there is more below.
pub fn down() -> impl IntoView {
    icon("M4.5 6.5L8 10l3.5-3.5")
}

/// A magnifying glass.
pub fn search() -> impl IntoView {
    icon("M11.5 7a4.5 4.5 0 1 1-9 0 4.5 4.5 0 0 1 9 0zm-1.2 3.3l3.2 3.2")
}

/// The sun.
pub fn sun() -> impl IntoView {
    icon(
        "M11 8a3 3 0 1 1-6 0 3 3 0 0 1 6 0zM8 1.5v1.2m0 10.6v1.2M1.5 8h1.2m10.6 0h1.2M3.4 3.4l.9.9m7.4 7.4l.9.9m0-9.2l-.9.9m-7.4 7.4l-.9.9",
    )
}

/// The moon.
pub fn moon() -> impl IntoView {
    icon("M13.5 9.6A6 6 0 0 1 6.4 2.5a6 6 0 1 0 7.1 7.1z")
}

/// A half-filled disc: as the system says.
pub fn contrast() -> impl IntoView {
    view! {
        <svg class="glyph" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
            <circle cx="8" cy="8" r="5.5" fill="none" stroke="currentColor" stroke-width="1.4" />
            <path d="M8 2.5a5.5 5.5 0 0 1 0 11z" fill="currentColor" />
        </svg>
    }
}

/// A drop of flame: the product's mark.
pub fn mark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 32 32" width="22" height="22" aria-hidden="true" focusable="false">
            <path class="outer" d="M16 1.5c1 5 8.5 9.5 8.5 18a8.5 8.5 0 0 1-17 0c0-4.5 2.500-7 4-9.500 1 1.500 1.500 2.500 2 4C15.500 11 16.500 6 16 1.500z" />
            <path class="inner" d="M16.300 15c.5 3 4 4.500 4 8a4.300 4.300 0 0 1-8.600 0c0-2.300 1.300-3.500 2-4.800.6.6.9 1.300 1.200 2 .9-1.400 1.500-3.200 1.400-5.200z" />
        </svg>
    }
}
