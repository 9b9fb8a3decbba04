//! Which module uses which: names are followed through re-exports to where they are defined.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::{ModulePath, Source};

/// For each module those that it uses.
pub type Graph = BTreeMap<ModulePath, BTreeSet<ModulePath>>;

impl Source {
    /// The graph of the crate's own modules.
    ///
    /// A module's declarations of its children, and what it re-exports of them, are no uses: they are the way
    /// by which others reach what lies there.
    pub fn graph(&self) -> Graph {
        let uses = |at: &ModulePath| {
            let module = &self.modules[at];
            let paths = module.paths.iter().filter_map(|path| self.definition(at, path, 0));
            paths.filter(|target| target != at).collect()
        };
        self.modules.keys().map(|at| (at.clone(), uses(at))).collect()
    }

    /// The module in which what a path names is defined; none for what other crates define.
    fn definition(&self, at: &ModulePath, path: &[String], depth: u8) -> Option<ModulePath> {
        if depth > 16 {
            return None;
        }
        let (mut module, mut rest) = match path.first()?.as_str() {
            "crate" => (Vec::new(), &path[1..]),
            "self" => (at.clone(), &path[1..]),
            "super" => {
                let ups = path.iter().take_while(|segment| *segment == "super").count();
                (at[..at.len().checked_sub(ups)?].to_vec(), &path[ups..])
            }
            first => {
                let is_child = self.modules.contains_key(&child(at, first));
                let imported = self.modules[at].imported.get(first).filter(|import| import.as_slice() != path);
                if !is_child {
                    let import = imported.filter(|import| import.first().is_some_and(|head| head != first))?;
                    let whole: Vec<_> = import.iter().chain(&path[1..]).cloned().collect();
                    return self.definition(at, &whole, depth + 1);
                }
                (at.clone(), path)
            }
        };
        while let [segment, further @ ..] = rest {
            let below = child(&module, segment);
            if self.modules.contains_key(&below) {
                (module, rest) = (below, further);
                continue;
            }
            let here = &self.modules[&module];
            if here.defined.contains(segment) {
                break;
            }
            let named = here.reexported.iter().find(|(name, _)| name == segment);
            let Some((_, path)) = named else { break };
            let whole: Vec<_> = path.iter().chain(further).cloned().collect();
            return self.definition(&module, &whole, depth + 1);
        }
        Some(module)
    }
}

fn child(module: &[String], name: &str) -> ModulePath {
    module.iter().cloned().chain([name.to_owned()]).collect()
}

/// Modules that use each other, in turn; none if there are none.
pub fn circle(graph: &Graph) -> Option<Vec<ModulePath>> {
    let mut finished = BTreeSet::new();
    graph.keys().find_map(|start| visit(graph, start, &mut Vec::new(), &mut finished))
}

fn visit(
    graph: &Graph,
    at: &ModulePath,
    way: &mut Vec<ModulePath>,
    finished: &mut BTreeSet<ModulePath>,
) -> Option<Vec<ModulePath>> {
    if let Some(first) = way.iter().position(|before| before == at) {
        return Some(way[first..].to_vec());
    }
    if finished.contains(at) {
        return None;
    }
    way.push(at.clone());
    let found = graph[at].iter().find_map(|next| visit(graph, next, way, finished));
    way.pop();
    finished.insert(at.clone());
    found
}
