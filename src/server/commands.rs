//! Administration on the command line, on the store of a server that may be running.

use std::{
    io,
    path::{Path, PathBuf},
};

use clap::Subcommand;
use secrecy::{ExposeSecret, SecretString};

use super::{
    audit,
    auth::{self, AuthError},
};
use wsmon_model::AuditAction;
use wsmon_store::{BackupError, Store, StoreError};

/// What can be done on the command line.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Add, list and remove administrators, and reset their passwords
    #[command(subcommand)]
    Admin(AdminCommand),
    /// Write a backup of the store to a new file, also while a server runs
    Backup {
        /// The file; it will hold secrets, so that only its owner can read it
        file: PathBuf,
    },
    /// Put a backup in the place of the store, which is kept beside it; not while a server runs
    Restore {
        /// The backup
        file: PathBuf,
    },
}

/// What can be done to administrators.
#[derive(Clone, Debug, Subcommand)]
pub enum AdminCommand {
    /// Add an administrator, and print the password made up for it
    Add {
        /// The name to sign in with
        name: String,
        /// Read the password from standard input instead of making one up
        #[arg(long)]
        password_stdin: bool,
    },
    /// List the administrators
    List,
    /// Set another password, print it, and end every session of the administrator
    ResetPassword {
        /// The administrator
        name: String,
        /// Read the password from standard input instead of making one up
        #[arg(long)]
        password_stdin: bool,
    },
    /// Remove an administrator and end its sessions
    Remove {
        /// The administrator
        name: String,
    },
}

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store could not be backed up or restored.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// The password could not be set.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// The name is taken.
    #[error("there is an administrator {0:?} already")]
    Taken(String),
    /// Nobody has the name.
    #[error("there is no administrator {0:?}")]
    Unknown(String),
    /// Nobody could sign in any more.
    #[error("{0:?} is the only administrator; add another first")]
    Last(String),
    /// The name cannot be used.
    #[error("a name has 1 to 64 letters, digits or any of . _ @ -")]
    Name,
    /// Standard input could not be read, or holds nothing.
    #[error("no password on standard input")]
    NoPassword,
}

/// Carries out a command on the store in a directory.
///
/// # Errors
///
/// Any [`CommandError`].
pub async fn run(data_dir: &Path, command: Command) -> Result<(), CommandError> {
    match command {
        Command::Admin(command) => {
            let store = Store::open(data_dir).await?;
            let done = administer(&store, command).await;
            store.close().await;
            done
        }
        Command::Backup { file } => Ok(wsmon_store::back_up(data_dir, &file).await?),
        Command::Restore { file } => {
            if let Some(kept) = wsmon_store::restore(data_dir, &file).await? {
                eprintln!("What was there before is kept as {}", kept.display());
            }
            Ok(())
        }
    }
}

async fn administer(store: &Store, command: AdminCommand) -> Result<(), CommandError> {
    match command {
        AdminCommand::Add { name, password_stdin } => {
            if !is_name(&name) {
                return Err(CommandError::Name);
            }
            let password = Password::get(password_stdin)?;
            if !auth::add_administrator(store, &name, password.secret.clone()).await? {
                return Err(CommandError::Taken(name));
            }
            audit::record_command(store, AuditAction::AddAdministrator, &name).await;
            password.tell(&name);
        }
        AdminCommand::List => {
            for administrator in store.administrators().await? {
                println!("{}", administrator.name);
            }
        }
        AdminCommand::ResetPassword { name, password_stdin } => {
            let password = Password::get(password_stdin)?;
            if !auth::reset_password(store, &name, password.secret.clone()).await? {
                return Err(CommandError::Unknown(name));
            }
            audit::record_command(store, AuditAction::ChangePassword, &name).await;
            password.tell(&name);
        }
        AdminCommand::Remove { name } => {
            if store.password_hash(&name).await?.is_none() {
                return Err(CommandError::Unknown(name));
            }
            if !store.remove_administrator(&name).await? {
                return Err(CommandError::Last(name));
            }
            audit::record_command(store, AuditAction::RemoveAdministrator, &name).await;
        }
    }
    Ok(())
}

fn is_name(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._@-".contains(c);
    (1..=64).contains(&text.len()) && text.chars().all(allowed)
}

struct Password {
    secret: SecretString,
    made_up: bool,
}

impl Password {
    fn get(from_stdin: bool) -> Result<Self, CommandError> {
        if !from_stdin {
            return Ok(Self { secret: auth::generate_password(), made_up: true });
        }
        let mut line = String::new();
        io::stdin().read_line(&mut line).map_err(|_| CommandError::NoPassword)?;
        let text = line.trim_end_matches(['\r', '\n']);
        if text.is_empty() {
            return Err(CommandError::NoPassword);
        }
        Ok(Self { secret: text.into(), made_up: false })
    }

    /// Prints a password that was made up, alone on standard output.
    fn tell(&self, name: &str) {
        if self.made_up {
            eprintln!("The password of {name}, told this once:");
            println!("{}", self.secret.expose_secret());
        }
    }
}
