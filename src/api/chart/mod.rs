//! The parts of the Helm chart that come from the same tables as `deploy/`: rules, policies, definitions.
//!
//! It is compiled for the tests only, which write the files and compare them. Names and conditions stand in them as templates; the chart's own helpers say what they are.

mod definitions;
mod names;
mod policies;
mod rules;

/// What every generated template begins with.
const HEAD: &str = "{{- /* Generated from src/api by `COUNTERSIGN_REGENERATE=1 cargo test --lib api::`; do not edit. */ -}}\n";

/// A named template.
fn define(name: &str, body: &str) -> String {
    format!("{{{{- define \"countersign.{name}\" -}}}}\n{body}{{{{- end }}}}\n")
}

#[cfg(test)]
mod tests {
    use crate::api::checked_in::assert_same;

    #[test]
    fn the_checked_in_templates_are_the_generated_ones() {
        let templates = "charts/countersign/templates";
        assert_same(
            &format!("{templates}/_rights.tpl"),
            &super::rules::template().unwrap(),
        );
        assert_same(
            &format!("{templates}/_policies.tpl"),
            &super::policies::template().unwrap(),
        );
        for (name, text) in super::definitions::templates().unwrap() {
            assert_same(&format!("{templates}/crds/{name}.yaml"), &text);
        }
    }
}
