//! Chooses the engine's driver: tail-call handlers need an optimiser that turns a call in tail position into a jump.
fn main() {
    println!("cargo::rustc-check-cfg=cfg(tailcall)");
    let level = std::env::var("OPT_LEVEL").unwrap_or_default();
    if matches!(level.as_str(), "2" | "3" | "s") {
        println!("cargo::rustc-cfg=tailcall");
    }
    println!("cargo::rerun-if-changed=build.rs");
}
