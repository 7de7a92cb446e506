//! `docs/errors/` has a page for each reason code, which begins with the facts as the product has them.
//!
//! `COUNTERSIGN_REGENERATE=1 cargo test --test it refusals_documented` writes the facts; what follows them on a page is
//! written by hand.

use crate::support::announce;
use countersign::grants::service_account::WorkloadFault;
use countersign::grants::{AssertionFault, Reason, Refusal, Slot};
use countersign::jose::{ClaimFault, HeaderFault, JsonFault, JwsFault, NoKey, Segment};
use countersign::oauth::error::ErrorCode;
use countersign::oauth::form::FormFault;
use countersign::oauth::percent::EncodingFault;
use countersign::oauth::reason::ReasonCode;
use countersign::oauth::request::RequestFault;
use countersign::server::answer::{Answer, HttpFault, Scheme};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// What a caller is told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Told {
    error: ErrorCode,
    status: u16,
    sentence: String,
    /// Where it was found, if that makes a difference.
    place: &'static str,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/errors")
}

/// Something for each code, and more where one code has several sentences.
fn everything() -> BTreeMap<ReasonCode, BTreeSet<Told>> {
    let mut told: BTreeMap<ReasonCode, BTreeSet<Told>> = BTreeMap::new();
    for fault in http_faults() {
        told.entry(fault.code()).or_default().insert(Told {
            error: ErrorCode::InvalidRequest,
            status: fault.status().as_u16(),
            sentence: fault.description().to_owned(),
            place: "",
        });
    }
    let in_slots = assertion_faults().into_iter().flat_map(|fault| {
        slots(&fault).iter().map(move |slot| Reason::Assertion {
            slot: *slot,
            fault: fault.clone(),
        })
    });
    for reason in reasons().into_iter().chain(in_slots) {
        for (place, scheme) in places(&reason) {
            let refusal = Refusal::from(reason.clone());
            told.entry(reason.code()).or_default().insert(Told {
                error: refusal.error,
                sentence: refusal.description().into_owned(),
                status: Answer::Refused(refusal)
                    .into_response("id", *scheme)
                    .status()
                    .as_u16(),
                place,
            });
        }
    }
    told
}

/// Where in a request a reason may be found, and the scheme of the `Authorization` header if it takes one.
fn places(reason: &Reason) -> &'static [(&'static str, Option<Scheme>)] {
    const HEADER: (&str, Option<Scheme>) = ("with an `Authorization` header", Some(Scheme::Basic));
    match reason {
        Reason::Request(RequestFault::AuthorizationHeader) => &[HEADER],
        Reason::Request(RequestFault::TwoMethods) => &[HEADER, ("with a `client_secret`", None)],
        Reason::Request(RequestFault::SecretAndHeader) => {
            &[("with both and without a `client_assertion`", Some(Scheme::Basic))]
        }
        Reason::Assertion { fault, .. } if fault.is_ours() => &[("", None)],
        Reason::Assertion {
            slot: Slot::ClientAssertion,
            ..
        } => &[("in `client_assertion`", None)],
        Reason::Assertion {
            slot: Slot::Assertion,
            ..
        } => &[("in `assertion`", None)],
        Reason::Request(_)
        | Reason::NotAuthenticated
        | Reason::UnexpectedAssertion
        | Reason::GrantNotAllowed
        | Reason::SeveralTargets
        | Reason::TargetNotAllowed
        | Reason::TargetNotMinted
        | Reason::NoTarget
        | Reason::TargetNotPublic
        | Reason::TargetNotForSubject
        | Reason::ScopeSyntax
        | Reason::ScopeExceeded
        | Reason::ClientsNotRead
        | Reason::ReplayLogUnavailable
        | Reason::ReplayOutcomeUnknown
        | Reason::ReplayLogFull
        | Reason::SecondReplayLog
        | Reason::ClocksApart
        | Reason::ClientShareUsed
        | Reason::NoSigningKey
        | Reason::AuditUnavailable
        | Reason::Bug(_) => &[("", None)],
    }
}

/// Where a JWT can have this fault.
fn slots(fault: &AssertionFault) -> &'static [Slot] {
    if *fault == AssertionFault::SubjectIsNotIssuer {
        &[Slot::ClientAssertion]
    } else if [AssertionFault::SubjectNotDelegated, AssertionFault::BothSlots].contains(fault) {
        &[Slot::Assertion]
    } else {
        &[Slot::ClientAssertion, Slot::Assertion]
    }
}

fn http_faults() -> [HttpFault; 6] {
    [
        HttpFault::Method,
        HttpFault::ContentType,
        HttpFault::ContentEncoding,
        HttpFault::CredentialsInUrl,
        HttpFault::TooLarge,
        HttpFault::Body,
    ]
}

fn reasons() -> Vec<Reason> {
    let requests = [
        RequestFault::Form(FormFault::Repeated("scope")),
        RequestFault::Form(FormFault::Encoding(EncodingFault::Escape)),
        RequestFault::Form(FormFault::TooMany),
        RequestFault::Missing("grant_type"),
        RequestFault::UnsupportedGrant,
        RequestFault::UnsupportedAssertionType,
        RequestFault::ClientSecret,
        RequestFault::TwoMethods,
        RequestFault::SecretAndHeader,
        RequestFault::AuthorizationHeader,
    ];
    let mut reasons: Vec<Reason> = requests.map(Reason::Request).into();
    reasons.extend([
        Reason::NotAuthenticated,
        Reason::UnexpectedAssertion,
        Reason::GrantNotAllowed,
        Reason::SeveralTargets,
        Reason::TargetNotAllowed,
        Reason::TargetNotMinted,
        Reason::NoTarget,
        Reason::TargetNotPublic,
        Reason::TargetNotForSubject,
        Reason::ScopeSyntax,
        Reason::ScopeExceeded,
        Reason::ClientsNotRead,
        Reason::ReplayLogUnavailable,
        Reason::ReplayOutcomeUnknown,
        Reason::ReplayLogFull,
        Reason::SecondReplayLog,
        Reason::ClocksApart,
        Reason::ClientShareUsed,
        Reason::NoSigningKey,
        Reason::AuditUnavailable,
        Reason::Bug("any"),
    ]);
    reasons
}

fn assertion_faults() -> Vec<AssertionFault> {
    let jws = [
        JwsFault::TooLong,
        JwsFault::Character,
        JwsFault::Segments,
        JwsFault::Encrypted,
        JwsFault::Base64(Segment::Header),
        JwsFault::Header(JsonFault::Duplicate),
        JwsFault::Claims(JsonFault::Duplicate),
        JwsFault::Parameter(HeaderFault::UnknownAlgorithm),
        JwsFault::Parameter(HeaderFault::Critical),
        JwsFault::NotSigned,
        JwsFault::Signature,
    ];
    let workloads = [
        WorkloadFault::Subject,
        WorkloadFault::KubernetesClaim,
        WorkloadFault::Contradiction,
        WorkloadFault::NotBoundToPod,
        WorkloadFault::PastWarnAfter,
    ];
    let mut faults: Vec<AssertionFault> = jws.map(AssertionFault::Jws).into();
    faults.extend(workloads.map(AssertionFault::Workload));
    faults.extend([
        AssertionFault::Claim(ClaimFault::Missing("exp")),
        AssertionFault::Claim(ClaimFault::Malformed("exp")),
        AssertionFault::Type,
        AssertionFault::UnknownIssuer,
        AssertionFault::UnknownClient,
        AssertionFault::Key(NoKey::Unknown),
        AssertionFault::Key(NoKey::Ambiguous),
        AssertionFault::SubjectIsNotIssuer,
        AssertionFault::SubjectNotDelegated,
        AssertionFault::Audience,
        AssertionFault::Expired,
        AssertionFault::NotYetValid,
        AssertionFault::IssuedInTheFuture,
        AssertionFault::NoIssuedAt,
        AssertionFault::NoJwtId,
        AssertionFault::Lifetime(300),
        AssertionFault::Replayed,
        AssertionFault::BeforeTheLog,
        AssertionFault::ClientNotChosen,
        AssertionFault::OtherClient,
        AssertionFault::BothSlots,
        AssertionFault::ScopeClaim,
        AssertionFault::IssuerUnavailable,
    ]);
    faults
}

/// What a page begins with: everything before its first section.
fn facts(code: ReasonCode, told: &BTreeSet<Told>) -> String {
    let mut text = format!(
        "# `{}`\n\n| error | status | where |\n|---|---|---|\n",
        code.as_str()
    );
    for told in told {
        writeln!(
            text,
            "| `{}` | {} | {} |",
            told.error.as_str(),
            told.status,
            told.place
        )
        .unwrap();
    }
    text.push_str("\nThe caller is told:\n");
    let sentences: BTreeSet<_> = told.iter().map(|told| &told.sentence).collect();
    for sentence in sentences {
        writeln!(text, "\n> {sentence}").unwrap();
    }
    text
}

/// The index of the pages.
fn index(all: &BTreeMap<ReasonCode, BTreeSet<Told>>) -> String {
    let mut text = "\n| reason | error |\n|---|---|\n".to_owned();
    for (code, told) in all {
        let errors: BTreeSet<_> = told
            .iter()
            .map(|told| format!("`{}`", told.error.as_str()))
            .collect();
        let errors: Vec<_> = errors.into_iter().collect();
        writeln!(
            text,
            "| [`{0}`]({0}.md) | {1} |",
            code.as_str(),
            errors.join(", ")
        )
        .unwrap();
    }
    text
}

fn assert_has(path: &Path, expected: &str, found: &str, whole: &str) {
    if std::env::var_os("COUNTERSIGN_REGENERATE").is_some() {
        fs::write(path, whole).unwrap();
    } else {
        assert_eq!(
            found,
            expected,
            "{}: run `COUNTERSIGN_REGENERATE=1 cargo test --test it refusals_documented`",
            path.display()
        );
    }
}

#[test]
fn every_reason_code_has_a_page_with_the_facts_as_they_are() {
    let all = everything();
    let known: BTreeSet<_> = ReasonCode::ALL.iter().copied().collect();
    assert_eq!(
        all.keys().copied().collect::<BTreeSet<_>>(),
        known,
        "each code has an example here"
    );
    for (code, told) in &all {
        let path = folder().join(format!("{}.md", code.as_str()));
        let page = fs::read_to_string(&path).unwrap_or_else(|_| panic!("{} is missing", path.display()));
        let (found, prose) = page
            .split_once("\n## ")
            .unwrap_or_else(|| panic!("{}: no section", path.display()));
        for section in ["What happened\n", "\n## What to do\n"] {
            let (_, text) = prose
                .split_once(section)
                .unwrap_or_else(|| panic!("{}: no {section}", path.display()));
            assert!(
                text.trim().len() > 20,
                "{}: nothing under {section}",
                path.display()
            );
        }
        let expected = facts(*code, told);
        assert_has(&path, &expected, found, &format!("{expected}\n## {prose}"));
    }
    let pages: BTreeSet<String> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "README.md")
        .collect();
    let expected: BTreeSet<String> = known.iter().map(|code| format!("{}.md", code.as_str())).collect();
    assert_eq!(pages, expected, "no page is about nothing");
    announce(format_args!("{} reason codes, each with its page", known.len()));
}

#[test]
fn the_index_names_every_page() {
    let path = folder().join("README.md");
    let text = fs::read_to_string(&path).unwrap();
    let (prose, found) = text
        .split_once("## All reasons\n")
        .expect("a section for the table");
    let expected = index(&everything());
    assert_has(
        &path,
        &expected,
        found,
        &format!("{prose}## All reasons\n{expected}"),
    );
}

#[test]
fn links_between_the_pages_lead_somewhere() {
    for entry in fs::read_dir(folder()).unwrap() {
        let page = entry.unwrap().path();
        let text = fs::read_to_string(&page).unwrap();
        for link in text
            .split("](")
            .skip(1)
            .map(|rest| rest.split(')').next().unwrap())
        {
            if !link.starts_with("http") {
                assert!(folder().join(link).exists(), "{}: {link}", page.display());
            }
        }
    }
}

/// RFC 6749 §5.2: no quotation mark, no backslash, nothing but printable ASCII.
/// S-6749-61
#[test]
fn every_sentence_keeps_to_the_characters_of_an_error_description() {
    for told in everything().values().flatten() {
        let allowed = |b: u8| matches!(b, 0x20 | 0x21 | 0x23..=0x5B | 0x5D..=0x7E);
        assert!(told.sentence.bytes().all(allowed), "{told:?}");
    }
}
