// What Grafana 11.6 publishes of a dashboard's shape. The test puts a line below that gives the dashboard and asks
// tsc whether it `satisfies Checked`.
import type { Dashboard, FieldConfig, GraphFieldConfig, Panel, RowPanel } from "@grafana/schema";
import type * as heatmap from "@grafana/schema/dist/esm/raw/composable/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen";
import type * as stat from "@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen";
import type * as timeline from "@grafana/schema/dist/esm/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen";
import type * as table from "@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen";
import type * as timeseries from "@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen";

// JSON has no enums: their values stand for them.
type Json<T> = T extends string
  ? `${T}`
  : T extends number
    ? `${T}` extends `${infer N extends number}` ? N : number
    : T extends (infer E)[]
      ? Json<E>[]
      : T extends object
        ? { [K in keyof T]: Json<T[K]> }
        : T;

// The part that a panel's type decides.
type Of<Type, Options, Custom> = Json<Omit<Panel, "type" | "options" | "fieldConfig">> & {
  type: Type;
  options: Json<Options>;
  fieldConfig: {
    defaults: Omit<Json<FieldConfig>, "custom"> & { custom?: Json<Custom> };
    overrides: Json<NonNullable<Panel["fieldConfig"]>["overrides"]>;
  };
};

type AnyPanel =
  | Json<RowPanel>
  | Of<"heatmap", heatmap.Options, heatmap.FieldConfig>
  | Of<"stat", stat.Options, never>
  | Of<"state-timeline", timeline.Options, timeline.FieldConfig>
  | Of<"table", table.Options, Partial<table.FieldConfig>>
  | Of<"timeseries", timeseries.Options, GraphFieldConfig>;

// What an exported dashboard needs to be shown.
type Requirement = { type: "grafana" | "datasource" | "panel"; id: string; name: string; version: string };

export type Checked = Omit<Json<Dashboard>, "panels"> & { __requires: Requirement[]; panels: AnyPanel[] };
