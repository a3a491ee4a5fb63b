//! A server in a trust community, and an app with a certificate.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use serde_json::{Value, json};

use crate::abort::AbortSignal;
use crate::client::tests::server::field;
use crate::client::udap::{CommunityConfig, UdapClient, UdapConfig, UdapServer};
use crate::error::Failure;
use crate::memory::{MemoryPlatform, Reply, World};
use crate::platform::{Certificate, CertificateFailure, Certificates};
use crate::protocol::client_assertion::ClientKey;
use crate::protocol::encoding::{base64_decode, base64url_decode};
use crate::protocol::http::Request;
use crate::protocol::jwk::Algorithm;
use crate::protocol::udap::software_statement::SoftwareStatement;
use crate::protocol::udap::tests::pki::*;
pub(super) use crate::protocol::udap::tests::{APP, BASE, NOW};

pub const COMMUNITY: &str = "https://community.example";
pub const TOKEN: &str = "https://EHR.example/token";
pub const REGISTER: &str = "https://ehr.example/register";

impl Certificates for MemoryPlatform {
    fn read_certificate(&self, der: &[u8]) -> Result<Certificate, CertificateFailure> {
        Host.read_certificate(der)
    }

    fn is_issued_by(&self, certificate: &Certificate, issuer: &Certificate) -> Result<bool, CertificateFailure> {
        Host.is_issued_by(certificate, issuer)
    }
}

/// A server of the community.
pub struct Ehr {
    pub root: Authority,
    /// The header of its signed metadata.
    pub header: RefCell<Value>,
    /// Members that replace those of the document, and of the claims of its signed metadata.
    pub document: RefCell<Value>,
    pub claims: RefCell<Value>,
    /// Members that replace those of registration responses.
    pub registered: RefCell<Value>,
    /// Responses in place of the next ones, to any request.
    pub replies: RefCell<VecDeque<Reply>>,
    /// The statements and assertions that were received: their headers and claims.
    pub statements: RefCell<Vec<(Value, Value)>>,
    pub assertions: RefCell<Vec<(Value, Value)>>,
    clients: Cell<u32>,
}

impl Ehr {
    pub fn new() -> Rc<Self> {
        let root = Authority::root("Community root");
        let leaf = root.leaf(RsaKey::server(), &[BASE]);
        Rc::new(Self {
            root,
            header: RefCell::new(header(&[leaf])),
            document: RefCell::new(json!({})),
            claims: RefCell::new(json!({})),
            registered: RefCell::new(json!({})),
            replies: RefCell::default(),
            statements: RefCell::default(),
            assertions: RefCell::default(),
            clients: Cell::new(0),
        })
    }

    pub fn world(self: &Rc<Self>) -> World {
        let ehr = self.clone();
        let world = World::new(NOW, move |request| ehr.respond(request));
        world.verify_signatures_by(is_signed);
        world
    }

    fn respond(&self, request: &Request) -> Reply {
        if let Some(reply) = self.replies.borrow_mut().pop_front() {
            return reply;
        }
        match request.url.path() {
            "/fhir/.well-known/udap" => Reply::json(200, &self.metadata()),
            "/register" => self.register(request),
            "/token" => self.token(request),
            path if path.starts_with("/fhir/Patient/") => {
                Reply::json(200, &json!({"resourceType": "Patient", "id": "1"}))
            }
            _ => Reply::text(404, "nothing here"),
        }
    }

    fn metadata(&self) -> Value {
        let mut claims = json!({
            "iss": BASE, "sub": BASE, "iat": NOW, "exp": NOW + 86_400.0, "jti": "once",
            "token_endpoint": TOKEN, "registration_endpoint": REGISTER,
        });
        replace(&mut claims, &self.claims.borrow());
        let mut document = json!({
            "udap_versions_supported": ["1"],
            "udap_profiles_supported": ["udap_dcr", "udap_authn", "udap_authz"],
            "grant_types_supported": ["client_credentials", "authorization_code", "refresh_token"],
            "scopes_supported": ["system/*.rs", "system/Patient.rs"],
            "token_endpoint": TOKEN, "registration_endpoint": REGISTER,
            "token_endpoint_auth_signing_alg_values_supported": ["ES384", "RS256"],
            "registration_endpoint_jwt_signing_alg_values_supported": ["RS256"],
            "signed_metadata": jwt(RsaKey::server(), &self.header.borrow(), &claims),
        });
        replace(&mut document, &self.document.borrow());
        document
    }

    fn register(&self, request: &Request) -> Reply {
        let body: Value = serde_json::from_str(request.body.as_deref().unwrap()).unwrap();
        assert_eq!(body["udap"], "1");
        let (header, claims) = verified(body["software_statement"].as_str().unwrap());
        let number = self.clients.get() + 1;
        self.clients.set(number);
        let mut response = claims.clone();
        response["client_id"] = json!(format!("client-{number}"));
        replace(&mut response, &self.registered.borrow());
        self.statements.borrow_mut().push((header, claims));
        Reply::json(201, &response)
    }

    fn token(&self, request: &Request) -> Reply {
        assert_eq!(field(request, "udap").as_deref(), Some("1"));
        let assertion = verified(&field(request, "client_assertion").unwrap());
        self.assertions.borrow_mut().push(assertion);
        let number = self.assertions.borrow().len();
        let token = json!({"access_token": format!("access-{number}"), "token_type": "Bearer", "expires_in": 3600});
        Reply::json(200, &token)
    }

    /// A certificate of the app from this community, in DER.
    pub fn app_certificate(&self) -> Vec<u8> {
        self.root.leaf(RsaKey::app(), &[APP])
    }
}

/// The header and the claims of a JWT that the key of its first certificate signed.
fn verified(token: &str) -> (Value, Value) {
    let (header, claims) = parts(token);
    let leaf = read(&base64_decode(header["x5c"][0].as_str().unwrap()).unwrap()).unwrap();
    let (input, signature) = token.rsplit_once('.').unwrap();
    let signature = base64url_decode(signature).unwrap();
    assert!(is_signed(&leaf.public_key.unwrap(), &signature, input.as_bytes()), "the signature is the certificate's");
    (header, claims)
}

fn replace(value: &mut Value, members: &Value) {
    for (name, member) in members.as_object().unwrap() {
        value[name] = member.clone();
    }
}

pub fn app_key() -> ClientKey {
    let sign = |_, data: Vec<u8>| -> crate::platform::LocalFuture<_> {
        Box::pin(async move { Ok(RsaKey::app().sign(&data)) })
    };
    ClientKey::from_signer(vec![Algorithm::RS256], sign)
}

/// The configuration of an app with a certificate, in the server's community.
pub fn config(ehr: &Ehr, certificate: Vec<u8>) -> UdapConfig {
    let community = CommunityConfig {
        uri: Some(COMMUNITY.into()),
        anchors: vec![ehr.root.der()],
        algorithms: vec![Algorithm::RS256],
    };
    UdapConfig {
        certificate: vec![certificate],
        key: app_key(),
        uri: None,
        communities: vec![community],
        revocation: None,
        require_revocation_check: false,
    }
}

pub type Client = UdapClient<MemoryPlatform>;
pub type Server = UdapServer<MemoryPlatform>;

pub fn client_of(world: &World, tab: &MemoryPlatform, config: UdapConfig) -> Result<Client, Failure> {
    let tab = tab.clone();
    world.run(async move { UdapClient::new(tab, config).await }).unwrap()
}

pub fn discover(world: &World, client: &Client) -> Result<Server, Failure> {
    let client = client.clone();
    world.run(async move { client.discover(BASE, None, &AbortSignal::never()).await }).unwrap()
}

/// A server, an app and what it discovered.
pub fn stage() -> (Rc<Ehr>, World, MemoryPlatform, Server) {
    let ehr = Ehr::new();
    let world = ehr.world();
    let tab = world.tab("https://app.example/");
    let client = client_of(&world, &tab, config(&ehr, ehr.app_certificate())).unwrap();
    let server = discover(&world, &client).unwrap();
    (ehr, world, tab, server)
}

pub fn statement() -> SoftwareStatement {
    SoftwareStatement::service("Acme", "mailto:ops@acme.example", "system/Patient.rs")
}

/// The requests so far, as method and path.
pub fn lines(world: &World) -> Vec<String> {
    let line = |request: &Request| format!("{} {}", request.method.as_str(), request.url.path());
    world.requests().iter().map(line).collect()
}

pub const METADATA: &str = "GET /fhir/.well-known/udap";
