//! The site in a directory, with the list of the hashes in its files' names beside the program, as cargo-leptos leaves them.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use leptos::config::{LeptosOptions, get_config_from_str, get_configuration};

use super::PageFilesError;

/// `Leptos.toml` as it was when the program was built, for when it is started elsewhere.
pub const LEPTOS_TOML: &str = include_str!("../../../Leptos.toml");

/// Reads `Leptos.toml` in the working directory, if there is one. `LEPTOS_*` variables, which
/// cargo-leptos sets, override it. With `without_page_files`, nothing is looked for, and pages name
/// their files without hashes.
///
/// # Errors
///
/// Any [`PageFilesError`].
pub(super) fn options(without_page_files: bool) -> Result<LeptosOptions, PageFilesError> {
    let mut options = if Path::new("Leptos.toml").exists() {
        get_configuration(Some("Leptos.toml"))?.leptos_options
    } else {
        get_config_from_str(LEPTOS_TOML)?
    };
    if without_page_files {
        // leptos panics on every page when the list is not beside the program.
        options.hash_files = false;
    } else {
        check(&options)?;
    }
    Ok(options)
}

/// Makes sure that all is there that pages load. The list is the program's own, the site may be from
/// another build, whose files have other names.
fn check(options: &LeptosOptions) -> Result<(), PageFilesError> {
    let there = |path: PathBuf| if path.exists() { Ok(path) } else { Err(missing(path, options)) };
    let list = if options.hash_files { Some(there(list(options))?) } else { None };
    let list = list.map(|path| fs::read_to_string(&path).map_err(|_| missing(path, options))).transpose()?;
    let package = Path::new(&*options.site_root).join(&*options.site_pkg_dir);
    for extension in ["js", "wasm", "css"] {
        let hash = list.as_deref().and_then(|list| hash(list, extension)).map(|hash| format!(".{hash}"));
        let name = format!("{}{}.{extension}", options.output_name, hash.unwrap_or_default());
        there(package.join(name))?;
    }
    Ok(())
}

/// Where leptos looks for the list.
fn list(options: &LeptosOptions) -> PathBuf {
    let program = env::current_exe().unwrap_or_default();
    program.with_file_name(&*options.hash_file)
}

/// The hash that a list has for files of a kind.
fn hash<'a>(list: &'a str, extension: &str) -> Option<&'a str> {
    let of_kind = |line: &'a str| line.split_once(':').filter(|(kind, _)| kind.trim() == extension);
    list.lines().find_map(of_kind).map(|(_, hash)| hash.trim())
}

fn missing(missing: PathBuf, options: &LeptosOptions) -> PageFilesError {
    PageFilesError::Missing { missing, list: options.hash_file.to_string(), site: options.site_root.to_string() }
}
