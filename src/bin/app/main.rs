//! The page: state, shell, and the views. It never parses: every document has a worker that does.

mod again;
mod beside;
mod bridge;
mod call_tree;
mod canvas;
mod clipboard;
mod comparison;
mod components;
mod document;
mod editor;
mod effect;
mod embedded;
mod folder;
mod function_table;
mod gallery;
mod gather;
mod group;
mod handles;
mod judgement;
mod keys;
mod log_view;
mod motion;
mod narrowing;
mod offline;
mod open;
mod patterns;
mod play;
mod press;
mod program;
mod reader;
mod remote;
mod save;
mod saved;
mod searching;
mod shell;
mod size;
mod sources;
mod spans;
mod state;
mod storage;
mod text;
mod url;
mod view;
mod views;
mod welcome;

fn main() {
    console_error_panic_hook::set_once();
    leptos::mount::mount_to_body(shell::App);
}
