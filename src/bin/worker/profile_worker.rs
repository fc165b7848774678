//! The worker of one profile: see `serve`. What it reads is a feature of the library.

mod ahead;
mod blob;
mod helpers;
mod helping;
mod later;
mod serve;
mod sliced;

fn main() {
    serve::serve();
}
