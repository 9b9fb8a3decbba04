//! The site: the files that pages load. They lie in a directory, or within the program that `make dist` makes.

mod directory;
mod embedded;
mod error;

use leptos::config::{LeptosOptions, get_config_from_str};

pub use self::{directory::LEPTOS_TOML, embedded::EmbeddedFiles, error::PageFilesError};

/// The site and what pages are rendered with. Cheap to clone.
#[derive(Clone)]
pub struct Site {
    /// The address served, and the names of the files.
    pub leptos: LeptosOptions,
    /// Where the files are.
    pub files: SiteFiles,
    /// Whether the names of files below the package directory hold a hash, so that what is in them never changes.
    pub immutable: bool,
}

/// Where the site's files are.
#[derive(Clone)]
pub enum SiteFiles {
    /// In the site's root, a directory.
    Directory,
    /// Within the program.
    Embedded(EmbeddedFiles),
}

impl Site {
    /// The site that is within the program, or else in the directory that `Leptos.toml` names. With
    /// `without_page_files`, nothing is looked for in the directory, and pages name their files without hashes.
    ///
    /// # Errors
    ///
    /// Any [`PageFilesError`].
    pub(super) fn load(without_page_files: bool) -> Result<Self, PageFilesError> {
        let Some(files) = embedded::compiled_in() else {
            let leptos = directory::options(without_page_files)?;
            return Ok(Self { immutable: leptos.hash_files, leptos, files: SiteFiles::Directory });
        };
        let mut leptos = get_config_from_str(LEPTOS_TOML)?;
        let (files, output_name) = EmbeddedFiles::named(files, &leptos.site_pkg_dir, &leptos.output_name)?;
        leptos.output_name = output_name.into();
        // leptos would look for the hashes in a file beside the program.
        leptos.hash_files = false;
        Ok(Self { leptos, files: SiteFiles::Embedded(files), immutable: true })
    }
}
