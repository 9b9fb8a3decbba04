//! Why pages could not come to life.

use std::path::PathBuf;

use leptos::config::errors::LeptosConfigError;

/// Why pages could not come to life.
#[derive(Debug, thiserror::Error)]
pub enum PageFilesError {
    /// `Leptos.toml` cannot be read.
    #[error("Leptos.toml: {0}")]
    Leptos(#[from] LeptosConfigError),
    /// A file is not where it is looked for.
    #[error(
        "what the pages load is not here: {} is missing. Build it with `make build`, keep {list} beside the program, and \
         start the program in the directory that holds {site}", .missing.display()
    )]
    Missing {
        /// The file.
        missing: PathBuf,
        /// The name of the list of the hashes in files' names.
        list: String,
        /// Where the files are, from the working directory.
        site: String,
    },
    /// The program was compiled while the site's directory did not hold a release.
    #[error("this program was built without the {kind} file that its pages load: build it with `make dist`")]
    NotEmbedded {
        /// The file's extension.
        kind: &'static str,
    },
}
