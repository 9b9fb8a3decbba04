//! Where the page's files lie and at which address they are served.

use std::{
    env,
    path::{Path, PathBuf},
};

use leptos::config::{LeptosOptions, errors::LeptosConfigError, get_config_from_str, get_configuration};

/// `Leptos.toml` as it was when the program was built, for when it is started elsewhere.
pub const LEPTOS_TOML: &str = include_str!("../../Leptos.toml");

/// Reads `Leptos.toml` in the working directory, if there is one. `LEPTOS_*` variables, which
/// cargo-leptos sets, override it. Without the list of hashed file names that a build leaves beside the
/// program, `hash_files` is off.
pub(super) fn load() -> Result<LeptosOptions, LeptosConfigError> {
    let mut options = if Path::new("Leptos.toml").exists() {
        get_configuration(Some("Leptos.toml"))?.leptos_options
    } else {
        get_config_from_str(LEPTOS_TOML)?
    };
    // leptos panics on every page when the list of hashed file names is not beside the program.
    options.hash_files &= hash_file(&options).is_some_and(|path| path.exists());
    Ok(options)
}

/// Where leptos looks for the list of hashed file names.
fn hash_file(options: &LeptosOptions) -> Option<PathBuf> {
    let program = env::current_exe().ok()?;
    Some(program.parent()?.join(&*options.hash_file))
}
