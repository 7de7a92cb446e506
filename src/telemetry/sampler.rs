//! Which traces are recorded.

use super::settings::{Sampling, Share};
use opentelemetry::trace::{Link, SpanKind, TraceContextExt, TraceId, TraceState};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{Sampler, SamplingDecision, SamplingResult, ShouldSample};
use std::hash::{BuildHasher, RandomState};

/// A sampler that no caller decides for: not by the flag that it sends, and not by its choice of a trace id.
#[derive(Debug, Clone)]
struct Own {
    share: Share,
    /// Makes the choice of a trace the same in this process, and nobody's outside.
    key: RandomState,
}

/// The sampler of these settings.
pub(super) fn sampler(sampling: Sampling) -> Box<dyn ShouldSample> {
    let own = Own {
        share: sampling.share,
        key: RandomState::new(),
    };
    if sampling.parent_based {
        Box::new(Sampler::ParentBased(Box::new(own)))
    } else {
        Box::new(own)
    }
}

// === impl Own ===

impl Own {
    fn takes(&self, trace: TraceId) -> bool {
        match self.share {
            Share::All => true,
            Share::None => false,
            Share::Part(part) => {
                let draw = u32::try_from(self.key.hash_one(trace.to_bytes()) >> 32).unwrap_or(u32::MAX);
                f64::from(draw) < part * f64::from(u32::MAX)
            }
        }
    }
}

impl ShouldSample for Own {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace: TraceId,
        _name: &str,
        _kind: &SpanKind,
        _attributes: &[KeyValue],
        _links: &[Link],
    ) -> SamplingResult {
        let decision = if self.takes(trace) {
            SamplingDecision::RecordAndSample
        } else {
            SamplingDecision::Drop
        };
        SamplingResult {
            decision,
            attributes: Vec::new(),
            trace_state: parent.map_or_else(TraceState::default, |parent| {
                parent.span().span_context().trace_state().clone()
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry::trace::{SpanContext, SpanId, TraceFlags};

    fn sampled(sampling: Sampling, traces: std::ops::Range<u128>, flag: Option<TraceFlags>) -> usize {
        let sampler = sampler(sampling);
        let decide = |trace: &u128| {
            let trace = TraceId::from(*trace);
            let parent = flag.map(|flag| {
                let span = SpanContext::new(trace, SpanId::from(7), flag, true, TraceState::default());
                Context::new().with_remote_span_context(span)
            });
            let result = sampler.should_sample(parent.as_ref(), trace, "x", &SpanKind::Server, &[], &[]);
            result.decision == SamplingDecision::RecordAndSample
        };
        traces.filter(decide).count()
    }

    /// A caller that asks for its trace to be recorded, with ids as low as it likes.
    #[test]
    fn no_caller_has_its_traces_recorded_or_not_unless_the_operator_says_so() {
        let (on, off) = (Some(TraceFlags::SAMPLED), Some(TraceFlags::default()));
        let own = |share| Sampling {
            share,
            parent_based: false,
        };
        for flag in [on, off, None] {
            assert_eq!(sampled(own(Share::All), 1..100, flag), 99);
            assert_eq!(sampled(own(Share::None), 1..100, flag), 0);
            let some = sampled(own(Share::Part(0.1)), 1..10_001, flag);
            assert!((700..1300).contains(&some), "{some} of 10 000");
        }
        let parents = |share| Sampling {
            share,
            parent_based: true,
        };
        assert_eq!(sampled(parents(Share::None), 1..100, on), 99);
        assert_eq!(sampled(parents(Share::All), 1..100, off), 0);
        assert_eq!(sampled(parents(Share::All), 1..100, None), 99);
    }
}
