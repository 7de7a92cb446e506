//! Bodies that are no form, or one in other clothes (F2, F8).

use super::desk::{ASSERTION_TYPE, Desk, FORM, JWT_BEARER};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

/// F2: media types that are not the one of RFC 6749 §4, around a body that would be granted.
/// S-6749-04
#[tokio::test]
async fn f2_other_media_types_are_refused() {
    let desk = Desk::start().await;
    let form = desk.form();
    let parts = format!(
        "--b\r\nContent-Disposition: form-data; name=\"grant_type\"\r\n\r\n{JWT_BEARER}\r\n--b\r\nContent-Disposition: form-data; name=\"assertion\"\r\n\r\n{}\r\n--b--\r\n",
        desk.assertion()
    );
    let object = json!({"grant_type": JWT_BEARER, "assertion": desk.assertion()}).to_string();
    let rows: [(&[&str], &str); 14] = [
        (&[], &form),
        (&["Content-Type:"], &form),
        (&["Content-Type: text/plain"], &form),
        (&["Content-Type: application/x-www-form-urlencode"], &form),
        (&["Content-Type: application/x-www-form-urlencoded2"], &form),
        (&["Content-Type: x-www-form-urlencoded"], &form),
        (
            &["Content-Type: application/json, application/x-www-form-urlencoded"],
            &form,
        ),
        (
            &["Content-Type: application/json; x=application/x-www-form-urlencoded"],
            &form,
        ),
        (&[FORM, FORM], &form),
        (&[FORM, "Content-Type: application/json"], &form),
        (&["Content-Type: multipart/form-data; boundary=b"], &parts),
        (&["Content-Type: application/json"], &object),
        (&["Content-Type: application/jwt"], &form),
        (&["Content-Type: application/xml"], "<form/>"),
    ];
    for (headers, body) in rows {
        let answer = desk.send("POST /token", headers, body.as_bytes()).await;
        assert_eq!(
            answer.refusal(),
            (400, "invalid_request".to_owned()),
            "{headers:?}"
        );
    }
    // In the right clothes, these bodies are no requests either.
    for body in [parts, object] {
        assert_eq!(desk.post(&body).await.refusal().0, 400, "{body}");
    }
    desk.post(&form)
        .await
        .assert_granted(&desk.dev.issuer, "nothing was used up");
}

/// F2: whatever character set is announced, the body is read as UTF-8 (RFC 6749 appendix B).
#[tokio::test]
async fn f2_no_other_character_set_is_read() {
    let desk = Desk::start().await;
    for charset in ["utf-8", "UTF-8", "\"utf-8\"", "iso-8859-1", "utf-16", "x"] {
        let header = format!("Content-Type: application/x-www-form-urlencoded; charset={charset}");
        let good = desk.send("POST /token", &[&header], desk.form().as_bytes()).await;
        good.assert_granted(&desk.dev.issuer, charset);
        let form = desk.form();
        let utf16: Vec<u8> = form.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let marked = [b"\xef\xbb\xbf", form.as_bytes()].concat();
        let latin1 = [form.as_bytes(), b"&scope=\xe9"].concat();
        let escaped = format!("{form}&scope=%E9");
        let utf7 = format!("{form}&+AHM-cope=x&scope=%C0%B0");
        for body in [utf16, marked, latin1, escaped.into_bytes(), utf7.into_bytes()] {
            let answer = desk.send("POST /token", &[&header], &body).await;
            assert_eq!(answer.refusal(), (400, "invalid_request".to_owned()), "{charset}");
        }
    }
}

/// F8: nothing is decompressed, whatever the coding is called.
#[tokio::test]
async fn f8_no_content_coding_is_taken() {
    let desk = Desk::start().await;
    // How a compressed stream begins (RFC 1952).
    let compressed = [&b"\x1f\x8b\x08\0\0\0\0\0\0\x03"[..], &[0; 512]].concat();
    let form = desk.form();
    for coding in [
        "gzip",
        "x-gzip",
        "deflate",
        "br",
        "zstd",
        "compress",
        "identity",
        "gzip, gzip",
        "GZIP",
        "",
    ] {
        let header = format!("Content-Encoding: {coding}");
        for body in [form.as_bytes(), &compressed] {
            let answer = desk.send("POST /token", &[FORM, &header], body).await;
            assert_eq!(answer.refusal(), (400, "invalid_request".to_owned()), "{coding}");
        }
    }
    let answer = desk
        .send(
            "POST /token",
            &[FORM, "Accept-Encoding: gzip, br"],
            form.as_bytes(),
        )
        .await;
    answer.assert_granted(&desk.dev.issuer, "nor is the answer compressed");
    assert!(
        !answer
            .headers
            .iter()
            .any(|line| line.starts_with("content-encoding:")),
        "{answer:?}"
    );
}

/// F8: encrypted tokens, and signed ones that ask for work: refused in either slot.
/// S-8725-30
#[tokio::test]
async fn f8_encrypted_tokens_are_refused() {
    let desk = Desk::start().await;
    let segment = |text: &str| URL_SAFE_NO_PAD.encode(text);
    for header in [
        r#"{"alg":"dir","enc":"A256GCM","zip":"DEF"}"#,
        r#"{"alg":"PBES2-HS256+A128KW","enc":"A128GCM","p2c":2147483647,"p2s":"AAAA"}"#,
        r#"{"alg":"RSA-OAEP","enc":"A256GCM"}"#,
        r#"{"alg":"ES256","zip":"DEF"}"#,
        r#"{"alg":"none"}"#,
    ] {
        for rest in ["AAAA.AAAA.AAAA.AAAA", "...", "e30.AAAA"] {
            let token = format!("{}.{rest}", segment(header));
            let grant = desk
                .token(&[("grant_type", JWT_BEARER), ("assertion", &token)])
                .await;
            assert_eq!(
                grant.refusal(),
                (400, "invalid_grant".to_owned()),
                "{header} {rest}"
            );
            let form = [
                ("grant_type", "client_credentials"),
                ("client_assertion_type", ASSERTION_TYPE),
                ("client_assertion", &token),
            ];
            let client = desk.token(&form).await;
            assert_eq!(
                client.refusal(),
                (400, "invalid_client".to_owned()),
                "{header} {rest}"
            );
        }
    }
}
