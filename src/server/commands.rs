//! Administration on the command line, on the store of a server that may be running.

use std::{
    io,
    path::{Path, PathBuf},
};

use clap::Subcommand;
use secrecy::{ExposeSecret, SecretString};

use crate::{
    auth,
    operations::{self, Actor, AdministratorError, Administrators},
};
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
    /// It could not be done to administrators.
    #[error(transparent)]
    Administrator(#[from] AdministratorError),
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
            let done = administer(&Administrators::new(store.clone(), Actor::CommandLine), command).await;
            store.close().await;
            done
        }
        Command::Backup { file } => {
            if let Some(error) = operations::back_up(&Actor::CommandLine, data_dir, &file).await? {
                eprintln!("The backup is made, but the audit log cannot be written: {error}");
            }
            Ok(())
        }
        Command::Restore { file } => {
            if let Some(kept) = operations::restore(&Actor::CommandLine, data_dir, &file).await? {
                eprintln!("What was there before is kept as {}", kept.display());
            }
            Ok(())
        }
    }
}

async fn administer(administrators: &Administrators, command: AdminCommand) -> Result<(), CommandError> {
    match command {
        AdminCommand::Add { name, password_stdin } => {
            let password = Password::get(password_stdin)?;
            administrators.add(&name, password.secret.clone()).await?;
            password.tell(&name);
        }
        AdminCommand::List => {
            for name in administrators.names().await? {
                println!("{name}");
            }
        }
        AdminCommand::ResetPassword { name, password_stdin } => {
            let password = Password::get(password_stdin)?;
            administrators.reset_password(&name, password.secret.clone()).await?;
            password.tell(&name);
        }
        AdminCommand::Remove { name } => administrators.remove(&name).await?,
    }
    Ok(())
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
