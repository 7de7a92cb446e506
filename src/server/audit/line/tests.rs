use super::*;
use crate::core::ids::ServiceAccountId;
use crate::grants::service_account::Workload;
use crate::jose::Algorithm;
use serde_json::{Map, Value};

/// A line with every member.
fn whole(record: &mut Record) -> Map<String, Value> {
    let presented = |kind| Presented {
        kind,
        jwt_id: Some("one".to_owned()),
        key_thumbprint: "two".to_owned(),
    };
    *record = Record {
        grant: Some(GrantType::JwtBearer),
        client: Some("payments/billing".to_owned()),
        client_namespace: Some("payments".to_owned()),
        credential: Some(presented("private_key_jwt")),
        grant_credential: Some(presented("federated")),
        authenticated: Some(true),
        addressed: Some(Addressed::Issuer),
        workload: Some(Workload {
            service_account: ServiceAccountId::from_user_name("system:serviceaccount:payments:billing")
                .unwrap(),
            service_account_uid: "u".to_owned(),
            pod_name: "billing-1".to_owned(),
            pod_uid: "p".to_owned(),
        }),
        subject: Some("payments/billing".to_owned()),
        audience: Some("https://ledger.example".to_owned()),
        scopes: vec!["read".to_owned()],
        token_id: Some("three".to_owned()),
        algorithm: Some(Algorithm::Es256),
        recorded: true,
    };
    let request = Request {
        id: "life-1",
        trace_id: Some("four"),
        remote: Some("[::ffff:192.0.2.1]:4711".parse().unwrap()),
        took: Duration::from_micros(1500),
    };
    let mut line = Line::new("e".to_owned(), Timestamp::UNIX_EPOCH, request, record, None);
    line.token_jti = record.token_id.as_deref();
    line.token_sha256 = Some(sha256("token"));
    (line.error, line.reason, line.detail) = (Some("x"), Some("y"), Some("z".to_owned()));
    let line = serde_json::to_string(&line).unwrap();
    serde_json::from_str(&line).unwrap()
}

/// The names in the table of the document.
fn documented() -> Vec<String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/audit.md");
    let text = std::fs::read_to_string(path).unwrap();
    let (_, schema) = text.split_once("## A line").unwrap();
    let rows = schema.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| row.split('`').next().unwrap().to_owned())
        .collect()
}

#[test]
fn the_document_has_every_member_and_no_other() {
    let mut members: Vec<String> = whole(&mut Record::default()).keys().cloned().collect();
    let mut documented = documented();
    members.sort();
    documented.sort();
    assert_eq!(documented, members);
}

#[test]
fn values_have_their_documented_form() {
    let line = whole(&mut Record::default());
    assert_eq!(line["type"], "audit");
    assert_eq!(line["version"], 1);
    assert_eq!(line["time"], "1970-01-01T00:00:00.000000Z");
    assert_eq!(line["remote"], "192.0.2.1:4711");
    assert_eq!(line["took_us"], 1500);
    assert_eq!(line["outcome"], "abandoned");
    assert_eq!(
        line["token_sha256"], "3c469e9d6c5875d37a43f353d4f88e61fcf812c66eee3457465a40b0da4153e0",
        "printf %s token | sha256sum"
    );
}
