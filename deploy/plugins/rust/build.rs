//! Makes the code of the protocol from its .proto file. protox reads that in Rust: no `protoc` is needed.
use std::{env, error::Error, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let proto = PathBuf::from(env::var("PROTO").unwrap_or_else(|_| "../../../proto".into()));
    let file = proto.join("npd/external/v1/external_monitor.proto");
    println!("cargo::rerun-if-env-changed=PROTO");
    println!("cargo::rerun-if-changed={}", file.display());
    let descriptors = protox::compile([&file], [&proto])?;
    tonic_prost_build::configure().build_client(false).compile_fds(descriptors)?;
    Ok(())
}
