//! What a fault is, and when it is answered.

use super::request::{Request, Shape};
use countersign::oauth::reason::ReasonCode;

/// The steps in the order in which they answer (D-11). Recording comes last: what is refused for another reason, be
/// it that nothing can be signed, uses nothing up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Transport,
    Content,
    Form,
    GrantType,
    Method,
    Client,
    GrantAllowed,
    Parameters,
    Grant,
    Target,
    Scope,
    Signing,
    ReplayOfClient,
    ReplayOfGrant,
}

/// What two faults may both change, so that they cannot be in one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    HttpMethod,
    ContentType,
    GrantType,
    AssertionType,
    ClientAssertion,
    Assertion,
    Client,
    ClientId,
    Resource,
    Scope,
}

/// The answer to a fault, if no earlier one is answered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answer {
    pub(super) step: Step,
    pub(super) status: u16,
    pub(super) error: &'static str,
    pub(super) reasons: &'static [ReasonCode],
}

/// One thing wrong with a request.
pub(super) struct Fault {
    pub(super) name: String,
    pub(super) parts: &'static [Part],
    /// How it is answered in a request of this shape; nothing if it cannot be there.
    pub(super) answer: Box<dyn Fn(Shape) -> Option<Answer>>,
    pub(super) apply: Box<dyn Fn(&mut Request)>,
}

/// An answer with the status 400.
pub(super) const fn refused(step: Step, error: &'static str, reasons: &'static [ReasonCode]) -> Answer {
    Answer {
        step,
        status: 400,
        error,
        reasons,
    }
}

/// A fault that is the same in every shape.
pub(super) fn everywhere(
    name: impl Into<String>,
    parts: &'static [Part],
    answer: Answer,
    apply: impl Fn(&mut Request) + 'static,
) -> Fault {
    somewhere(name, parts, move |_| Some(answer), apply)
}

/// A fault that is in some shapes, or answered otherwise in others.
pub(super) fn somewhere(
    name: impl Into<String>,
    parts: &'static [Part],
    answer: impl Fn(Shape) -> Option<Answer> + 'static,
    apply: impl Fn(&mut Request) + 'static,
) -> Fault {
    Fault {
        name: name.into(),
        parts,
        answer: Box::new(answer),
        apply: Box::new(apply),
    }
}
