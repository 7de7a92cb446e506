use super::Outcome;

#[derive(Debug, clap::Args)]
pub(super) struct Args {}

impl Args {
    pub(super) fn run(self) -> Outcome {
        anyhow::bail!("not yet")
    }
}
