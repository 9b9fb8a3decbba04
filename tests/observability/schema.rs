//! Grafana publishes its dashboards' shape as TypeScript: the dashboard must fit it.

use std::{fs, path::Path, process::Command};

use serde_json::json;

use crate::{program::said, shipped, skip};

/// What tsc says of a dashboard; nothing if it fits.
fn complaints(modules: &Path, dashboard: &str) -> String {
    let directory = tempfile::tempdir().expect("a directory");
    let source = format!("{}export const dashboard = ({dashboard}) satisfies Checked;", include_str!("dashboard.ts"));
    fs::write(directory.path().join("dashboard.ts"), source).expect("written");
    let schema = modules.join("@grafana/schema");
    let config = json!({
        "compilerOptions": {
            "target": "es2023", "module": "preserve", "noEmit": true, "strict": true, "skipLibCheck": true, "types": [],
            "paths": { "@grafana/schema": [schema], "@grafana/schema/*": [schema.join("*")] },
        },
        "files": ["dashboard.ts"],
    });
    fs::write(directory.path().join("tsconfig.json"), config.to_string()).expect("written");
    let tsc = Command::new(modules.join(".bin/tsc")).arg("--project").arg(directory.path()).output().expect("tsc");
    let said = said(&tsc);
    assert_eq!(tsc.status.success(), said.is_empty(), "{said}");
    said
}

#[test]
fn the_dashboard_fits_the_schema_of_the_grafana_it_names() {
    let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("end2end/node_modules");
    let Ok(package) = fs::read_to_string(modules.join("@grafana/schema/package.json")) else {
        return skip("the dashboard's schema: `scripts/setup test` brings @grafana/schema");
    };
    let package: serde_json::Value = serde_json::from_str(&package).expect("JSON");
    let dashboard = shipped("ops/grafana/websocket-monitor.json");
    let named: serde_json::Value = serde_json::from_str(&dashboard).expect("JSON");
    assert_eq!(named["__requires"][0]["version"], package["version"]);
    assert_eq!(complaints(&modules, &dashboard), "");

    for (right, wrong) in
        [("\"graphTooltip\": 1", "\"graphTooltip\": 7"), ("\"drawStyle\": \"line\"", "\"drawStyle\": \"lines\"")]
    {
        assert_ne!(complaints(&modules, &crate::replaced(&dashboard, right, wrong)), "", "{wrong} passes");
    }
}
