//! The launcher as a program for the browser.

fn main() {
    launcher_app::run();
}
