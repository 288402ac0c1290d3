//! Finds the app's files to embed, or a page that says how to build them.

use std::path::{Path, PathBuf};
use std::{env, fs};

const PLACEHOLDER: &str = "<!doctype html><html lang=en><meta charset=utf-8><title>Moim</title>\
<h1>The app is not built in</h1><p>This server was compiled before the app was built. In the source folder type \
<code>npm --prefix web ci &amp;&amp; npm --prefix web run build</code>, then compile again; <code>script/run</code> does both.</p></html>\n";

fn main() {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/dist");
    // An empty folder is there to be watched until the app is built into it.
    let watched = fs::create_dir_all(&dist).is_ok();
    if watched {
        println!("cargo:rerun-if-changed={}", dist.display());
    }
    let folder = match dist.canonicalize() {
        Ok(built) if built.join("index.html").is_file() => built,
        _ => placeholder(),
    };
    println!("cargo:rustc-env=EMBEDDED_APP_FOLDER={}", folder.display());
}

fn placeholder() -> PathBuf {
    let folder = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join("placeholder");
    fs::create_dir_all(&folder).expect("OUT_DIR can be written to");
    fs::write(folder.join("index.html"), PLACEHOLDER).expect("OUT_DIR can be written to");
    folder
}
