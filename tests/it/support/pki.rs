//! The certificates and keys of one control plane, made anew for each.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, PKCS_RSA_SHA256, RsaKeySize,
};

/// A certificate and its private key, both PEM.
pub(crate) struct Identity {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

/// Everything that a control plane proves itself and its administrator with.
pub(crate) struct Pki {
    /// The certificate of the authority, PEM.
    pub(crate) ca: String,
    /// The same, DER.
    pub(crate) ca_der: Vec<u8>,
    /// For the API server, on loopback.
    pub(crate) serving: Identity,
    /// For an administrator: a member of `system:masters`.
    pub(crate) admin: Identity,
    /// The RSA key that signs service-account tokens, PEM.
    pub(crate) service_account_key: String,
}

// === impl Pki ===

impl Pki {
    pub(crate) fn generate() -> Result<Self, rcgen::Error> {
        let mut params = CertificateParams::default();
        params
            .distinguished_name
            .push(DnType::CommonName, "test control plane");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        let ca = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;

        let names = ["127.0.0.1", "localhost", "kubernetes.default.svc"].map(str::to_owned);
        let mut serving = CertificateParams::new(names)?;
        serving
            .distinguished_name
            .push(DnType::CommonName, "kube-apiserver");
        serving.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];

        let mut admin = CertificateParams::default();
        admin.distinguished_name.push(DnType::CommonName, "test-admin");
        admin
            .distinguished_name
            .push(DnType::OrganizationName, "system:masters");
        admin.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];

        Ok(Self {
            ca: ca.pem(),
            ca_der: ca.der().to_vec(),
            serving: issue(&serving, &ca)?,
            admin: issue(&admin, &ca)?,
            service_account_key: KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)?
                .serialize_pem(),
        })
    }
}

fn issue(params: &CertificateParams, ca: &CertifiedIssuer<'_, KeyPair>) -> Result<Identity, rcgen::Error> {
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, ca)?;
    Ok(Identity {
        certificate: certificate.pem(),
        key: key.serialize_pem(),
    })
}
