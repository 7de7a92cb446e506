//! `oauth::form` beside `url::form_urlencoded`, which never refuses anything: what we accept means the same to
//! both, and what we refuse has the fault that we name.

use countersign::oauth::form::{Form, FormFault, MAX_PARAMETERS, Parameter};
use countersign::oauth::percent::EncodingFault;
use url::form_urlencoded;

/// Any bytes as the body of a request.
pub fn run(body: &[u8]) {
    let theirs = || form_urlencoded::parse(body);
    let count = |name: &str| theirs().filter(|(known, _)| known == name).count();
    match Form::parse(body) {
        Ok(form) => {
            for parameter in Parameter::ALL {
                let expected = theirs()
                    .filter(|(name, value)| name == parameter.name() && !value.is_empty())
                    .map(|(_, value)| value.into_owned());
                assert!(form.all(parameter).eq(expected), "{parameter:?}");
                assert!(
                    parameter.repeatable() || count(parameter.name()) <= 1,
                    "{parameter:?}"
                );
                assert_eq!(form.get(parameter), form.value(parameter).as_deref());
            }
            assert!(theirs().count() <= MAX_PARAMETERS);
            assert!(theirs().all(|(name, value)| !name.contains('\0') && !value.contains('\0')));
        }
        Err(FormFault::Repeated(name)) => assert!(count(name) > 1, "{name}"),
        Err(FormFault::TooMany) => assert!(theirs().count() > MAX_PARAMETERS),
        Err(FormFault::Encoding(fault)) => {
            let sign = match fault {
                EncodingFault::Escape => {
                    assert!(body.contains(&b'%'));
                    return;
                }
                EncodingFault::Utf8 => char::REPLACEMENT_CHARACTER,
                EncodingFault::Nul => '\0',
            };
            assert!(
                theirs().any(|(name, value)| name.contains(sign) || value.contains(sign)),
                "{fault}"
            );
        }
    }
}
