//! Paths in code, besides those of imports.

use syn::{
    Item, Macro, Path,
    visit::{self, Visit},
};

use crate::source::{Module, flatten, is_for_tests};

/// Collects the paths of an item.
pub struct Names<'a> {
    module: &'a mut Module,
    /// How many modules that stand in the file itself are around it.
    depth: usize,
}

impl<'a> Names<'a> {
    pub fn of(item: &Item, module: &'a mut Module) {
        Self { module, depth: 0 }.visit_item(item);
    }

    fn add(&mut self, path: Vec<String>) {
        if path.len() > 1
            && let Some(path) = self.seen_from_file(path)
        {
            self.module.paths.insert(path);
        }
    }

    /// A path as the file's own module would write it; none if it stays within a module that stands in the file.
    fn seen_from_file(&self, mut path: Vec<String>) -> Option<Vec<String>> {
        if self.depth == 0 {
            return Some(path);
        }
        let ups = path.iter().take_while(|segment| *segment == "super").count();
        match path[0].as_str() {
            "self" => None,
            "super" if ups < self.depth => None,
            "super" => {
                path.drain(..self.depth);
                if ups == self.depth {
                    path.insert(0, "self".to_owned());
                }
                Some(path)
            }
            _ => Some(path),
        }
    }
}

impl<'ast> Visit<'ast> for Names<'_> {
    fn visit_path(&mut self, path: &'ast Path) {
        self.add(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        visit::visit_path(self, path);
    }

    /// `pub(in crate::server)` uses nothing.
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}

    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if !is_for_tests(&Item::Mod(module.clone())) {
            self.depth += 1;
            visit::visit_item_mod(self, module);
            self.depth -= 1;
        }
    }

    fn visit_item_use(&mut self, import: &'ast syn::ItemUse) {
        flatten(&import.tree, &mut Vec::new(), &mut |_, path| self.add(path));
    }

    /// The body of a macro is tokens: every `a::b` in it is a path.
    fn visit_macro(&mut self, call: &'ast Macro) {
        let mut path: Vec<String> = Vec::new();
        let mut ends_in_colons = false;
        for word in words(call.tokens.clone()) {
            match word.as_str() {
                "::" => ends_in_colons = true,
                _ if word.starts_with(|c: char| c.is_alphabetic() || c == '_') => {
                    if !ends_in_colons {
                        self.add(std::mem::take(&mut path));
                    }
                    path.push(word);
                    ends_in_colons = false;
                }
                _ => {
                    self.add(std::mem::take(&mut path));
                    ends_in_colons = false;
                }
            }
        }
        self.add(path);
        visit::visit_macro(self, call);
    }
}

/// The identifiers of tokens, each `::`, and `,` for anything else.
fn words(tokens: proc_macro2::TokenStream) -> Vec<String> {
    use proc_macro2::{Spacing, TokenTree};
    let mut found = Vec::new();
    let mut colon = false;
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => found.push(ident.to_string()),
            TokenTree::Punct(punct) if punct.as_char() == ':' && punct.spacing() == Spacing::Joint => {
                colon = true;
                continue;
            }
            TokenTree::Punct(punct) if punct.as_char() == ':' && colon => found.push("::".to_owned()),
            TokenTree::Group(group) => {
                found.push(",".to_owned());
                found.extend(words(group.stream()));
                found.push(",".to_owned());
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => found.push(",".to_owned()),
        }
        colon = false;
    }
    found
}
