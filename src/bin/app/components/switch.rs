//! A choice of one of a few, as a row of buttons.

use leptos::prelude::*;

/// A button for each of `choices`; the one that `chosen` says is pressed. Whoever shows them wraps them
/// in a group with a name.
pub fn switch_buttons<T, const N: usize>(
    choices: [T; N],
    chosen: RwSignal<T>,
    title: fn(T) -> &'static str,
) -> Vec<impl IntoView>
where
    T: Copy + PartialEq + Send + Sync + 'static,
{
    choices
        .into_iter()
        .map(|choice| {
            view! {
                <button
                    type="button"
                    aria-pressed=move || (chosen.get() == choice).to_string()
                    on:click=move |_| chosen.set(choice)
                >
                    {title(choice)}
                </button>
            }
        })
        .collect()
}
