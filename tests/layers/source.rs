//! The modules of a crate: what each defines, re-exports and names.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use syn::{Item, ItemMod, UseTree, Visibility};

use crate::imports::Names;

/// A module's path within its crate; empty for the root.
pub type ModulePath = Vec<String>;

/// One file of a crate.
pub struct Module {
    /// Names of what is defined in it.
    pub defined: BTreeSet<String>,
    /// Re-exported names, each with its path; `*` for globs.
    pub reexported: Vec<(String, Vec<String>)>,
    /// Imported names, each with its path.
    pub imported: BTreeMap<String, Vec<String>>,
    /// Every path that stands in its code, imports included.
    pub paths: BTreeSet<Vec<String>>,
}

/// A crate's modules.
#[derive(Default)]
pub struct Source {
    pub modules: BTreeMap<ModulePath, Module>,
}

impl Source {
    /// Reads the crate at a directory of the workspace, less what is compiled for tests only.
    pub fn read(directory: &str) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory).join("src");
        let mut source = Self::default();
        source.read_file(&root.join("lib.rs"), &root, Vec::new());
        source
    }

    fn read_file(&mut self, file: &Path, children: &Path, path: ModulePath) {
        let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        self.add(&text, children, path);
    }

    /// Adds a module of that text, and those below it, which lie in the directory `children`.
    pub fn add(&mut self, text: &str, children: &Path, path: ModulePath) {
        let syntax = syn::parse_file(text).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        let mut module = Module {
            defined: BTreeSet::new(),
            reexported: Vec::new(),
            imported: BTreeMap::new(),
            paths: BTreeSet::new(),
        };
        for item in syntax.items.iter().filter(|item| !is_for_tests(item)) {
            match item {
                Item::Mod(child) if child.content.is_none() => {
                    let (file, below) = locate(children, child);
                    let mut path = path.clone();
                    path.push(child.ident.to_string());
                    self.read_file(&file, &below, path);
                }
                Item::Use(import) => {
                    let is_private = matches!(import.vis, Visibility::Inherited);
                    flatten(&import.tree, &mut Vec::new(), &mut |name, path| {
                        if is_private {
                            module.paths.insert(path.clone());
                        } else {
                            module.reexported.push((name.clone(), path.clone()));
                        }
                        module.imported.insert(name, path);
                    });
                }
                item => {
                    module.defined.extend(name_of(item));
                    Names::of(item, &mut module);
                }
            }
        }
        self.modules.insert(path, module);
    }
}

/// Where a child module lies, and where its own children do.
fn locate(directory: &Path, child: &ItemMod) -> (PathBuf, PathBuf) {
    let below = directory.join(child.ident.to_string());
    let file = below.with_extension("rs");
    (if file.exists() { file } else { below.join("mod.rs") }, below)
}

/// The names that an import brings in, with their paths.
pub fn flatten(tree: &UseTree, prefix: &mut Vec<String>, found: &mut impl FnMut(String, Vec<String>)) {
    let with = |name: String| prefix.iter().cloned().chain([name]).collect::<Vec<_>>();
    match tree {
        UseTree::Path(path) => {
            prefix.push(path.ident.to_string());
            flatten(&path.tree, prefix, found);
            prefix.pop();
        }
        UseTree::Name(name) if name.ident == "self" => {
            let last = prefix.last().cloned().expect("a path before `self`");
            found(last, prefix.clone());
        }
        UseTree::Name(name) => found(name.ident.to_string(), with(name.ident.to_string())),
        UseTree::Rename(rename) if rename.ident == "self" => found(rename.rename.to_string(), prefix.clone()),
        UseTree::Rename(rename) => found(rename.rename.to_string(), with(rename.ident.to_string())),
        UseTree::Glob(_) => found("*".to_owned(), with("*".to_owned())),
        UseTree::Group(group) => group.items.iter().for_each(|tree| flatten(tree, prefix, found)),
    }
}

/// Whether an item is compiled for tests only.
pub fn is_for_tests(item: &Item) -> bool {
    let attributes = match item {
        Item::Mod(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        _ => return false,
    };
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg") && attribute.parse_args::<syn::Path>().is_ok_and(|cfg| cfg.is_ident("test"))
    })
}

fn name_of(item: &Item) -> Option<String> {
    Some(match item {
        Item::Const(item) => item.ident.to_string(),
        Item::Enum(item) => item.ident.to_string(),
        Item::Fn(item) => item.sig.ident.to_string(),
        Item::Macro(item) => item.ident.as_ref()?.to_string(),
        Item::Mod(item) => item.ident.to_string(),
        Item::Static(item) => item.ident.to_string(),
        Item::Struct(item) => item.ident.to_string(),
        Item::Trait(item) => item.ident.to_string(),
        Item::Type(item) => item.ident.to_string(),
        _ => return None,
    })
}
