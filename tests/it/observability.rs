//! Metrics as they are documented; alerts, runbooks and dashboards that speak of nothing else.

mod alerts;
mod dashboards;
mod documented;
mod expression;
mod families;
mod files;
mod scene;
mod scrape;
