//! The worker of one profile: see `serve`. What it reads is a feature of the library.

mod ahead;
mod blob;
mod later;
mod serve;

fn main() {
    serve::serve();
}
